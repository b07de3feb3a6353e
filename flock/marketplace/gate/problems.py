"""Problem documents that clients of OpenAI's API read too: those look for ``error.message`` and ``error.code``."""

import json

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flock.errors import Transient
from flock.web.errors import MEDIA_TYPE


class SettlementUnknown(Transient):
    """The payment may have been made; the answer is kept for who comes back."""


class ReadableByOpenAi:
    """ASGI middleware that says in every problem document what it says in the words of OpenAI's API too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start: Message | None = None
        body = bytearray()

        async def rewritten(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and _is_problem(message):
                start = message
            elif start is None:
                await send(message)
            else:
                body.extend(message.get("body", b""))
                if not message.get("more_body"):
                    await _send(start, _with_error(bytes(body)), send)

        await self._app(scope, receive, rewritten)


def _is_problem(start: Message) -> bool:
    content = dict(start["headers"]).get(b"content-type", b"")
    return bool(content.startswith(MEDIA_TYPE.encode()))


def _with_error(body: bytes) -> bytes:
    problem = json.loads(body)
    code = str(problem["type"]).rpartition(":")[2].replace("-", "_")
    error = {"message": problem["detail"], "type": code, "code": code, "param": None}
    return json.dumps({**problem, "error": error}, separators=(",", ":")).encode()


async def _send(start: Message, body: bytes, send: Send) -> None:
    MutableHeaders(raw=start["headers"])["content-length"] = str(len(body))
    await send(start)
    await send({"type": "http.response.body", "body": body})
