"""Strikes: how often a member's recent seats went badly, and what that costs."""

from typing import NamedTuple

from flock.protocol.units import BPS, Gm, mul_div_up


class Mark(NamedTuple):
    """A member's new strike history (bit 0 the latest seat) and whether it is slashed for it."""

    history: int
    slashed: bool


def mark(history: int, *, bad: bool, window: int, limit: int) -> Mark:
    """Shift one judged seat into the last ``window``; a bad one that makes ``limit`` slashes and clears."""
    shifted = (history << 1 | bad) & (1 << window) - 1
    if bad and shifted.bit_count() >= limit:
        return Mark(0, slashed=True)
    return Mark(shifted, slashed=False)


def slash_amount(stake_as_joined: Gm, slash_bps: int) -> Gm:
    """gm a slash takes: a share of the stake as joined, so that repeated slashes do not decay."""
    return Gm(mul_div_up(stake_as_joined, slash_bps, BPS))
