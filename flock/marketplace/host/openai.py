"""Any server of OpenAI's API, sold by this host: vLLM, SGLang, TGI, llama.cpp, ``transformers serve``.

It is asked for one model under its own name, which nobody else learns. What it refuses for being busy or broken is
charged to nobody.
"""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from flock.log import logger
from flock.marketplace.gate.orders import Answer, Stream
from flock.marketplace.gate.quotes import Usage
from flock.marketplace.host.fields import ChatRequest, EmbeddingRequest, TextRequest
from flock.store.http_clients import async_http_client
from flock.web.errors import BadFields, TooManyRequests, UpstreamFailed

DATA, DONE = b"data:", b"[DONE]"
LONGEST_ANSWER = 64 << 20
LONGEST_EVENT = 4 << 20
# Of what a server says in these, only the answer goes on: some tell where a model lies on disk.
TOLD = {"id", "object", "created", "choices", "usage", "data"}


@dataclass(frozen=True)
class OpenAiTerms:
    """The server's base URL, as clients are given it; the model's name there; the name it is sold under.

    ``max_tokens`` is written if a request names no number, and quoted for.
    """

    url: str
    upstream_name: str
    name: str
    max_tokens: int
    api_key: str | None
    seconds: float


class OpenAiUpstream:
    """One model of one server. To be closed."""

    kind = "openai"

    def __init__(self, terms: OpenAiTerms) -> None:
        headers = {"Authorization": f"Bearer {terms.api_key}"} if terms.api_key else {}
        timeout = httpx.Timeout(terms.seconds, connect=10)
        base = terms.url.rstrip("/")
        self._terms = terms
        self._base = base
        self._http = async_http_client(base, headers=headers, timeout=timeout, follow_redirects=False)

    @property
    def runtime(self) -> Mapping[str, object]:
        """What a receipt says of it."""
        return {"kind": self.kind, "model": self._terms.upstream_name}

    def most(self, asked: TextRequest) -> Usage:
        """The most tokens that ``asked`` can come to: no tokenizer makes more of a text than its bytes."""
        forwarded = self._forwarded(asked)
        size = len(
            json.dumps([forwarded.get(name) for name in ("messages", "prompt", "input", "tools")]).encode()
        )
        written = 0 if isinstance(asked, EmbeddingRequest) else int(forwarded[_limit_of(asked)])
        return Usage(size, written)

    async def run(self, path: str, asked: TextRequest) -> Answer | Stream:
        """Raises UpstreamFailed, TooManyRequests, or BadFields for what the server would not take."""
        body = self._forwarded(asked)
        request = self._http.build_request("POST", self._base + path.removeprefix("/v1"), json=body)
        try:
            response = await self._http.send(request, stream=True)
        except httpx.HTTPError as problem:
            logger().warning("upstream_unreachable", model=self._terms.name, reason=str(problem))
            raise UpstreamFailed(
                f"What serves {self._terms.name} cannot be reached. Nothing was charged."
            ) from None
        try:
            if response.status_code != httpx.codes.OK:
                raise await self._refusal(response)
            if not body.get("stream"):
                return self._answer(await _bounded(response))
            return await self._streamed(response, wants_usage=_wants_usage(asked))
        except httpx.HTTPError as problem:
            raise self._broken(problem) from None
        finally:
            if not body.get("stream") or response.status_code != httpx.codes.OK:
                await response.aclose()

    async def close(self) -> None:
        await self._http.aclose()

    def _forwarded(self, asked: TextRequest) -> dict[str, Any]:
        body = asked.model_dump(exclude_none=True, exclude={"user", "stream_options"})
        body["model"] = self._terms.upstream_name
        if isinstance(asked, EmbeddingRequest):
            return body
        body.setdefault(_limit_of(asked), self._terms.max_tokens)
        if asked.stream:
            body["stream_options"] = {"include_usage": True}
        return body

    def _answer(self, data: bytes) -> Answer:
        document = _object(data)
        if document is None:
            raise self._broken("it answered no JSON object")
        return Answer(json.dumps(self._told(document)).encode(), _usage(document))

    async def _streamed(self, response: httpx.Response, *, wants_usage: bool) -> Stream:
        stream = Stream(response.aclose)
        stream.rest = self._pieces(response, stream, wants_usage=wants_usage)
        try:
            stream.first = await anext(stream.rest, b"")
        finally:
            if not stream.first:
                await response.aclose()
        if not stream.first:
            raise self._broken("its stream is empty")
        return stream

    async def _pieces(
        self, response: httpx.Response, stream: Stream, *, wants_usage: bool
    ) -> AsyncIterator[bytes]:
        try:
            async for data in _events(response):
                if data == DONE:
                    return
                document = _object(data)
                if document is None or document.get("error"):
                    raise self._broken("its stream holds an error")
                if document.get("usage"):
                    stream.usage = _usage(document)
                if not wants_usage:
                    document.pop("usage", None)
                if document.get("choices") or wants_usage:
                    yield DATA + b" " + json.dumps(self._told(document)).encode() + b"\n\n"
        except httpx.HTTPError as problem:
            raise self._broken(problem) from None
        raise self._broken("its stream ended before it was done")

    async def _refusal(self, response: httpx.Response) -> Exception:
        """What the payer hears: a server's own words only about the request itself."""
        status, name = response.status_code, self._terms.name
        if status == httpx.codes.TOO_MANY_REQUESTS:
            given = response.headers.get("Retry-After", "")
            seconds = min(int(given), 60) if given.isdecimal() else 1
            return TooManyRequests(f"What serves {name} is busy. Nothing was charged.", max(1, seconds))
        if status in (httpx.codes.BAD_REQUEST, httpx.codes.UNPROCESSABLE_ENTITY):
            said = _sentence(await _bounded(response)).replace(self._terms.upstream_name, name)
            return BadFields({"body": f"what serves {name} does not take it: {said}"})
        if status == httpx.codes.REQUEST_ENTITY_TOO_LARGE:
            return BadFields({"body": f"it is too long for {name}."})
        return self._broken(f"it answered {status}")

    def _broken(self, why: object) -> UpstreamFailed:
        logger().warning("upstream_failed", model=self._terms.name, reason=str(why))
        return UpstreamFailed(
            f"What serves {self._terms.name} failed. Nothing more was charged: try again, or another host of it."
        )

    def _told(self, document: Mapping[str, Any]) -> Mapping[str, Any]:
        told = {name: value for name, value in document.items() if name in TOLD}
        if isinstance(told.get("choices"), list):
            told["choices"] = [_without_prompt(choice) for choice in told["choices"]]
        return {**told, "model": self._terms.name}


async def _events(response: httpx.Response) -> AsyncIterator[bytes]:
    """The data of each server-sent event, as it arrives."""
    pending = b""
    async for chunk in response.aiter_bytes():
        *lines, pending = (pending + chunk).split(b"\n")
        if len(pending) > LONGEST_EVENT:
            raise httpx.RemoteProtocolError("an event is longer than any answer")
        for line in lines:
            if line.startswith(DATA):
                yield line.removeprefix(DATA).strip()


async def _bounded(response: httpx.Response) -> bytes:
    data = bytearray()
    async for chunk in response.aiter_bytes():
        data += chunk
        if len(data) > LONGEST_ANSWER:
            raise httpx.RemoteProtocolError(f"an answer of more than {LONGEST_ANSWER} bytes")
    return bytes(data)


def _limit_of(asked: TextRequest) -> str:
    is_newer = isinstance(asked, ChatRequest) and asked.max_completion_tokens is not None
    return "max_completion_tokens" if is_newer else "max_tokens"


def _wants_usage(asked: TextRequest) -> bool:
    options = getattr(asked, "stream_options", None)
    return bool(options and options.include_usage)


def _object(data: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _usage(document: Mapping[str, Any]) -> Usage:
    usage = document.get("usage")
    counted = usage if isinstance(usage, dict) else {}
    return Usage(_count(counted.get("prompt_tokens")), _count(counted.get("completion_tokens")))


def _count(value: object) -> int:
    return value if isinstance(value, int) and 0 <= value < 1 << 63 else 0


def _sentence(data: bytes) -> str:
    found = _object(data) or {}
    error = found.get("error", found)
    said = error.get("message") if isinstance(error, dict) else None
    return str(said)[:300] if said else "it says no more."


def _without_prompt(choice: object) -> object:
    if isinstance(choice, dict):
        return {name: value for name, value in choice.items() if not name.startswith("prompt_")}
    return choice
