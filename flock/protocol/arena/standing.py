"""What a window does to a validator: strikes, slashes, absences, suspension (docs/protocol.md, Arena).

The twin of what ``IArenaPanels.settle`` computes. A void panel blames nobody; scores that were committed and kept
back are blamed always, as they were known then, unless nobody revealed anything in the whole window.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from flock.protocol.arena.scores import Mark
from flock.protocol.core.units import BPS


class Conduct(IntEnum):
    """How a validator met a duty of a window: that of its own seats, or that of a substitute."""

    STAYED_AWAY = 0
    KEPT_BACK = 1  # committed, and did not reveal
    REVEALED = 2


@dataclass(frozen=True)
class Penalties:
    """The terms that settle a validator: a memory of ``window`` judged seats, and fractions in basis points."""

    window: int = 16
    limit: int = 8
    slash_bps: int = 1_000
    miss_bps: int = 200
    absence_bps: int = 25
    absence_limit: int = 2


@dataclass(frozen=True)
class Duty:
    """A duty and how it was met. ``marks`` are of what it revealed, in the order of its slots, those of void panels
    left out. ``missed`` is whether, where it stayed away, any panel of it came to a verdict.
    """

    conduct: Conduct
    marks: tuple[Mark, ...] = ()
    missed: bool = False


@dataclass(frozen=True)
class Standing:
    """What is remembered of a validator: strikes among its last judged seats, the latest lowest, and absences."""

    strikes: int = 0
    absences: int = 0
    is_suspended: bool = False


@dataclass(frozen=True)
class Settled:
    """A validator's window: what it comes to, and what it takes of the stake, in basis points."""

    standing: Standing
    judged: int
    strikes: int
    misses: int
    is_absent: bool
    bps: int


def settled(
    before: Standing,
    drawn: Duty | None,
    substitute: Duty | None,
    penalties: Penalties,
    window_has_reveals: bool = True,
) -> Settled:
    """Settles one window: first what the validator was drawn for, then what it stood in for; None for no duty."""
    duties = [duty for duty in (drawn, substitute) if duty is not None]
    kept_back = [duty.conduct is Conduct.KEPT_BACK and window_has_reveals for duty in duties]
    judgements = [
        mark is not Mark.GOOD
        for duty, is_kept_back in zip(duties, kept_back, strict=True)
        for mark in ((Mark.STRIKE,) if is_kept_back else duty.marks)
        if mark is not Mark.ABSENT
    ]
    marks = [mark for duty in duties for mark in duty.marks]
    strikes, slashes = _remembered(before.strikes, judgements, penalties)
    is_absent = any(kept_back) or Mark.ABSENT in marks or any(duty.missed for duty in duties)
    standing = _after_absence(before, drawn, is_absent, penalties)
    misses = marks.count(Mark.MISS)
    bps = slashes * penalties.slash_bps + misses * penalties.miss_bps + is_absent * penalties.absence_bps
    return Settled(
        replace(standing, strikes=strikes),
        judged=len(marks) - marks.count(Mark.ABSENT),
        strikes=sum(judgements),
        misses=misses,
        is_absent=is_absent,
        bps=min(bps, BPS),
    )


def _remembered(strikes: int, judgements: Sequence[bool], penalties: Penalties) -> tuple[int, int]:
    """The memory after these judgements, and how many slashes they led to; each slash clears it."""
    slashes = 0
    for is_bad in judgements:
        strikes = (strikes << 1 | is_bad) & (1 << penalties.window) - 1
        if is_bad and strikes.bit_count() >= penalties.limit:
            strikes, slashes = 0, slashes + 1
    return strikes, slashes


def _after_absence(before: Standing, drawn: Duty | None, is_absent: bool, penalties: Penalties) -> Standing:
    if is_absent:
        absences = before.absences + 1
        return replace(before, absences=absences, is_suspended=absences >= penalties.absence_limit)
    if drawn is not None and drawn.conduct is Conduct.REVEALED:
        return replace(before, absences=0)
    return before
