"""Strikes: bad judgements of a member's recent seats, and when they cost stake."""

from typing import NamedTuple


class Judgement(NamedTuple):
    """A member's new strike history (bit 0 the latest seat) and whether it is slashed for it."""

    history: int
    slashed: bool


def mark(history: int, *, bad: bool, window: int, limit: int) -> Judgement:
    """Shift one judged seat into the last ``window``; a bad one that makes ``limit`` slashes and clears."""
    judged = shifted(history, bad=bad, window=window)
    if bad and judged.bit_count() >= limit:
        return Judgement(0, slashed=True)
    return Judgement(judged, slashed=False)


def shifted(history: int, *, bad: bool, window: int) -> int:
    """The last ``window`` judged seats with one more, before any slash clears them."""
    return (history << 1 | bad) & (1 << window) - 1


def enough(limit: int, *, kept_back: bool) -> int:
    """How many strikes slash: one is enough for keeping back a sealed vote, which buys another draw."""
    return 1 if kept_back else limit
