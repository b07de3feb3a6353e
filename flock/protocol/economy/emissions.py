"""The daily budget of FLOCK and its split over tasks (docs/protocol.md, Emissions): the twin of Emissions."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from flock.protocol.core.units import BPS, DAY, NO_WEI, Wei, mul_div_down

DECAY_DAYS = 30
MAX_DAYS = 30
"""The maximum number of days in one call: a missed month."""


@dataclass(frozen=True)
class Schedule:
    """Budgets day by day: ``budget`` is that of ``next_day``, the first one not yet emitted.

    Days are counted from the Unix epoch. The budget falls by ``decay_bps`` every 30 days from ``first_day`` on.
    """

    first_day: int
    next_day: int
    budget: Wei
    decay_bps: int = 100

    def after_next(self) -> "Schedule":
        """The schedule once ``next_day`` is emitted."""
        day = self.next_day + 1
        is_decayed = (day - self.first_day) % DECAY_DAYS == 0
        budget = Wei(mul_div_down(self.budget, BPS - self.decay_bps, BPS)) if is_decayed else self.budget
        return replace(self, next_day=day, budget=budget)

    def budget_on(self, day: int) -> Wei:
        """The budget of a ``day`` that is not yet emitted, if governance changes nothing until then."""
        schedule = self
        while schedule.next_day < day:
            schedule = schedule.after_next()
        return schedule.budget


@dataclass(frozen=True)
class Weighted:
    """A task of the list that has begun: it takes part from day ``since`` to day ``until``, which are days of it.

    ``since`` is the day on which it began or got its weight, whichever is later; ``until`` the one on which it was
    closed, if it is. There was stake on it from day ``staked_since``, if there ever was any, to day ``staked_until``,
    if it is gone; for days outside of these it gets nothing.
    """

    weight: int
    since: int = 0
    until: int | None = None
    staked_since: int | None = 0
    staked_until: int | None = None

    def takes_part(self, day: int) -> bool:
        """Whether it has a share of a day's budget."""
        return _is_within(day, self.since, self.until)

    def is_staked(self, day: int) -> bool:
        """Whether that share is emitted."""
        return self.staked_since is not None and _is_within(day, self.staked_since, self.staked_until)


def day_of(time: int) -> int:
    """The day a Unix time in seconds falls on."""
    return time // DAY


def due_days(next_day: int, now: int) -> range:
    """The days that one call emits at ``now`` (seconds)."""
    return range(next_day, min(day_of(now), next_day + MAX_DAYS))


def split(budget: Wei, day: int, tasks: Mapping[int, Weighted]) -> dict[int, Wei]:
    """Each task's part of ``day``'s budget, in wei: by weight, rounded down.

    The part of a task without stake that day is not emitted, nor is the rounding remainder. The budget is
    already limited to what can still be minted, or is in the reserve.
    """
    taking = {task: share for task, share in tasks.items() if share.takes_part(day)}
    weights = sum(share.weight for share in taking.values())
    return {
        task: Wei(mul_div_down(budget, share.weight, weights)) if share.is_staked(day) else NO_WEI
        for task, share in taking.items()
        if share.weight
    }


def _is_within(day: int, first: int, last: int | None) -> bool:
    return first <= day and (last is None or day <= last)
