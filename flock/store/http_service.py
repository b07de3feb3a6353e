"""A service that answers in JSON, as a program sees it that trusts it with nothing."""

import time
import weakref
from collections.abc import Mapping
from typing import Any, ClassVar

import httpx

from flock.closing import Closing
from flock.errors import FlockError, Refused, ServiceUnavailable, UnknownTask
from flock.store import responses
from flock.store.hosts import place_of
from flock.store.http_blobs import detail_of
from flock.store.http_clients import http_client, through_proxy

# What a service says may neither fill the memory nor trickle in for ever.
LARGEST_ANSWER = 16 << 20
LONGEST_ANSWER_SECONDS = 60.0


class HttpService(Closing):
    """``base_url`` of a service. Every call raises ServiceUnavailable if it does not answer."""

    title: ClassVar[str]
    """What sentences call it."""

    def __init__(
        self,
        base_url: str,
        *,
        timeout_seconds: float | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.base_url = base_url
        self.place = place_of(base_url)
        self._http = http_client(
            base_url,
            base_url=base_url,
            timeout=timeout_seconds or responses.ANSWER_SECONDS,
            transport=transport,
        )
        # Whoever forgets a connection leaves none open behind.
        weakref.finalize(self, self._http.close)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def ask(self, method: str, path: str, json: object = None, **options: Any) -> Any:
        """What it answers, parsed; ``options`` are httpx's. Raises Refused with its own words, and UnknownTask."""
        try:
            answer = self._exchange(method, path, json=json, **options)
            if answer.is_success:
                return answer.json() if answer.content else None
        except (httpx.RequestError, RecursionError, ValueError) as error:
            raise self.silent(error) from error
        raise self.error_of(answer)

    def ask_object(self, method: str, path: str, json: object = None, **options: Any) -> Mapping[str, Any]:
        """The same, of what has to answer with an object."""
        answer = self.ask(method, path, json, **options)
        if not isinstance(answer, dict):
            raise self.silent(f"its answer to {method} {path} is no object")
        return answer

    def silent(self, problem: object) -> ServiceUnavailable:
        """What to raise if it does not answer as it should."""
        return ServiceUnavailable(
            f"The {self.title} service at {self.place} does not answer{through_proxy(self.base_url)} ({problem}): "
            f"check its address and that it runs."
        )

    def error_of(self, answer: httpx.Response) -> FlockError:
        """What to raise for an answer that is no success."""
        sentence = f"The {self.title} service at {self.place} said: {detail_of(answer)}"
        if answer.is_server_error or answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            return ServiceUnavailable(sentence)
        return UnknownTask(sentence) if _kind_of(answer) == "urn:flock:unknown-task" else Refused(sentence)

    def _exchange(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request and its whole answer, which may be neither too large nor too slow."""
        give_up = time.monotonic() + LONGEST_ANSWER_SECONDS
        with self._http.stream(method, path, **options) as answer:
            data, is_whole = responses.read_limited(answer.iter_bytes(), LARGEST_ANSWER, give_up)
        if not is_whole:
            raise ValueError(f"its answer did not end after {len(data)} bytes")
        return httpx.Response(answer.status_code, content=data)


def _kind_of(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["type"])
    except (RecursionError, ValueError, KeyError, TypeError):
        return ""
