"""JSON-RPC over one kept-alive HTTP connection pool; safe to share between threads."""

import itertools
import json
import time
import weakref
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import httpx

from flock.errors import RpcUnavailable

ATTEMPTS = 4
FIRST_PAUSE_SECONDS = 0.125
BUSY = frozenset({429, 502, 503, 504})

Call = tuple[str, Sequence[Any]]


class RpcRefused(RpcUnavailable):
    """The endpoint answered with an error of its own; ``data`` is what a revert returned, if it was one."""

    def __init__(self, sentence: str, code: int, text: str, data: object) -> None:
        super().__init__(sentence)
        self.code = code
        self.text = text
        self.data = data


class Rpc:
    """Requests to one endpoint. Connection failures and busy answers are tried again a few times.

    Sending a signed transaction twice is harmless, so it is repeated like any other request.
    """

    def __init__(self, url: str, timeout: float = 10.0) -> None:
        self.url = url
        self.place = _without_secrets(url)
        self._ids = itertools.count(1)
        try:
            self._http = httpx.Client(timeout=timeout, headers={"Content-Type": "application/json"})
            # Whoever forgets a connection leaves none open behind.
            weakref.finalize(self, self._http.close)
            self._http.build_request("POST", url)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, ValueError) as problem:
            raise RpcUnavailable(
                f"{url!r} is no RPC address: give one like http://127.0.0.1:8545."
            ) from problem

    def request(self, method: str, *params: object) -> Any:
        """The result of one call. Raises RpcUnavailable, or RpcRefused when the endpoint answers an error."""
        answer = self._post(self._body((method, params)))
        if not isinstance(answer, dict):
            raise RpcUnavailable(f"{self.place} does not speak JSON-RPC: check the address.")
        return self._result(method, answer)

    def batch(self, calls: Sequence[Call]) -> list[Any]:
        """One result a call, in order, in one round trip; a refused call gives its RpcRefused as result."""
        bodies = [self._body(call) for call in calls]
        answers = self._post(bodies)
        if not isinstance(answers, list):
            return [self._caught(method, params) for method, params in calls]
        by_id = {answer.get("id"): answer for answer in answers if isinstance(answer, dict)}
        return [self._pick(body, by_id) for body in bodies]

    def close(self) -> None:
        self._http.close()

    def _caught(self, method: str, params: Sequence[Any]) -> Any:
        """For endpoints that refuse batches: the call alone."""
        try:
            return self.request(method, *params)
        except RpcRefused as refusal:
            return refusal

    def _pick(self, body: dict[str, Any], by_id: dict[Any, dict[str, Any]]) -> Any:
        try:
            return self._result(body["method"], by_id.get(body["id"], {}))
        except RpcRefused as refusal:
            return refusal

    def _body(self, call: Call) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": next(self._ids), "method": call[0], "params": list(call[1])}

    def _result(self, method: str, answer: dict[str, Any]) -> Any:
        if "error" in answer:
            error = answer["error"] or {}
            text = str(error.get("message", "no message"))
            raise RpcRefused(
                f"The RPC at {self.place} refused {method}: {text}.",
                int(error.get("code", 0)),
                text,
                error.get("data"),
            )
        if "result" not in answer:
            raise RpcUnavailable(f"The RPC at {self.place} left {method} without an answer: try again.")
        return answer["result"]

    def _post(self, body: object) -> Any:
        content = json.dumps(body).encode()
        problem = ""
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(FIRST_PAUSE_SECONDS * 2 ** (attempt - 1))
            try:
                response = self._http.post(self.url, content=content)
            except httpx.TransportError as failure:
                problem = _reason(failure)
                if isinstance(failure, httpx.UnsupportedProtocol):
                    break
                continue
            if response.status_code not in BUSY:
                return self._json(response)
            problem = f"it answers HTTP {response.status_code}"
        raise RpcUnavailable(
            f"The RPC at {self.place} cannot be reached ({problem}). "
            "Check that the chain is running and that the address is right."
        )

    def _json(self, response: httpx.Response) -> Any:
        """The body; nodes may send an error's with a status of its own."""
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if answer is None or (response.is_error and "error" not in answer):
            raise RpcUnavailable(
                f"{self.place} answered HTTP {response.status_code} and no JSON-RPC: check the address."
            )
        return answer


def _reason(failure: httpx.TransportError) -> str:
    if isinstance(failure, httpx.TimeoutException):
        return "no answer in time"
    if isinstance(failure, httpx.ConnectError):
        return "connection refused"
    return failure.__class__.__name__


def _without_secrets(url: str) -> str:
    """Host and port only: providers put their API key into the path, or a password before the host."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
