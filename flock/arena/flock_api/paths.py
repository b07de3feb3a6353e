"""What FLock.io's clients send and expect around every request: doubled slashes, their key's header, plain errors."""

import json
import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flock.web.errors import MEDIA_TYPE

PREFIX = "/api/v1/"
KEY_HEADER = b"flock-api-key"
_SLASHES = re.compile("/{2,}")


class FlockClients:
    """ASGI middleware for paths below ``/api/v1``; all others pass as they are.

    Doubled slashes count as one. The key comes as a bearer's from here on, so that it is rationed like any other.
    A problem document is cut down to ``{"detail": …}``, which clients compare whole.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = _SLASHES.sub("/", scope["path"]) if scope["type"] == "http" else ""
        if not path.startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        headers = [(name, value) for name, value in scope["headers"] if name.lower() != b"authorization"]
        headers += [
            (b"authorization", b"Bearer " + value) for name, value in headers if name.lower() == KEY_HEADER
        ]
        inside = {**scope, "path": path, "raw_path": path.encode(), "headers": headers}
        await self._app(inside, receive, _PlainErrors(send))


class _PlainErrors:
    """Sends what it is given, but of problem documents only the sentence."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_problem(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._say(self._start)

    async def _say(self, start: Message) -> None:
        body = json.dumps({"detail": json.loads(self._body)["detail"]}).encode()
        headers = MutableHeaders(raw=list(start["headers"]))
        headers["content-type"] = "application/json"
        headers["content-length"] = str(len(body))
        await self._send({**start, "headers": headers.raw})
        await self._send({"type": "http.response.body", "body": body})


def _is_problem(start: Message) -> bool:
    return Headers(raw=list(start["headers"])).get("content-type", "").startswith(MEDIA_TYPE)
