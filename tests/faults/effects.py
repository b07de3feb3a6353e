"""What a process does to the world outside it, counted; and its death at one of these effects.

Only the zygote's children load this: it takes hold of the libraries below flock, and flock knows nothing of it.
An effect is a committed database transaction, a blob that takes its place, or a request that changes another
process. Between two effects nothing outside changes, so dying before each of them is dying anywhere.
"""

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Engine, event
from sqlalchemy.engine.default import DefaultDialect

WRITES = re.compile(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)', re.IGNORECASE)
STORE_OF = {"intents": "journal", "transactions": "journal", "memory": "memory"}


class Effects:
    """Tells ``report`` each effect before it happens; before number ``deadly`` the process dies."""

    def __init__(self, deadly: int | None, report: int) -> None:
        self._deadly = deadly
        self._report = report
        self._count = 0
        self._written: set[str] = set()

    def install(self) -> None:
        self._around(httpx.HTTPTransport, "handle_request", self._of_request)
        self._around(DefaultDialect, "do_commit", self._of_commit)
        self._around(Path, "replace", lambda *_: "blob")
        event.listen(Engine, "before_cursor_execute", self._see_statement)
        event.listen(Engine, "rollback", lambda _: self._written.clear())

    def at(self, label: str) -> None:
        """An effect is about to happen."""
        if self._count == self._deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        self._count += 1
        os.write(self._report, f"{label}\n".encode())

    def _around(self, owner: type, name: str, label_of: Callable[..., str | None]) -> None:
        act = getattr(owner, name)

        def counted(*arguments: Any, **named: Any) -> Any:
            label = label_of(*arguments)
            if label is not None:
                self.at(label)
            return act(*arguments, **named)

        setattr(owner, name, counted)

    def _of_request(self, _: object, request: httpx.Request) -> str | None:
        if request.method == "PUT":
            return "upload"
        if request.method != "POST":
            return None
        if request.url.path.endswith("/proposals"):
            return "publication"
        return "transaction" if b'"eth_sendRawTransaction"' in request.read() else None

    def _of_commit(self, *_: object) -> str | None:
        written, self._written = self._written, set()
        return "+".join(sorted({STORE_OF.get(table, table) for table in written})) or None

    def _see_statement(self, _: object, __: object, statement: str, *___: object) -> None:
        found = WRITES.match(statement)
        if found:
            self._written.add(found[1])
