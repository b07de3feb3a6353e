"""Units of the protocol: names, denominators and rounding."""

from collections.abc import Iterable
from typing import NewType

Wei = NewType("Wei", int)
"""FLOCK in its smallest unit, 1e-18."""

Gm = NewType("Gm", int)
"""gmFLOCK, the weight of a lock, in its smallest unit, 1e-18."""

NO_WEI = Wei(0)
NO_GM = Gm(0)

WAD = 10**18
BPS = 10_000
DAY = 86_400


def mul_div_down(x: int, y: int, d: int) -> int:
    """``x * y / d`` rounded down."""
    return x * y // d


def mul_div_up(x: int, y: int, d: int) -> int:
    """``x * y / d`` rounded up."""
    return -(-x * y // d)


def bits(bitmap: int) -> tuple[int, ...]:
    """The positions of the set bits of ``bitmap``, lowest first."""
    return tuple(position for position in range(bitmap.bit_length()) if bitmap >> position & 1)


def bitmap_of(positions: Iterable[int]) -> int:
    """The bitmap that has exactly these bits set."""
    return sum(1 << position for position in set(positions))
