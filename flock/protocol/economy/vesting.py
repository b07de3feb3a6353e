"""Streams of rewards that vest (docs/protocol.md, Vesting): the twin of Vesting."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from flock.protocol.core.units import DAY, NO_WEI, Wei, mul_div_down

VESTING_SECONDS = 30 * DAY
"""The default; a stream keeps what it was opened with."""


@dataclass(frozen=True)
class Stream:
    """``amount`` wei vest linearly from ``start`` to ``end`` (Unix seconds); ``released`` of them are paid."""

    amount: Wei
    start: int
    end: int
    released: Wei = NO_WEI

    def vested(self, now: int) -> Wei:
        """What has vested by ``now``, paid or not, rounded down; all of it from the end on."""
        if now >= self.end:
            return self.amount
        return Wei(mul_div_down(self.amount, max(0, now - self.start), self.end - self.start))

    def releasable(self, now: int) -> Wei:
        """What ``release`` would pay at ``now``."""
        return Wei(self.vested(now) - self.released)

    def after_release(self, now: int) -> "Stream":
        """The stream once all that has vested is paid."""
        return replace(self, released=self.vested(now))


def opened(amount: Wei, now: int, vesting_seconds: int = VESTING_SECONDS) -> Stream:
    """A stream that a claim at ``now`` opens."""
    return Stream(amount, now, now + vesting_seconds)


def releasable(streams: Iterable[Stream], now: int) -> Wei:
    """What all streams of an account would pay at ``now``."""
    return Wei(sum(stream.releasable(now) for stream in streams))
