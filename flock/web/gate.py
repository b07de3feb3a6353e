"""What every request passes and every answer carries: bounded bodies, and headers that browsers obey."""

import re
from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flock.errors import FlockError
from flock.web.errors import LengthUnknown, TooLarge, answer_to

BROWSER_HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
STRICT_TRANSPORT = "max-age=31536000"


class BodyLimit:
    """ASGI middleware that refuses a longer body than ``most`` bytes before it is read.

    Paths that begin as one of the patterns ``streams`` are let through.
    """

    def __init__(self, app: ASGIApp, most: int, streams: tuple[str, ...]) -> None:
        self._app = app
        self._most = most
        self._streams = [re.compile(pattern) for pattern in streams]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(Request(scope)) if scope["type"] == "http" else None
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await answer_to(Request(scope), refusal)(scope, receive, send)

    def _refusal(self, request: Request) -> FlockError | None:
        if any(pattern.match(request.url.path) for pattern in self._streams):
            return None
        if "Transfer-Encoding" in request.headers:
            return LengthUnknown("The request does not say how long it is: send a Content-Length.")
        length = int(request.headers.get("Content-Length", 0))  # the server has seen that it is a number
        if length > self._most:
            return TooLarge(
                f"The request has {length} bytes, this service takes {self._most}: send less, and models as drafts."
            )
        return None


class BrowserHeaders:
    """ASGI middleware that tells browsers to sniff nothing, frame nothing and run nothing."""

    def __init__(self, app: ASGIApp, *, is_https: bool) -> None:
        self._app = app
        self._headers = dict(BROWSER_HEADERS)
        if is_https:
            self._headers["Strict-Transport-Security"] = STRICT_TRANSPORT

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)
