"""A JSON-RPC proxy that misbehaves on request: a real HTTP server between a client and Anvil."""

import json
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import httpx
from eth_hash.auto import keccak

Call = dict[str, Any]
Fault = Callable[["Proxy", Call], Call]


class Busy(Exception):
    """Answer the whole HTTP request with this status."""

    def __init__(self, status: int) -> None:
        self.status = status


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


def busy(status: int) -> Fault:
    def fault(_: "Proxy", __: Call) -> Call:
        raise Busy(status)

    return fault


def hang(proxy: "Proxy", call: Call) -> Call:
    """Do not answer as long as the proxy lives; tell the test that somebody waits."""
    proxy.hanging.set()
    proxy.closing.wait(60)
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
    seen: list[str] = field(default_factory=list)
    hanging: threading.Event = field(default_factory=threading.Event)
    closing: threading.Event = field(default_factory=threading.Event)
    _faults: dict[str, deque[Fault]] = field(default_factory=lambda: defaultdict(deque))

    def __post_init__(self) -> None:
        self._http = httpx.Client()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def lay(self, method: str, *faults: Fault) -> None:
        self._faults[method].extend(faults)

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
                self._answer(200, self._result(body))
            except Busy as fault:
                self._answer(fault.status, {})

        def _result(self, body: Any) -> Any:
            if not isinstance(body, list):
                return proxy.handle(body)
            if proxy.refuses_batches:
                return {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "no batches"}}
            return [proxy.handle(call) for call in body]

        def _answer(self, status: int, content: Any) -> None:
            data = json.dumps(content).encode()
            with suppress(ConnectionError):  # who asked may have hung up by now
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    return Handler
