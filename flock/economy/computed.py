"""Rewards as anybody recomputes them: the settlement of the days that are served, and of those that are not yet."""

from dataclasses import dataclass
from functools import cached_property

from flock.chain.contracts.deployed import Contracts
from flock.economy.history import read_history
from flock.protocol.core.merkle import Entry, RewardTree
from flock.protocol.core.units import NO_WEI, Wei
from flock.protocol.economy.history import History
from flock.protocol.economy.ledger import DaySettlement, TaskDay, settle
from flock.protocol.economy.yields import LONG_DAYS, SHORT_DAYS, eapy

NOTHING = Entry(NO_WEI, NO_WEI)


@dataclass(frozen=True)
class Computed:
    """What the chain's events give. ``served_day`` and ``served_root`` are what the contracts say."""

    history: History
    served_day: int
    served_root: bytes
    chain_id: int
    distributor: str

    @cached_property
    def served(self) -> DaySettlement:
        """Of all days before ``served_day``."""
        return settle(self.history, self.served_day)

    @cached_property
    def due(self) -> DaySettlement:
        """Of all days that are emitted."""
        return settle(self.history, self.history.next_day)

    @cached_property
    def tree(self) -> RewardTree:
        """Of ``served``; its proofs are worth something only if it ``agrees``."""
        return RewardTree(self.served.entries, self.chain_id, self.distributor)

    @property
    def agrees(self) -> bool:
        """Whether the served root is the one that the events give."""
        return self.tree.root == self.served_root

    def served_of(self, account: str) -> Entry:
        """All that the served days have earned an account."""
        return self.served.entries.get(account, NOTHING)

    def waiting_of(self, account: str) -> Entry:
        """What the days that are emitted but not served add to that."""
        due, served = self.due.entries.get(account, NOTHING), self.served_of(account)
        return Entry(Wei(due.liquid - served.liquid), Wei(due.vesting - served.vesting))

    def warm(self) -> None:
        """Do all the work now that would else be done when it is first asked for."""
        _ = self.served, self.due, self.tree.root

    def eapy(self, pool: tuple[str, int]) -> tuple[float, float]:
        """What the pool of (operator, task) has yielded over 14 and over 30 days, as fractions a year."""
        days, end = self._recent, self.history.next_day
        return eapy(days, pool, end, SHORT_DAYS), eapy(days, pool, end, LONG_DAYS)

    @cached_property
    def _recent(self) -> tuple[TaskDay, ...]:
        """The days that yields are of."""
        return tuple(day for day in self.due.days if day.day >= self.history.next_day - LONG_DAYS)


def compute(contracts: Contracts) -> Computed:
    """Read the whole history up to now. Raises RpcUnavailable."""
    return Computed(
        read_history(contracts, contracts.client.block_number()),
        contracts.settlement.served_day(),
        contracts.distributor.root(),
        contracts.chain_id,
        contracts.distributor.address,
    )
