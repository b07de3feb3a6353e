"""The yield of delegation, as FLock.io shows it: eAPY over the last days of a pool."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flock.protocol.economy.ledger import TaskDay

SHORT_DAYS, LONG_DAYS = 14, 30
DAYS_A_YEAR = 365
MOST = 1e6
"""A hundred million percent: a pool of next to nothing yields beyond what a number can say."""


def eapy(days: Iterable[TaskDay], pool: tuple[str, int], end: int, window: int) -> float:
    """The yearly yield of ``pool`` (operator, task) after its last ``window`` days before day ``end``, as a fraction.

    R = Σ pool's reward / (window · the pool's gmFLOCK), eAPY = (1 + R)^365 − 1. The reward is what the operator's
    share has left, before the delegators' claim fee; a day without pool or reward counts as one that paid nothing.
    """
    operator, task = pool
    earned = 0.0
    for each in days:
        if each.task == task and end - window <= each.day < end and each.stakes.get(operator):
            earned += each.pools.get(operator, 0) / each.stakes[operator]
    return yearly(earned / window)


def yearly(daily: float) -> float:
    """A daily yield compounded over a year, at most MOST."""
    try:
        return min(MOST, (1 + daily) ** DAYS_A_YEAR - 1)
    except OverflowError:
        return MOST
