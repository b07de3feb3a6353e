"""A JSON-RPC proxy that misbehaves on request: a real HTTP server between a client and Anvil."""

import json
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from eth_hash.auto import keccak

from tests import patience

Call = dict[str, Any]
Fault = Callable[["Proxy", Call], Call]


class Raw(Exception):
    """Answer the whole HTTP request with this; ``promised`` bytes if that is not what comes."""

    def __init__(
        self,
        status: int,
        body: bytes = b"{}",
        headers: Mapping[str, str] | None = None,
        promised: int | None = None,
    ) -> None:
        self.status = status
        self.body = body
        self.headers = dict(headers or {})
        self.promised = len(body) if promised is None else promised


def error(code: int, message: str, data: object = None, *, forward: bool = False) -> Fault:
    """Answer with an error; ``forward``: do what was asked all the same."""

    def fault(proxy: "Proxy", call: Call) -> Call:
        if forward:
            proxy.forward(call)
        return {"jsonrpc": "2.0", "id": call["id"], "error": {"code": code, "message": message, "data": data}}

    return fault


def result(value: object) -> Fault:
    """Answer with this instead of asking the chain."""
    return lambda _, call: {"jsonrpc": "2.0", "id": call["id"], "result": value}


def swallow(_: "Proxy", call: Call) -> Call:
    """Accept a raw transaction and lose it, as a node does that drops it from its pool."""
    raw = bytes.fromhex(call["params"][0][2:])
    return {"jsonrpc": "2.0", "id": call["id"], "result": "0x" + keccak(raw).hex()}


def raw(status: int, body: bytes, promised: int | None = None) -> Fault:
    """Answer with any bytes."""

    def fault(_: "Proxy", __: Call) -> Call:
        raise Raw(status, body, promised=promised)

    return fault


def busy(status: int, retry_after: str | None = None) -> Fault:
    def fault(_: "Proxy", __: Call) -> Call:
        raise Raw(status, headers={"Retry-After": retry_after} if retry_after else None)

    return fault


def changed(**fields: object) -> Fault:
    """The chain's answer with other fields, e.g. another id."""
    return lambda proxy, call: {**proxy.forward(call), **fields}


def hang(proxy: "Proxy", call: Call) -> Call:
    """Do not answer as long as the proxy lives; tell the test that somebody waits."""
    proxy.hanging.set()
    proxy.closing.wait()
    return {"jsonrpc": "2.0", "id": call["id"], "result": None}


def late(seconds: float) -> Fault:
    def fault(proxy: "Proxy", call: Call) -> Call:
        time.sleep(seconds)
        return proxy.forward(call)

    return fault


@dataclass
class Proxy:
    """Forwards to ``upstream``; faults laid for a method are used up in order, one a call."""

    upstream: str
    refuses_batches: bool = False
    spoils_batches: Callable[[list[Call]], list[Call]] = list
    seen: list[str] = field(default_factory=list)
    hanging: threading.Event = field(default_factory=threading.Event)
    closing: threading.Event = field(default_factory=threading.Event)
    _faults: dict[str, deque[Fault]] = field(default_factory=lambda: defaultdict(deque))

    def __post_init__(self) -> None:
        self._http = patience.client()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def lay(self, method: str, *faults: Fault) -> None:
        self._faults[method].extend(faults)

    def forget(self) -> None:
        """Behave from here on."""
        self._faults.clear()

    def forward(self, call: Call) -> Call:
        answer: Call = self._http.post(self.upstream, json=call).json()
        return answer

    def handle(self, call: Call) -> Call:
        self.seen.append(call["method"])
        faults = self._faults[call["method"]]
        return faults.popleft()(self, call) if faults else self.forward(call)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._http.close()


def _handler(proxy: Proxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            try:
                self._answer(Raw(200, json.dumps(self._result(body)).encode()))
            except Raw as fault:
                self._answer(fault)

        def _result(self, body: Any) -> Any:
            if not isinstance(body, list):
                return proxy.handle(body)
            if proxy.refuses_batches:
                return {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "no batches"}}
            return proxy.spoils_batches([proxy.handle(call) for call in body])

        def _answer(self, answer: Raw) -> None:
            with suppress(ConnectionError):  # who asked may have hung up by now
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(answer.promised))
                self.end_headers()
                self.wfile.write(answer.body)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    return Handler
