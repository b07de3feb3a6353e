"""A server of OpenAI's API that does what a test tells it: answers, waits, breaks off, refuses."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

WORDS = ["Federated", " learning", " keeps", " data", " home."]
NAME = "/models/secret-path"


@dataclass
class Upstream:
    """``behaviour`` is that of calls to come; ``asked`` all bodies that came; ``gate`` holds "wait", "pause" back."""

    behaviour: str = "answer"
    asked: list[dict[str, Any]] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    aborted: threading.Event = field(default_factory=threading.Event)

    def reset(self) -> None:
        self.behaviour = "answer"
        self.asked.clear()
        self.gate.clear()
        self.aborted.clear()

    def app(self) -> FastAPI:
        app = FastAPI()
        app.post("/v1/chat/completions")(self.chat)
        app.post("/v1/embeddings")(self.embed)
        return app

    async def embed(self, request: Request) -> dict[str, Any]:
        self.asked.append(await request.json())
        row = {"object": "embedding", "index": 0, "embedding": [0.5, 0.25]}
        return {
            "object": "list",
            "model": NAME,
            "data": [row],
            "usage": {"prompt_tokens": 3, "total_tokens": 3},
        }

    async def chat(self, request: Request) -> Response:
        body = await request.json()
        self.asked.append(body)
        match self.behaviour:
            case "fail":
                return JSONResponse({"error": {"message": f"CUDA error in {NAME}"}}, 500)
            case "busy":
                return JSONResponse({"error": {"message": "busy"}}, 429, {"Retry-After": "7"})
            case "wait":
                await self._until_open(request)
        if body.get("stream"):
            return StreamingResponse(self._stream(request), media_type="text/event-stream")
        message = {"role": "assistant", "content": "".join(WORDS)}
        choice = {"index": 0, "message": message, "finish_reason": "stop", "prompt_logprobs": [1]}
        return JSONResponse(_document("chat.completion", [choice], kv_cache="of others"))

    async def _stream(self, request: Request) -> AsyncIterator[bytes]:
        for number, word in enumerate(WORDS):
            if self.behaviour == "pause" and number == 1:
                await self._until_open(request)
            if self.behaviour == "break" and number == 2:
                return
            delta = {"index": 0, "delta": {"content": word}, "finish_reason": None}
            yield _event(_document("chat.completion.chunk", [delta], usage=None))
        yield _event(_document("chat.completion.chunk", [{"index": 0, "delta": {}, "finish_reason": "stop"}]))
        yield _event(_document("chat.completion.chunk", []))
        yield b"data: [DONE]\n\n"

    async def _until_open(self, request: Request) -> None:
        try:
            while not self.gate.is_set():
                if await request.is_disconnected():
                    self.aborted.set()
                    return
                await asyncio.sleep(0.01)
        except asyncio.CancelledError:
            self.aborted.set()
            raise


def _document(kind: str, choices: list[dict[str, Any]], **more: object) -> dict[str, Any]:
    usage = {"prompt_tokens": 7, "completion_tokens": len(WORDS), "total_tokens": 7 + len(WORDS)}
    return {
        "id": "c1",
        "object": kind,
        "created": 1,
        "model": NAME,
        "choices": choices,
        "usage": usage,
        **more,
    }


def _event(document: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(document).encode() + b"\n\n"
