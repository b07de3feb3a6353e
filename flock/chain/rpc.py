"""web3's way to an endpoint: JSON-RPC over one kept-alive HTTP connection pool; safe to share between threads."""

import json
import time
import weakref
from collections.abc import Sequence
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
from web3 import Web3
from web3.exceptions import Web3RPCError
from web3.providers import JSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse

from flock.errors import RpcUnavailable
from flock.store import responses

ATTEMPTS = 4
FIRST_PAUSE_SECONDS = 0.125
LONGEST_PAUSE_SECONDS = 5.0
BUSY = frozenset({429, 502, 503, 504})

# An endpoint's answer is a stranger's: it may neither fill the memory nor trickle in for ever.
LARGEST_ANSWER = 64 << 20
LONGEST_ANSWER_SECONDS = 60.0

Call = tuple[str, Sequence[Any]]


class RpcRefused(RpcUnavailable, Web3RPCError):
    """The endpoint answered with an error of its own; ``data`` is what a revert returned, if it was one."""

    def __init__(self, sentence: str, code: int, text: str, data: object) -> None:
        super().__init__(sentence)
        self.code = code
        self.text = text
        self.data = data


class AnswerTooLarge(RpcUnavailable):
    """The answer was given up, because it did not end; asking for less may help."""


class Rpc(JSONBaseProvider):
    """Requests to one endpoint. Connection failures and busy answers are tried again a few times.

    Sending a signed transaction twice is harmless, so it is repeated like any other request. ``make_request`` and
    ``make_batch_request`` are web3's: they give whole responses, those with errors too. ``timeout`` is in seconds,
    ``responses.ANSWER_SECONDS`` if it is not given.
    """

    def __init__(self, url: str, timeout: float | None = None) -> None:
        super().__init__()
        self.url = url
        self.place = _without_secrets(url)
        self.largest_answer = LARGEST_ANSWER
        try:
            self._http = httpx.Client(
                timeout=timeout or responses.ANSWER_SECONDS,
                verify=responses.trust(),
                headers={"Content-Type": "application/json"},
            )
            # Whoever forgets a connection leaves none open behind.
            weakref.finalize(self, self._http.close)
            self._http.build_request("POST", url)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, ValueError) as problem:
            raise RpcUnavailable(
                f"{url!r} is no RPC address: give one like http://127.0.0.1:8545."
            ) from problem

    def request(self, method: str, *params: object) -> Any:
        """The result of one call. Raises RpcUnavailable, or RpcRefused when the endpoint answers an error."""
        outcome = self._outcome(method, self.make_request(RPCEndpoint(method), params))
        if isinstance(outcome, RpcRefused):
            raise outcome
        return outcome

    def batch(self, calls: Sequence[Call]) -> list[Any]:
        """One result a call, in order, in one round trip; a refused call gives its RpcRefused as result."""
        answers = self.make_batch_request([(RPCEndpoint(method), params) for method, params in calls])
        return [self._outcome(method, answer) for (method, _), answer in zip(calls, answers, strict=True)]

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        body = self._body(method, params)
        answer = self._post(body)
        if not isinstance(answer, dict):
            raise RpcUnavailable(f"{self.place} does not speak JSON-RPC: check the address.")
        if answer.get("id") not in (body["id"], None):
            raise RpcUnavailable(
                f"The RPC at {self.place} answered another question than {method}: try again."
            )
        return self._whole(method, answer)

    def make_batch_request(self, requests: Sequence[tuple[RPCEndpoint, Any]]) -> list[RPCResponse]:
        bodies = [self._body(*request) for request in requests]
        answers = self._post(bodies)
        if not isinstance(answers, list):  # endpoints that refuse batches are asked one by one
            return [self.make_request(*request) for request in requests]
        by_id = {str(answer.get("id")): answer for answer in answers if isinstance(answer, dict)}
        return [self._whole(body["method"], by_id.get(str(body["id"]), {})) for body in bodies]

    def is_connected(self, show_traceback: bool = False) -> bool:
        """Whether the endpoint answers. With ``show_traceback`` it raises RpcUnavailable instead of False."""
        try:
            self.request("eth_chainId")
        except RpcUnavailable:
            if show_traceback:
                raise
            return False
        return True

    def close(self) -> None:
        self._http.close()

    def refused(self, method: str, error: object) -> RpcRefused:
        """The error of a response, as it is raised."""
        fields = error if isinstance(error, dict) else {"message": error}
        text, code = str(fields.get("message", "no message")), fields.get("code")
        sentence = f"The RPC at {self.place} refused {method}: {text}."
        return RpcRefused(sentence, code if isinstance(code, int) else 0, text, fields.get("data"))

    def _body(self, method: str, params: Sequence[Any]) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": next(self.request_counter), "method": method, "params": list(params)}

    def _whole(self, method: str, answer: dict[str, Any]) -> RPCResponse:
        if "result" not in answer and answer.get("error") is None:
            raise RpcUnavailable(f"The RPC at {self.place} left {method} without an answer: try again.")
        return cast("RPCResponse", answer)

    def _outcome(self, method: str, answer: RPCResponse) -> Any:
        error = answer.get("error")
        return answer["result"] if error is None else self.refused(method, error)

    def _post(self, body: Any) -> Any:
        content = Web3.to_json(body).encode()
        problem, pause = "", 0.0
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(pause or FIRST_PAUSE_SECONDS * 2 ** (attempt - 1))
            pause = 0.0
            try:
                response = self._exchange(content)
            except httpx.RequestError as failure:
                problem = _reason(failure)
                if isinstance(failure, httpx.UnsupportedProtocol):
                    break
                continue
            if response.status_code not in BUSY:
                return self._json(response)
            problem, pause = f"it answers HTTP {response.status_code}", _wanted_pause(response)
        raise RpcUnavailable(
            f"The RPC at {self.place} cannot be reached ({problem}). "
            "Check that the chain is running and that the address is right."
        )

    def _exchange(self, content: bytes) -> httpx.Response:
        """One request and its whole answer, which may be neither too large nor too slow."""
        give_up = time.monotonic() + LONGEST_ANSWER_SECONDS
        with self._http.stream("POST", self.url, content=content) as response:
            data, is_whole = responses.read_limited(response.iter_bytes(), self.largest_answer, give_up)
        if not is_whole:
            raise AnswerTooLarge(
                f"The answer of the RPC at {self.place} does not end: after {len(data)} bytes it was "
                "given up. Use another endpoint if it stays so."
            )
        return httpx.Response(response.status_code, headers=_kept(response.headers), content=data)

    def _json(self, response: httpx.Response) -> Any:
        """The body; nodes may send an error's with a status of its own."""
        try:
            answer = json.loads(response.content)
        except (ValueError, RecursionError):
            answer = None
        is_answer = isinstance(answer, dict | list)
        if not is_answer or (response.is_error and "error" not in answer):
            raise RpcUnavailable(
                f"{self.place} answered HTTP {response.status_code} and no JSON-RPC: check the address."
            )
        return answer


def _kept(headers: httpx.Headers) -> dict[str, str]:
    return {name: headers[name] for name in ("Retry-After",) if name in headers}


def _wanted_pause(response: httpx.Response) -> float:
    """Seconds that a busy endpoint asks for (RFC 9110, Retry-After), within reason; 0 if it does not say."""
    wanted = response.headers.get("Retry-After", "")
    return min(float(wanted), LONGEST_PAUSE_SECONDS) if wanted.isascii() and wanted.isdigit() else 0.0


def _reason(failure: httpx.RequestError) -> str:
    if isinstance(failure, httpx.TimeoutException):
        return "no answer in time"
    if isinstance(failure, httpx.ConnectError):
        return "connection refused"
    return "the connection broke"


def _without_secrets(url: str) -> str:
    """Host and port only: providers put their API key into the path, or a password before the host."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
