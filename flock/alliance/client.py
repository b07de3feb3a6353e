"""The Alliance service as a node sees it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flock.alliance.node_key import NodeKey
from flock.errors import ServiceUnavailable
from flock.store.http_service import HttpService


@dataclass(frozen=True, slots=True)
class Health:
    """A service that answers: its deployment, the chain's head, and the newest block its rows know."""

    chain_id: int
    contract: str
    head: int
    projected: int


class AllianceClient(HttpService):
    """``base_url`` of an Alliance service. Every call raises ServiceUnavailable if it does not answer."""

    title = "Alliance"

    def publish(self, task: int, round_number: int, seat: int, cid: str) -> None:
        """Say that ``seat``'s proposal of the round is the blob ``cid``; saying it again changes nothing.

        Raises Refused if the seat proposed other bytes, or none.
        """
        self.ask_object(
            "POST", f"/tasks/{task}/rounds/{round_number}/proposals", json={"seat": seat, "cid": cid}
        )

    def published(self, task: int, round_number: int) -> dict[int, str]:
        """The CIDs that were published for the round, by proposer seat."""
        cids = self.ask_object("GET", f"/tasks/{task}/rounds/{round_number}/proposals")
        return {int(seat): str(cid) for seat, cid in cids.items() if seat.isascii() and seat.isdigit()}

    def attest_node_key(self, task: int, attestation: NodeKey) -> None:
        """Say which Flower node works for a member of the task. Raises Refused if it is not true or not new."""
        path = f"/tasks/{task}/members/{attestation.account}/node-key"
        self.ask_object("PUT", path, json=attestation.as_json())

    def node_keys(self, task: int) -> Mapping[str, Mapping[str, Any]]:
        """What members attested, by account, as the service has it: for ``NodeKey.from_json`` to read."""
        return self.ask_object("GET", f"/tasks/{task}/node-keys")

    def pool(self, operator: str, task: int) -> Mapping[str, Any]:
        """An operator's pool on a task, with what it has yielded. Raises Refused if there is none."""
        return self.ask_object("GET", f"/economy/tasks/{task}/pools/{operator}")

    def health(self) -> Health:
        """How far the service is."""
        answer = self.ask_object("GET", "/health")
        try:
            return Health(answer["chain_id"], answer["contract"], answer["head"], answer["projected"])
        except KeyError as error:
            raise ServiceUnavailable(
                f"What answers at {self.place} is no Alliance service (it says no {error}): check the address."
            ) from error
