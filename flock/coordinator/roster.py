"""Which Flower node belongs to which member, by the members' attestations, verified against the chain."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from flwr.serverapp import Grid

from flock.alliance.node_key import NodeKey
from flock.chain.contracts.deployed import Contracts
from flock.errors import Refused, ServiceUnavailable
from flock.log import logger
from flock.training.flower.keys import compressed_from_flower

LOOK_SECONDS = 0.5
# How long until a replaced operator or a member that left is noticed.
RECHECK_SECONDS = 60.0
RETRY_SECONDS = 5.0
log = logger(part="roster")
Listing = Callable[[], Mapping[str, Mapping[str, Any]]]


class Register(Protocol):
    """The SuperLink's list of keys that may connect. A key is 33 bytes."""

    def admit(self, public_key: bytes) -> bool:
        """Admit its node; whether that is possible, which it is not for a revoked key."""

    def strike_off(self, public_key: bytes) -> None:
        """Revoke the key: its node is never admitted again."""


@dataclass(frozen=True)
class _Checked:
    """An attestation and the result of its check; ``reason`` is empty if it is valid."""

    attestation: NodeKey
    reason: str
    until: float


class Roster:
    """Member → Flower node. A key without a valid attestation is not admitted and is sent nothing.

    ``listing`` is what members left at the service, by account; ``clock`` counts seconds.
    """

    def __init__(
        self,
        contracts: Contracts,
        task: int,
        listing: Listing,
        register: Callable[[], Register],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._contracts, self._task = contracts, task
        self._domain = contracts.deployment_domain
        self._listing, self._register, self._clock = listing, register, clock
        self._checked: dict[str, _Checked] = {}
        self._admitted: dict[str, NodeKey] = {}
        self._looked_at = -LOOK_SECONDS
        self._node_of: dict[str, int] = {}

    @property
    def node_of(self) -> Mapping[str, int]:
        """Account → its node, of those that are connected."""
        return self._node_of

    def refresh(self, grid: Grid) -> bool:
        """Read the members' attestations, admit valid ones, look who is connected; whether that has changed.

        It does nothing if it did so half a second ago. While the service does not answer, the keys that are
        known stay. Raises ServiceUnavailable if the SuperLink is gone.
        """
        if self._clock() - self._looked_at < LOOK_SECONDS:
            return False
        self._looked_at = self._clock()
        self._read()
        before, self._node_of = self._node_of, self._connected(grid)
        for account in self._node_of.keys() - before.keys():
            log.info("node_identified", node=self._node_of[account], account=account)
        return self._node_of != before

    def _read(self) -> None:
        try:
            listed = self._listing()
        except ServiceUnavailable as error:
            log.warning("node_keys_not_read", reason=str(error))
            return
        for account, fields in listed.items():
            self._consider(account, fields)

    def _consider(self, account: str, fields: Mapping[str, Any]) -> None:
        try:
            attestation = NodeKey.from_json(account, fields)
        except Refused as error:
            log.warning("node_key_refused", account=account, reason=str(error))
            return
        known = self._checked.get(account)
        if known is not None and known.attestation == attestation and self._clock() < known.until:
            return
        reason = self._objection(attestation) or self._admit(attestation)
        if reason and self._admitted.get(account) == attestation:
            del self._admitted[account]
        if reason and (known is None or known.reason != reason):
            log.warning("node_key_refused", account=account, reason=reason)
        seconds = RETRY_SECONDS if reason else RECHECK_SECONDS
        self._checked[account] = _Checked(attestation, reason, self._clock() + seconds)

    def _objection(self, attestation: NodeKey) -> str:
        """What is wrong with an attestation; empty if it is valid."""
        account = attestation.account
        current = self._admitted.get(account)
        if current is not None and attestation.issued_at < current.issued_at:
            return f"{account} has attested a newer key; this one is out of date."
        try:
            signer = attestation.signer(self._domain)
        except Refused as error:
            return str(error)
        if not self._contracts.staking.acts_for(account, signer):
            return f"{signer} signed, which is neither {account} nor its operator."
        if not self._contracts.alliance_rounds.member_of(self._task, account).is_active:
            return f"{account} is not a member of task {self._task}."
        return ""

    def _admit(self, attestation: NodeKey) -> str:
        """Admits a key in place of an older one; the reason if that is impossible."""
        account, current = attestation.account, self._admitted.get(attestation.account)
        if current == attestation:
            return ""
        register = self._register()
        if not register.admit(attestation.public_key):
            return f"The key was replaced before: {account} must remove its node.pem to have a new one made."
        if current is not None and current.public_key != attestation.public_key:
            register.strike_off(current.public_key)
            log.info("node_key_replaced", account=account, key=current.public_key.hex())
        self._admitted[account] = attestation
        log.info("node_key_admitted", account=account, key=attestation.public_key.hex())
        return ""

    def _connected(self, grid: Grid) -> dict[str, int]:
        nodes = {compressed_from_flower(node.public_key): node.node_id for node in grid.get_nodes()}
        return {
            account: nodes[attestation.public_key]
            for account, attestation in self._admitted.items()
            if attestation.public_key in nodes
        }
