"""The settlement: everyone's share of the emissions, as a pure function of a deployment's events.

The rules are in docs/settlement.md. Every division rounds down, every fee up; all remainders go to
the treasury's entry, so that everything emitted is assigned.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise

from flock.errors import Refused
from flock.protocol.core.merkle import Entry
from flock.protocol.core.units import DAY, Gm, Wei
from flock.protocol.economy.history import (
    DelegationRatioSet,
    Emission,
    Event,
    History,
    PoolEvent,
    StakeMoved,
    TaskClosed,
    TermsSet,
    WorkPaid,
)
from flock.protocol.economy.rewards import Backed, RewardTerms, fee_of, set_aside, share_with_pool
from flock.protocol.economy.staking_numbers import DEFAULTS
from flock.protocol.economy.standing import DayStake, Standing


@dataclass(frozen=True)
class TaskDay:
    """How the emission of one day to one task was shared, before fees, in wei.

    ``operators`` and ``pools`` are by operator, ``stakes`` is the gm that earned in each pool, ``to_treasury``
    what nobody earned. They and ``to_treasury`` sum to ``emitted``.
    """

    task: int
    day: int
    emitted: Wei
    operators: Mapping[str, Wei]
    pools: Mapping[str, Wei]
    stakes: Mapping[str, Gm]
    to_treasury: Wei


@dataclass(frozen=True)
class DaySettlement:
    """All that was ever earned on the days before ``day``: cumulative ``entries`` by account.

    ``set_aside`` waits for its task to end and is in no entry. ``total`` and it sum to all that was emitted.
    """

    day: int
    entries: Mapping[str, Entry]
    set_aside: Wei
    days: tuple[TaskDay, ...]

    @property
    def total(self) -> Wei:
        """The sum of all entries."""
        return Wei(sum(entry.total for entry in self.entries.values()))


def settle(history: History, day: int) -> DaySettlement:
    """The settlement of all days before ``day`` (counted from the Unix epoch).

    Raises Refused if one of them is not emitted yet, or the events do not fit together.
    """
    if day > history.next_day:
        raise Refused(
            f"Day {history.next_day} is not emitted yet, so the days before {day} cannot be settled. "
            "Emit what is due first."
        )
    emissions = _by_day(history.emissions)
    events = _events_by_day(history.events)
    ledger = _Ledger(history.treasury)
    for today in sorted(emissions.keys() | events.keys()):
        if today < day:
            ledger.live(events.get(today, ()), emissions.get(today, ()))
    return ledger.settlement(day)


# --- Day by day ---


@dataclass
class _Points:
    """What one account earned on a task on one day, and how much of it in roles whose reward waits."""

    all: int = 0
    waiting: int = 0


@dataclass(frozen=True)
class _Earner:
    """One member of a task on one day."""

    account: str
    points: _Points
    stake: DayStake
    shares: Mapping[str, Gm]
    effective: Gm

    @property
    def weight(self) -> int:
        return self.points.all * self.effective


@dataclass
class _Ledger:
    treasury: str
    terms: RewardTerms = field(default_factory=RewardTerms)
    delegation_ratio: int = DEFAULTS.delegation_ratio
    standing: Standing = field(default_factory=Standing)
    closed: set[int] = field(default_factory=set)
    liquid: dict[str, int] = field(default_factory=dict)
    aside: dict[int, dict[str, int]] = field(default_factory=dict)
    days: list[TaskDay] = field(default_factory=list)

    def live(self, events: Iterable[Event], emissions: Iterable[Emission]) -> None:
        """Follow a day to its end, then share out what was emitted for it."""
        self.standing.begin_day()
        points: dict[int, dict[str, _Points]] = {}
        for event in events:
            self._follow(event, points)
        for emission in emissions:
            self._share_out(emission, points.get(emission.task, {}))

    def settlement(self, day: int) -> DaySettlement:
        vesting: dict[str, int] = {}
        for task in self.closed & self.aside.keys():
            for account, wei in self.aside[task].items():
                vesting[account] = vesting.get(account, 0) + wei
        entries = {
            account: Entry(Wei(self.liquid.get(account, 0)), Wei(vesting.get(account, 0)))
            for account in self.liquid.keys() | vesting.keys()
        }
        waiting = sum(sum(self.aside[task].values()) for task in self.aside.keys() - self.closed)
        earned = {account: entries[account] for account in sorted(entries) if entries[account].total}
        return DaySettlement(day, earned, Wei(waiting), tuple(self.days))

    def _follow(self, event: Event, points: dict[int, dict[str, _Points]]) -> None:
        if isinstance(event, StakeMoved):
            self.standing.move(event)
        elif isinstance(event, PoolEvent):
            self.standing.change_pool(event)
        elif isinstance(event, WorkPaid):
            _count(event, points.setdefault(event.task, {}))
        elif isinstance(event, TaskClosed):
            self.closed.add(event.task)
        elif isinstance(event, TermsSet):
            self.terms = event.terms
        elif isinstance(event, DelegationRatioSet):
            self.delegation_ratio = event.ratio

    def _share_out(self, emission: Emission, points: Mapping[str, _Points]) -> None:
        earners = [
            earner for who, earned in points.items() if (earner := self._earner(emission.task, who, earned))
        ]
        total = sum(earner.weight for earner in earners)
        parts = [(earner, _part(emission.amount, earner, total)) for earner in earners]
        left = emission.amount - sum(operator + pool for _, (operator, pool) in parts)
        self._credit(self.treasury, left)
        for earner, part in parts:
            self._pay_operator(emission.task, earner, part.operator)
            self._pay_pool(emission.task, earner, part.pool)
        self.days.append(_task_day(emission, parts, Wei(left)))

    def _earner(self, task: int, account: str, points: _Points) -> _Earner | None:
        """``None`` for members without points, or without own stake on the task all day."""
        stake = self.standing.day_stake((task, account))
        if not points.all or not stake.own:
            return None
        shares = stake.shares
        if not shares:
            return _Earner(account, points, stake, shares, stake.own)
        effective = stake.effective(self.terms.epsilon_bps, self.delegation_ratio)
        return _Earner(account, points, stake, shares, effective)

    def _pay_operator(self, task: int, earner: _Earner, reward: Wei) -> None:
        fee, daily, later = self._cut(earner.points, reward, self.terms.operator_fee_bps)
        self._credit(self.treasury, fee)
        self._credit(earner.account, daily)
        self._set_aside(task, earner.account, later)

    def _pay_pool(self, task: int, earner: _Earner, reward: Wei) -> None:
        """By what each delegator had in it all day."""
        if not reward:
            return
        fee, daily, later = self._cut(earner.points, reward, self.terms.delegator_fee_bps)
        gm, dust = sum(earner.shares.values()), daily + later
        liquid, aside = self.liquid, self.aside.setdefault(task, {})
        for who, share in earner.shares.items():
            now, then = daily * share // gm, later * share // gm
            liquid[who] = liquid.get(who, 0) + now
            aside[who] = aside.get(who, 0) + then
            dust -= now + then
        self._credit(self.treasury, fee + dust)

    def _cut(self, points: _Points, reward: Wei, fee_bps: int) -> tuple[int, int, int]:
        """Of a reward: the treasury's fee, what is liquid at once, what is set aside."""
        fee = fee_of(reward, fee_bps)
        net = Wei(reward - fee)
        later = set_aside(net, points.waiting, points.all, self.terms.daily_bps)
        return fee, net - later, later

    def _credit(self, account: str, wei: int) -> None:
        if wei:
            self.liquid[account] = self.liquid.get(account, 0) + wei

    def _set_aside(self, task: int, account: str, wei: int) -> None:
        if wei:
            waiting = self.aside.setdefault(task, {})
            waiting[account] = waiting.get(account, 0) + wei


# --- Pieces ---


def _part(emitted: Wei, earner: _Earner, total: int) -> Backed:
    return share_with_pool(
        emitted,
        earner.points.all,
        effective=earner.effective,
        own=earner.stake.own,
        total=total,
        commission_bps=earner.stake.commission_bps,
    )


def _task_day(emission: Emission, parts: Sequence[tuple[_Earner, Backed]], left: Wei) -> TaskDay:
    backed = [(earner, part) for earner, part in parts if earner.shares]
    return TaskDay(
        emission.task,
        emission.day,
        emission.amount,
        operators={earner.account: part.operator for earner, part in parts},
        pools={earner.account: part.pool for earner, part in backed},
        stakes={earner.account: Gm(sum(earner.shares.values())) for earner, _ in backed},
        to_treasury=left,
    )


def _count(paid: WorkPaid, points: dict[str, _Points]) -> None:
    for account, role, earned in paid.earned:
        own = points.setdefault(account, _Points())
        own.all += earned
        own.waiting += earned if role.waits else 0


def _events_by_day(events: Sequence[Event]) -> dict[int, tuple[Event, ...]]:
    if any(later.time < earlier.time for earlier, later in pairwise(events)):
        raise Refused("The events are not in chain order: sort them by block and log index.")
    return {day: tuple(group) for day, group in groupby(events, key=lambda event: event.time // DAY)}


def _by_day(emissions: Sequence[Emission]) -> dict[int, list[Emission]]:
    found: dict[int, list[Emission]] = {}
    for emission in emissions:
        found.setdefault(emission.day, []).append(emission)
    return found
