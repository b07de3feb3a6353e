"""The Alliance service as a node sees it."""

import time
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from flock.alliance.node_key import NodeKey
from flock.closing import Closing
from flock.errors import FlockError, Refused, ServiceUnavailable, UnknownTask
from flock.store import responses
from flock.store.hosts import place_of
from flock.store.http_blobs import detail_of
from flock.store.http_clients import http_client, through_proxy

# A service is trusted with nothing: what it says may neither fill the memory nor trickle in for ever.
LARGEST_ANSWER = 16 << 20
LONGEST_ANSWER_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Health:
    """A service that answers: its deployment, the chain's head, and the newest block its rows know."""

    chain_id: int
    contract: str
    head: int
    projected: int


class AllianceClient(Closing):
    """``base_url`` of an Alliance service. Every call raises ServiceUnavailable if it does not answer."""

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

    def publish(self, task: int, round_number: int, seat: int, cid: str) -> None:
        """Say that ``seat``'s proposal of the round is the blob ``cid``; saying it again changes nothing.

        Raises Refused if the seat proposed other bytes, or none.
        """
        self._ask("POST", f"/tasks/{task}/rounds/{round_number}/proposals", json={"seat": seat, "cid": cid})

    def published(self, task: int, round_number: int) -> dict[int, str]:
        """The CIDs that were published for the round, by proposer seat."""
        cids = self._ask("GET", f"/tasks/{task}/rounds/{round_number}/proposals")
        return {int(seat): str(cid) for seat, cid in cids.items() if seat.isascii() and seat.isdigit()}

    def attest_node_key(self, task: int, attestation: NodeKey) -> None:
        """Say which Flower node works for a member of the task. Raises Refused if it is not true or not new."""
        path = f"/tasks/{task}/members/{attestation.account}/node-key"
        self._ask("PUT", path, json=attestation.as_json())

    def node_keys(self, task: int) -> Mapping[str, Mapping[str, Any]]:
        """What members attested, by account, as the service has it: for ``NodeKey.from_json`` to read."""
        return self._ask("GET", f"/tasks/{task}/node-keys")

    def pool(self, operator: str, task: int) -> Mapping[str, Any]:
        """An operator's pool on a task, with what it has yielded. Raises Refused if there is none."""
        return self._ask("GET", f"/economy/tasks/{task}/pools/{operator}")

    def health(self) -> Health:
        """How far the service is."""
        answer = self._ask("GET", "/health")
        try:
            return Health(answer["chain_id"], answer["contract"], answer["head"], answer["projected"])
        except KeyError as error:
            raise ServiceUnavailable(
                f"What answers at {self.place} is no Alliance service (it says no {error}): check the address."
            ) from error

    def _ask(self, method: str, path: str, json: object = None) -> Mapping[str, Any]:
        try:
            answer = self._exchange(method, path, json)
            if answer.is_success:
                return dict(answer.json())
        except (httpx.RequestError, RecursionError, TypeError, ValueError) as error:
            raise ServiceUnavailable(
                f"The Alliance service at {self.place} does not answer{through_proxy(self.base_url)} ({error}): "
                f"check its address and that it runs."
            ) from error
        raise self._error_of(answer)

    def _exchange(self, method: str, path: str, json: object) -> httpx.Response:
        """One request and its whole answer, which may be neither too large nor too slow."""
        give_up = time.monotonic() + LONGEST_ANSWER_SECONDS
        with self._http.stream(method, path, json=json) as answer:
            data, is_whole = responses.read_limited(answer.iter_bytes(), LARGEST_ANSWER, give_up)
        if not is_whole:
            raise ValueError(f"its answer did not end after {len(data)} bytes")
        return httpx.Response(answer.status_code, content=data)

    def _error_of(self, answer: httpx.Response) -> FlockError:
        sentence = f"The Alliance service at {self.place} said: {detail_of(answer)}"
        if answer.is_server_error or answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            return ServiceUnavailable(sentence)
        return UnknownTask(sentence) if _kind_of(answer) == "urn:flock:unknown-task" else Refused(sentence)


def _kind_of(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["type"])
    except (RecursionError, ValueError, KeyError, TypeError):
        return ""
