"""The settlement: everyone's share of the emissions, as a pure function of a deployment's events.

The rules are in docs/settlement.md. Every division rounds down, every fee up; all remainders go to
the treasury's entry, so that everything emitted is assigned.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby, pairwise

from flock.errors import Refused
from flock.protocol.core.merkle import Entry
from flock.protocol.core.units import DAY, NO_WEI, Gm, Wei
from flock.protocol.economy.history import (
    DelegationRatioSet,
    Event,
    History,
    PoolEvent,
    StakeMoved,
    TaskClosed,
    TermsSet,
    WorkDone,
)
from flock.protocol.economy.pay_rule import DayShares, Emission, Share, Sharing, Worker
from flock.protocol.economy.rewards import RewardTerms, fee_of, set_aside
from flock.protocol.economy.staking_numbers import DEFAULTS
from flock.protocol.economy.standing import Standing

NOTHING_AT_ONCE = 0


@dataclass(frozen=True)
class TaskDay:
    """How the emission of one day to one task was shared, before fees, in wei.

    ``operators`` and ``pools`` are by operator, ``stakes`` is the gm that earned in each pool, ``to_treasury``
    what nobody earned, ``kept`` what is shared later, less what was kept before and is shared now. Rewards,
    ``to_treasury`` and ``kept`` sum to ``emitted``.
    """

    task: int
    day: int
    emitted: Wei
    operators: Mapping[str, Wei]
    pools: Mapping[str, Wei]
    stakes: Mapping[str, Gm]
    to_treasury: Wei
    kept: Wei = NO_WEI


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
class _Ledger:
    treasury: str
    terms: RewardTerms = field(default_factory=RewardTerms)
    delegation_ratio: int = DEFAULTS.delegation_ratio
    standing: Standing = field(default_factory=Standing)
    sharings: dict[int, Sharing] = field(default_factory=dict)
    kept: dict[int, int] = field(default_factory=dict)
    closed: set[int] = field(default_factory=set)
    liquid: dict[str, int] = field(default_factory=dict)
    aside: dict[int, dict[str, int]] = field(default_factory=dict)
    days: list[TaskDay] = field(default_factory=list)

    def live(self, events: Iterable[Event], emissions: Iterable[Emission]) -> None:
        """Follow a day to its end, then share out what was emitted for it."""
        self.standing.begin_day()
        busy = set()
        for event in events:
            self._follow(event)
            if isinstance(event, WorkDone):
                busy.add(event.task)
        for emission in emissions:
            self._share_out(emission)
            busy.add(emission.task)
        for task in busy & self.sharings.keys():
            self.sharings[task].end_day()
        for task in self.closed & self.kept.keys():
            self._share_kept(task)

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
        return DaySettlement(day, earned, Wei(waiting + sum(self.kept.values())), tuple(self.days))

    def _follow(self, event: Event) -> None:
        if isinstance(event, StakeMoved):
            self.standing.move(event)
        elif isinstance(event, PoolEvent):
            self.standing.change_pool(event)
        elif isinstance(event, WorkDone):
            if event.task not in self.sharings:
                self.sharings[event.task] = event.work.new_sharing()
            self.sharings[event.task].take(event.work)
        elif isinstance(event, TaskClosed):
            self.closed.add(event.task)
        elif isinstance(event, TermsSet):
            self.terms = event.terms
        elif isinstance(event, DelegationRatioSet):
            self.delegation_ratio = event.ratio

    def _share_out(self, emission: Emission) -> None:
        task, sharing = emission.task, self.sharings.get(emission.task)
        shared = DayShares(())
        if sharing is not None:
            shared = sharing.share(emission, partial(self._worker, task), self.terms.daily_bps)
        left = emission.amount - shared.kept - sum(sum(share.backed) for share in shared.shares)
        self._credit(self.treasury, left)
        if shared.kept:
            self.kept[task] = self.kept.get(task, 0) + shared.kept
        for share in shared.shares:
            self._pay(task, share, self.terms.daily_bps)
        self.days.append(_task_day(emission, shared, Wei(left)))

    def _share_kept(self, task: int) -> None:
        """The task has ended: all that was kept for this moment is set aside for those who earned it."""
        shares = self.sharings[task].close()
        self._credit(self.treasury, self.kept.pop(task) - sum(sum(share.backed) for share in shares))
        for share in shares:
            self._pay(task, share, NOTHING_AT_ONCE)

    def _worker(self, task: int, account: str) -> Worker | None:
        """``None`` for accounts without own stake on the task all day."""
        stake = self.standing.day_stake((task, account))
        own = stake.own
        if not own:
            return None
        shares = stake.shares
        effective = stake.effective(self.terms.epsilon_bps, self.delegation_ratio) if shares else own
        return Worker(account, own, effective, stake.commission_bps, shares)

    def _pay(self, task: int, share: Share, daily_bps: int) -> None:
        self._pay_operator(task, share, daily_bps)
        self._pay_pool(task, share, daily_bps)

    def _pay_operator(self, task: int, share: Share, daily_bps: int) -> None:
        fee, daily, later = _cut(share, share.backed.operator, self.terms.operator_fee_bps, daily_bps)
        self._credit(self.treasury, fee)
        self._credit(share.worker.account, daily)
        self._set_aside(task, share.worker.account, later)

    def _pay_pool(self, task: int, share: Share, daily_bps: int) -> None:
        """By what each delegator had in it all day."""
        if not share.backed.pool:
            return
        fee, daily, later = _cut(share, share.backed.pool, self.terms.delegator_fee_bps, daily_bps)
        gm, dust = sum(share.worker.shares.values()), daily + later
        liquid, aside = self.liquid, self.aside.setdefault(task, {})
        for who, part in share.worker.shares.items():
            now, then = daily * part // gm, later * part // gm
            liquid[who] = liquid.get(who, 0) + now
            aside[who] = aside.get(who, 0) + then
            dust -= now + then
        self._credit(self.treasury, fee + dust)

    def _credit(self, account: str, wei: int) -> None:
        if wei:
            self.liquid[account] = self.liquid.get(account, 0) + wei

    def _set_aside(self, task: int, account: str, wei: int) -> None:
        if wei:
            waiting = self.aside.setdefault(task, {})
            waiting[account] = waiting.get(account, 0) + wei


# --- Pieces ---


def _cut(share: Share, reward: Wei, fee_bps: int, daily_bps: int) -> tuple[int, int, int]:
    """Of a reward: the treasury's fee, what is liquid at once, what is set aside."""
    fee = fee_of(reward, fee_bps)
    net = Wei(reward - fee)
    later = set_aside(net, share.waiting, share.of, daily_bps)
    return fee, net - later, later


def _task_day(emission: Emission, shared: DayShares, left: Wei) -> TaskDay:
    backed = [share for share in shared.shares if share.worker.shares]
    return TaskDay(
        emission.task,
        emission.day,
        emission.amount,
        operators={share.worker.account: share.backed.operator for share in shared.shares},
        pools={share.worker.account: share.backed.pool for share in backed},
        stakes={share.worker.account: Gm(sum(share.worker.shares.values())) for share in backed},
        to_treasury=left,
        kept=shared.kept,
    )


def _events_by_day(events: Sequence[Event]) -> dict[int, tuple[Event, ...]]:
    if any(later.time < earlier.time for earlier, later in pairwise(events)):
        raise Refused("The events are not in chain order: sort them by block and log index.")
    return {day: tuple(group) for day, group in groupby(events, key=lambda event: event.time // DAY)}


def _by_day(emissions: Sequence[Emission]) -> dict[int, list[Emission]]:
    found: dict[int, list[Emission]] = {}
    for emission in emissions:
        found.setdefault(emission.day, []).append(emission)
    return found
