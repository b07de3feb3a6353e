"""The front: a TLS proxy that passes only Flower's fleet calls on to the SuperLink.

The SuperLink serves its Control and Runtime APIs, which have no authentication, on the same port as its Fleet
API. So it listens on loopback alone, and this listens where nodes can reach it, with TLS.
"""

import asyncio
import contextlib
import ssl
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Any, ClassVar, Self

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from flock.errors import BadConfig
from flock.log import logger
from flock.store.hosts import is_loopback, with_port
from flock.store.http_clients import async_http_client
from flock.training.flower.endpoint import Endpoint
from flock.training.flower.fleet import FLEET_CALLS, FLEET_PATH, FLEET_REQUEST_HEADERS
from flock.web.serve import listen

# Flower's largest object is a piece of 5 MiB; flock's messages are far smaller.
BODY_BYTES = 8 << 20
BODY_SECONDS = 60.0
HEADER_SECONDS = 15.0
ANSWER_SECONDS = 30.0
CONNECTIONS = 512
CONNECTIONS_PER_HOST = 64
STOP_SECONDS = 2


@dataclass(frozen=True)
class FrontDoor:
    """Where to listen, and the PEM files for TLS; without them plain HTTP, for loopback only."""

    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None

    def tls(self) -> ssl.SSLContext | None:
        """Raises BadConfig for plain HTTP beyond loopback, or files that are not a certificate and its key."""
        if self.certificate is None or self.key is None:
            if (self.certificate, self.key) != (None, None) or not is_loopback(self.host):
                raise BadConfig(
                    f"Nodes on other machines connect over TLS: set tls_certificate and tls_key for front_host "
                    f"= {self.host!r}. `flock coordinator certificate` makes a pair for a private network."
                )
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.load_cert_chain(self.certificate, self.key)
        except (OSError, ssl.SSLError) as error:
            raise BadConfig(
                f"{self.certificate} and {self.key} are not a TLS certificate and its key in PEM ({error})."
            ) from None
        return context


class Front:
    """Serves ``door`` on a thread for as long as its block; forwards allowed calls to ``superlink``."""

    def __init__(self, door: FrontDoor, superlink: Endpoint) -> None:
        tls = door.tls()
        self._listener = listen(door.host, door.port)
        self.address = with_port(door.host, self._listener.getsockname()[1])
        self._is_encrypted = tls is not None
        config = uvicorn.Config(
            front_app(superlink),
            ssl_context_factory=None if tls is None else lambda _, __: tls,
            http=_Patient,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            limit_concurrency=CONNECTIONS,
            timeout_graceful_shutdown=STOP_SECONDS,
        )
        self._server = uvicorn.Server(config)
        self._thread = Thread(target=self._serve, name="front", daemon=True)

    def _serve(self) -> None:
        self._server.run(sockets=[self._listener])

    def __enter__(self) -> Self:
        self._thread.start()
        logger().info("front_opened", address=self.address, tls=self._is_encrypted)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._listener.close()


def front_app(superlink: Endpoint) -> Starlette:
    """The app that forwards the fleet calls."""

    async def forward(request: Request) -> Response:
        call = request.path_params["call"]
        if call not in FLEET_CALLS:
            return Response(status_code=404)
        try:
            return await passed_on(request, call)
        except asyncio.CancelledError:  # the front ends; uvicorn would print a stack for each call that waits
            return Response(status_code=503)

    async def passed_on(request: Request, call: str) -> Response:
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _body(request)
        except (TimeoutError, ClientDisconnect):
            return Response(status_code=408)
        if body is None:
            logger().warning("fleet_body_refused", host=_host_of(request), limit=BODY_BYTES)
            return Response(status_code=413)
        headers = {name: request.headers[name] for name in FLEET_REQUEST_HEADERS if name in request.headers}
        try:
            answer = await request.app.state.http.post(FLEET_PATH + call, content=body, headers=headers)
        except httpx.HTTPError:
            return Response(status_code=503)
        media_type = answer.headers.get("content-type")
        return Response(answer.content, answer.status_code, media_type=media_type)

    @contextlib.asynccontextmanager
    async def connected(app: Starlette) -> Any:
        trust = ssl.create_default_context(cadata=(superlink.ca or b"").decode("ascii"))
        limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=32)
        async with async_http_client(
            superlink.url, base_url=superlink.url, verify=trust, timeout=ANSWER_SECONDS, limits=limits
        ) as app.state.http:
            yield

    async def nothing(_: Request, __: Exception) -> Response:
        return Response(status_code=404)

    app = Starlette(
        routes=[Route(f"{FLEET_PATH}{{call}}", forward, methods=["POST"])],
        exception_handlers={404: nothing, 405: nothing},
        lifespan=connected,
    )
    app.router.redirect_slashes = False
    return app


async def _body(request: Request) -> bytes | None:
    """The request's body, or ``None`` if it is too long."""
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > BODY_BYTES:
        return None
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > BODY_BYTES:
            return None
    return bytes(body)


def _host_of(request: Request) -> str:
    return request.client.host if request.client else "unknown"


class _Patient(H11Protocol):
    """Closes slow connections, and those beyond the limit for one machine."""

    _connected: ClassVar[Counter[str]] = Counter()
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._peer = str((transport.get_extra_info("peername") or ("unknown",))[0])
        self._connected[self._peer] += 1
        self._await_head()
        if self._connected[self._peer] > CONNECTIONS_PER_HOST and not is_loopback(self._peer):
            transport.abort()

    def data_received(self, data: bytes) -> None:
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._stop_waiting()
        elif self._deadline is None and (self.cycle is None or self.cycle.response_complete):
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self._connected[self._peer] -= 1
        if not self._connected[self._peer]:
            del self._connected[self._peer]
        super().connection_lost(exc)

    def _await_head(self) -> None:
        self._deadline = self.loop.call_later(HEADER_SECONDS, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
