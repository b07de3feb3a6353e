"""What the checks share: made when first asked for, and blamed once if it cannot be made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from flock.amounts import tokens
from flock.errors import FlockError
from flock.protocol.alliance.rounds import Phase
from flock.protocol.core.units import Gm
from flock.protocol.economy.locks import slash_of

if TYPE_CHECKING:
    from eth_typing import ChecksumAddress

    from flock.chain.client import Client
    from flock.chain.contracts.alliance_rounds import MemberView, RoundView
    from flock.chain.contracts.deployed import Contracts
    from flock.chain.contracts.task_manager import TaskView
    from flock.programs.settings import NodeSettings
    from flock.protocol.alliance.params import AllianceParameters
    from flock.training.arrays import Arrays

Made = TypeVar("Made")


class NotExamined(Exception):
    """A check cannot be made because what it stands on has failed, which another check has said."""


class Shared(Generic[Made]):
    """Made at the first call. If that fails the first caller hears why, the others only that it failed."""

    def __init__(self, what: str, make: Callable[[], Made]) -> None:
        self._make = make
        self._made: Made | None = None
        self._needs = f"Needs {what}."
        self.failed = False

    def __call__(self) -> Made:
        if self.failed:
            raise NotExamined(self._needs)
        if self._made is None:
            try:
                self._made = self._make()
            except Exception as problem:
                self.failed = True
                if isinstance(problem, NotExamined):
                    self._needs = str(problem)
                raise
        return self._made


@dataclass(frozen=True)
class TaskStanding:
    """The task and the member as the chain has them at this moment."""

    task: TaskView
    terms: AllianceParameters
    view: RoundView
    member: MemberView
    stake: Gm

    @property
    def is_over(self) -> bool:
        """Whether no round will be drawn any more."""
        return self.task.state.is_over or self.view.phase is Phase.ENDED

    def stake_at_risk(self) -> str:
        """What staying away would cost, in a sentence; empty for an account that is not a member."""
        if not self.member.is_active:
            return "Nothing is at stake yet: this account is not a member."
        gm = slash_of(self.stake, Gm(self.member.stake), self.terms.slash_bps)
        strikes, limit = self.member.strikes.bit_count(), self.terms.strike_limit
        return (
            f"Left so, it would be struck at its next seat (now {strikes} strikes): {limit} strikes slash "
            f"{self.terms.slash_bps / 100:g}% of {tokens(max(self.stake, self.member.stake))} gm = {tokens(gm)}."
        )


class NodeUnderTest:
    """One node: its settings, and what is reached through them."""

    def __init__(self, config: Path, settings: NodeSettings) -> None:
        self.config = config
        self.settings = settings
        self.client: Shared[Client] = Shared("the chain", self._client)
        self.contracts: Shared[Contracts] = Shared("the contracts", self._contracts)
        self.operator: Shared[ChecksumAddress] = Shared("the key", self._operator)
        self.owner: Shared[ChecksumAddress] = Shared("the owner's address", self._owner)
        self.standing: Shared[TaskStanding] = Shared("the task", self._standing)
        self.model: Shared[tuple[Arrays, int]] = Shared("the model", self._model)
        self._shared: tuple[Shared[Any], ...] = (
            self.client,
            self.contracts,
            self.operator,
            self.owner,
            self.standing,
        )

    def at_risk(self) -> str:
        """What a failure would cost, if the chain can be asked; whoever asks next hears why it cannot."""
        known = [each for each in self._shared if each.failed]
        try:
            return self.standing().stake_at_risk()
        except (FlockError, NotExamined):
            for each in self._shared:
                each.failed = each in known
            return ""

    def _client(self) -> Client:
        from flock.chain.client import Client

        return Client(self.settings.rpc, self.settings.chain_id)

    def _contracts(self) -> Contracts:
        from flock.chain.address_book import AddressBook
        from flock.chain.contracts.deployed import Contracts

        return Contracts(self.client(), AddressBook.load(self.settings.chain_id, self.settings.addresses))

    def _operator(self) -> ChecksumAddress:
        from flock.chain.keys import KeyStore

        return KeyStore(self.settings.keys).address_of(self.settings.key)

    def _owner(self) -> ChecksumAddress:
        from flock.programs.wiring import owner_of

        return owner_of(self.settings, self.operator())

    def _standing(self) -> TaskStanding:
        from flock.economy.operations.requirements import require_task

        contracts, task = self.contracts(), self.settings.task
        require_task(contracts, task)
        return TaskStanding(
            task=contracts.task_manager.task_of(task),
            terms=contracts.task_manager.parameters_of(task),
            view=contracts.alliance_rounds.round_view(task),
            member=contracts.alliance_rounds.member_of(task, self.owner()),
            stake=Gm(contracts.staking.stake_of(self.owner(), task)),
        )

    def _model(self) -> tuple[Arrays, int]:
        """The task's current model and its size in bytes, from this node's store or the service's."""
        from flock.programs.wiring import MEBIBYTE
        from flock.protocol.core.cid import cid_of
        from flock.store.blobs import DiskBlobs
        from flock.store.http_blobs import HttpBlobs
        from flock.training.arrays import decode_model

        standing, limit = self.standing(), self.settings.max_model_mib * MEBIBYTE
        digest = standing.view.model if any(standing.view.model) else standing.terms.initial_model
        own = self.settings.own_blobs
        local = DiskBlobs(own) if own.is_dir() else None
        if local and local.has(cid_of(digest)):
            data = local.get(cid_of(digest), limit)
        else:
            with HttpBlobs(self.settings.alliance) as blobs:
                data = blobs.get(cid_of(digest), limit)
        return decode_model(data, max_bytes=limit), len(data)
