"""Stakes and pools by task, followed event by event, with a snapshot at the start of each day."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from flock.errors import Refused
from flock.protocol.core.units import NO_GM, NO_WEI, Gm
from flock.protocol.economy import pools
from flock.protocol.economy.history import (
    Delegated,
    DelegationSynced,
    LeaveBegun,
    PoolEvent,
    PoolSet,
    PoolSlashed,
    StakeMoved,
    Undelegated,
)
from flock.protocol.economy.pools import Delegation, Pool
from flock.protocol.economy.rewards import effective_stake

Place = tuple[int, str]
"""A task and an account that works on it."""


@dataclass(frozen=True)
class Backing:
    """A pool at one moment: the operator's share, and what of each delegator stays in it, gm by account."""

    commission_bps: int = 0
    shares: Mapping[str, Gm] = field(default_factory=dict)
    gm: Gm = NO_GM


NO_BACKING = Backing()


class Level(NamedTuple):
    """Own stake and backing at one moment."""

    own: Gm
    backing: Backing

    def effective(self, epsilon_bps: int, ratio: int) -> Gm:
        """Own stake and what the backing counts for, which is ``ratio`` times the own stake at most."""
        return effective_stake(self.own, Gm(min(self.backing.gm, ratio * self.own)), epsilon_bps)


@dataclass(frozen=True)
class DayStake:
    """The stake that counts on one day: the smaller of its start and end values, part by part."""

    start: Level
    end: Level

    @property
    def own(self) -> Gm:
        """The own stake that was there all day."""
        return min(self.start.own, self.end.own)

    @property
    def shares(self) -> Mapping[str, Gm]:
        """What each delegator had in the pool all day."""
        first, last = self.start.backing, self.end.backing
        if first is last:
            return last.shares
        both = {who: min(gm, first.shares.get(who, NO_GM)) for who, gm in last.shares.items()}
        return {who: gm for who, gm in both.items() if gm}

    @property
    def commission_bps(self) -> int:
        """The operator's share; a rise counts from the next day."""
        return min(self.start.backing.commission_bps, self.end.backing.commission_bps)

    def effective(self, epsilon_bps: int, ratio: int) -> Gm:
        """Own and delegated stake together, as they count."""
        return min(level.effective(epsilon_bps, ratio) for level in (self.start, self.end))


class Standing:
    """Stakes and pools as of the newest event that was applied."""

    def __init__(self) -> None:
        self._own: dict[Place, Gm] = {}
        self._pools: dict[Place, _Pool] = {}
        self._own_before: dict[Place, Gm] = {}
        self._pools_before: dict[Place, Backing] = {}

    def begin_day(self) -> None:
        """Start a day: ``day_stake`` compares with this moment."""
        self._own_before, self._pools_before = {}, {}

    def day_stake(self, place: Place) -> DayStake:
        """The stake that counts on the day that ends now."""
        own, backing = self._own.get(place, NO_GM), self._backing(place)
        start = Level(self._own_before.get(place, own), self._pools_before.get(place, backing))
        return DayStake(start, Level(own, backing))

    def move(self, event: StakeMoved) -> None:
        """Raises Refused if more stake is removed than there was: then events are missing."""
        place = event.task, event.account
        own = self._own.get(place, NO_GM)
        self._own_before.setdefault(place, own)
        if own + event.gm < 0:
            raise _incomplete(f"{event.account} takes {-event.gm} gm off task {event.task}, which has {own}")
        self._own[place] = Gm(own + event.gm)

    def change_pool(self, event: PoolEvent) -> None:
        """Raises Refused if the event cannot follow on those before."""
        place = event.task, event.operator
        if place not in self._pools_before:  # once a day: it looks at every delegator
            self._pools_before[place] = self._backing(place)
        self._pools.setdefault(place, _Pool()).apply(event)

    def _backing(self, place: Place) -> Backing:
        pool = self._pools.get(place)
        return pool.backing() if pool else NO_BACKING


class _Pool:
    """One pool and its delegators' records, by the arithmetic of ``pools``; FLOCK does not matter."""

    def __init__(self) -> None:
        self._pool = Pool()
        self._records: dict[str, Delegation] = {}
        self._backing: Backing | None = None

    def backing(self) -> Backing:
        if self._backing is None:
            shares = {who: gm for who, record in self._records.items() if (gm := self._staying(record))}
            total = Gm(sum(shares.values()))
            self._backing = Backing(self._pool.commission_bps, shares, total)
        return self._backing

    def apply(self, event: PoolEvent) -> None:
        self._backing = None
        match event:
            case PoolSet():
                self._pool = replace(self._pool, commission_bps=event.commission_bps)
            case PoolSlashed():
                self._slash(event)
            case Delegated():
                known = self._touched(event.delegator)
                self._pool, self._records[event.delegator] = pools.deposit(
                    self._pool, known, event.gm, NO_WEI, 0
                )
            case LeaveBegun():
                self._records[event.delegator] = pools.leave(self._touched(event.delegator), event.gm, 0)
            case Undelegated():
                self._withdraw(event)
            case DelegationSynced():
                self._touched(event.delegator)

    def _slash(self, event: PoolSlashed) -> None:
        if event.generation != self._pool.generation:
            self._pool = replace(pools.renewed(self._pool), generation=event.generation)
        else:
            left = Gm(self._pool.gm - event.gm)
            self._pool = replace(self._pool, gm=left, factor=event.factor)

    def _withdraw(self, event: Undelegated) -> None:
        known = self._touched(event.delegator)
        if not 0 < event.gm <= known.gm:
            raise _incomplete(
                f"{event.delegator} takes {event.gm} gm from the pool of {event.operator}, and has {known.gm}"
            )
        self._pool, record, *_ = pools.withdraw(self._pool, known, event.gm)
        self._keep(event.delegator, record)

    def _touched(self, delegator: str) -> Delegation:
        """The delegator's record, brought up to date in the pool too."""
        before = self._records.get(delegator, Delegation())
        known = pools.current(before, self._pool)
        self._keep(delegator, known)
        if before.gm and not known.gm and before.generation == self._pool.generation:
            self._pool = pools.forget(self._pool).pool
        return pools.current(known, self._pool)

    def _keep(self, delegator: str, record: Delegation) -> None:
        if record.gm:
            self._records[delegator] = record
        else:
            self._records.pop(delegator, None)

    def _staying(self, record: Delegation) -> Gm:
        known = pools.current(record, self._pool)
        return Gm(known.gm - known.leaving)


def _incomplete(what: str) -> Refused:
    return Refused(f"The events do not fit together: {what}. Read them again, from another endpoint.")
