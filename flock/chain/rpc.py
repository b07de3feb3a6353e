"""web3's way to an endpoint: JSON-RPC over one kept-alive HTTP connection pool; safe to share between threads."""

import json
import time
import weakref
from collections.abc import Sequence
from typing import Any, cast

import httpx
from web3 import Web3
from web3.exceptions import Web3RPCError
from web3.providers import JSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse

from flock.chain.answers import (
    HTTP_BUSY,
    HTTP_NO_METHOD,
    LASTING,
    WAITED_FOR,
    Meaning,
    error_fields,
    meaning_of,
)
from flock.chain.learned_width import LearnedWidth
from flock.errors import EXIT_MISCONFIGURED, RpcUnavailable
from flock.store import responses
from flock.store.hosts import is_web_address, place_of, with_scheme
from flock.store.http_clients import http_client, through_proxy

ATTEMPTS = 4
FIRST_PAUSE_SECONDS = 0.125
LONGEST_PAUSE_SECONDS = 5.0
LARGEST_BATCH = 1_000

# An endpoint's answer is a stranger's: it may neither fill the memory nor trickle in for ever.
LARGEST_ANSWER = 64 << 20
LONGEST_ANSWER_SECONDS = 60.0

LASTING_STATUSES = frozenset({401, 402, 403, *HTTP_NO_METHOD, 410})

NO_STATE_SENTENCE = "It keeps no state of blocks that old: use an archive node."

Call = tuple[str, Sequence[Any]]


class RpcRefused(RpcUnavailable, Web3RPCError):
    """The endpoint answered with an error of its own; ``data`` is what a revert returned, if it was one.

    Its exit code says whether another try is worth it, or the operator has to change something: a key, a plan,
    the endpoint.
    """

    def __init__(self, sentence: str, code: int, text: str, data: object) -> None:
        super().__init__(sentence)
        self.code = code
        self.text = text
        self.data = data
        self.meaning = meaning_of(code, text)
        if self.meaning in LASTING:
            self.exit_code = EXIT_MISCONFIGURED


class NoJsonRpc(RpcUnavailable):
    """Something answered, but not as an RPC endpoint does; ``status`` may say that it never will."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        if status in LASTING_STATUSES:
            self.exit_code = EXIT_MISCONFIGURED


class NoAddress(RpcUnavailable):
    """What was given as the endpoint's address is none."""

    exit_code = EXIT_MISCONFIGURED


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
        self.url = url = with_scheme(url)
        self.place = place_of(url)
        self.largest_answer = LARGEST_ANSWER
        self._batch_size = LearnedWidth(LARGEST_BATCH)
        self._has_spoken = False
        if not is_web_address(url):
            raise self._no_address()
        try:
            self._http = http_client(
                url, timeout=timeout or responses.ANSWER_SECONDS, headers={"Content-Type": "application/json"}
            )
            # Whoever forgets a connection leaves none open behind.
            weakref.finalize(self, self._http.close)
            self._http.build_request("POST", url)
        except (httpx.InvalidURL, ValueError):
            raise self._no_address() from None

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
        return self._single(self._body(method, params))

    def make_batch_request(self, requests: Sequence[tuple[RPCEndpoint, Any]]) -> list[RPCResponse]:
        bodies = [self._body(*request) for request in requests]
        answers: list[RPCResponse] = []
        while len(answers) < len(bodies):
            size = min(self._batch_size.now, len(bodies) - len(answers))
            piece = bodies[len(answers) : len(answers) + size]
            found = self._answered(piece) if size > 1 else {}
            if found is None:
                self._batch_size.refuse(size)
                continue
            self._batch_size.fits(size)
            answers += [found.get(str(body["id"])) or self._single(body) for body in piece]
        return answers

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
        code, text, data = error_fields(error)
        sentence = f"The RPC at {self.place} refused {method}: {text.rstrip('.')}."
        if meaning_of(code, text) is Meaning.NO_STATE:
            sentence = f"{sentence} {NO_STATE_SENTENCE}"
        return RpcRefused(sentence, code, text, data)

    def _no_address(self) -> NoAddress:
        return NoAddress(
            f"{self.place[:40]!r} is no RPC address: give one with its scheme, like http://127.0.0.1:8545."
        )

    def _body(self, method: str, params: Sequence[Any]) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": next(self.request_counter), "method": method, "params": list(params)}

    def _single(self, body: dict[str, Any]) -> RPCResponse:
        """The answer to one call; what is refused for a moment is asked again."""
        method, answer = body["method"], self._post(body)
        if not isinstance(answer, dict):
            raise RpcUnavailable(f"{self.place} does not speak JSON-RPC: check the address.")
        if answer.get("id") not in (body["id"], None):
            raise RpcUnavailable(
                f"The RPC at {self.place} answered another question than {method}: try again."
            )
        return self._whole(method, answer)

    def _answered(self, bodies: Sequence[dict[str, Any]]) -> dict[str, RPCResponse] | None:
        """What a batch brought, by id, less what has to be asked once more; None if the batch was refused.

        Endpoints refuse batches with one error, an empty list, an error for each call, or a page of their web server.
        """
        try:
            answers = self._post(bodies)
        except NoJsonRpc:
            return None
        if _meaning(answers) in WAITED_FOR:  # it was asked often enough
            raise self.refused("several calls", answers["error"])
        listed = answers if isinstance(answers, list) else []
        by_id = {str(answer.get("id")): answer for answer in listed if isinstance(answer, dict)}
        wanted = [(str(body["id"]), body["method"]) for body in bodies]
        found = {
            number: self._whole(method, by_id[number])
            for number, method in wanted
            if number in by_id and not _is_asked_again(by_id[number])
        }
        return found or (None if _is_refused(listed) else {})

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
            pause = _wanted_pause(response)
            if response.status_code in HTTP_BUSY:
                problem = f"it answers HTTP {response.status_code}"
                continue
            answer = self._json(response)
            if _meaning(answer) not in WAITED_FOR or attempt == ATTEMPTS - 1:
                return answer
            problem = "it is busy"
        raise RpcUnavailable(
            f"The RPC at {self.place} cannot be reached{through_proxy(self.url)} ({problem}). "
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
        status = response.status_code
        is_answer = isinstance(answer, dict | list)
        if not is_answer or (response.is_error and "error" not in answer):
            if (
                self._has_spoken and status in HTTP_NO_METHOD
            ):  # gateways that route by method have no JSON for others
                return {"error": {"code": status, "message": f"HTTP {status}"}}
            raise NoJsonRpc(
                f"{self.place} answered HTTP {status} and no JSON-RPC: check the address.", status
            )
        self._has_spoken = True
        return _with_code(answer, response.status_code) if response.is_error else answer


def _with_code(answer: Any, status: int) -> Any:
    """The answer; the HTTP status stands for the code that an error does not have."""
    code, text, data = error_fields(answer.get("error")) if isinstance(answer, dict) else (status, "", None)
    return answer if code else {**answer, "error": {"code": status, "message": text, "data": data}}


def _meaning(answer: Any) -> Meaning | None:
    """What the error in one response means; None if there is none."""
    error = answer.get("error") if isinstance(answer, dict) else None
    return None if error is None else meaning_of(*error_fields(error)[:2])


def _is_asked_again(answer: dict[str, Any]) -> bool:
    """Whether a call's answer in a batch may be another outside it."""
    error = answer.get("error")
    if error is None:
        return "result" not in answer
    return _meaning(answer) in WAITED_FOR or "batch" in error_fields(error)[1].lower()


def _is_refused(answers: Sequence[Any]) -> bool:
    """Whether the calls of a batch were refused for being one, and not for coming too soon."""
    return not any(_meaning(answer) in WAITED_FOR for answer in answers)


def _kept(headers: httpx.Headers) -> dict[str, str]:
    return {name: headers[name] for name in ("Retry-After",) if name in headers}


def _wanted_pause(response: httpx.Response) -> float:
    """Seconds that a busy endpoint asks for (RFC 9110, Retry-After), within reason; 0 if it does not say."""
    wanted = response.headers.get("Retry-After", "")
    return min(float(wanted), LONGEST_PAUSE_SECONDS) if wanted.isascii() and wanted.isdigit() else 0.0


def _reason(failure: httpx.RequestError) -> str:
    if isinstance(failure, httpx.TimeoutException):
        return "no answer in time"
    if isinstance(failure, httpx.ProxyError):
        return "the proxy refused"
    if isinstance(failure, httpx.ConnectError):
        return "connection refused"
    return "the connection broke"
