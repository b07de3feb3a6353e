"""Strikes: bad judgements of a member's recent seats, and when they cost stake."""

from typing import NamedTuple


class Judgement(NamedTuple):
    """A member's new strike history (bit 0 the latest seat) and whether it is slashed for it."""

    history: int
    slashed: bool


def mark(history: int, *, bad: bool, window: int, limit: int) -> Judgement:
    """Shift one judged seat into the last ``window``; a bad one that makes ``limit`` slashes and clears."""
    shifted = (history << 1 | bad) & (1 << window) - 1
    if bad and shifted.bit_count() >= limit:
        return Judgement(0, slashed=True)
    return Judgement(shifted, slashed=False)
