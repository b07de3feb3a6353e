"""Arithmetic with the same result on every machine.

Sums of floating-point numbers depend on their order, and libraries choose it by processor and by number
of threads. What voters must agree on bit for bit is therefore computed in two ways only:

- elementwise float64 operations, which IEEE 754 defines to the last bit, with sums by repeated halving;
- sums and products of numbers so few bits wide that they are exact, hence the same in any order.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Row = NDArray[np.float32] | NDArray[np.float64]
Tree = int | tuple["Tree", "Tree"]

BLOCK = 1 << 20
QUANTUM_BITS = 15
LARGEST_QUANTUM = (1 << QUANTUM_BITS) - 1
HEADROOM_BITS = 2  # 4 times the median of the updates' largest coordinates fits into the scale
TILE = 64
FLOAT64_BITS = 53
FLOAT32_BITS = 24
FLOAT32_EXPONENTS = range(-126, 128)


def blocks(size: int, block: int = BLOCK) -> Iterator[slice]:
    """Consecutive slices that cover ``size`` coordinates."""
    return (slice(start, min(start + block, size)) for start in range(0, size, block))


def halving(count: int) -> Tree:
    """The order in which ``count`` ≥ 1 rows are added: the second half to the first until one is left.

    With an odd number of rows the last one waits for the next turn.
    """
    rows: list[Tree] = list(range(count))
    while len(rows) > 1:
        half = len(rows) // 2
        rows = [*zip(rows[:half], rows[half : 2 * half], strict=True), *rows[2 * half :]]
    return rows[0]


def halved_sum(numbers: Floats) -> Floats:
    """Sum over the first axis in the order of ``halving``; ``numbers`` has shape (n, …), n ≥ 1."""
    while len(numbers) > 1:
        half = len(numbers) // 2
        added = numbers[:half] + numbers[half : 2 * half]
        numbers = np.concatenate([added, numbers[-1:]]) if len(numbers) % 2 else added
    return np.asarray(numbers[0])


def sum_of_rows(count: int, row: Callable[[int], Row]) -> Floats:
    """Sum in float64 of ``row(0)`` … ``row(count − 1)``, in the order of ``halving``.

    Goes depth first, so that few rows are needed at a time and all stay in the processor's cache.
    """
    waiting = np.empty((count.bit_length() + 1, *np.shape(row(0))), np.float64)
    _sum(halving(count), row, waiting)
    return np.asarray(waiting[0])


def _sum(tree: Tree, row: Callable[[int], Row], waiting: Floats) -> None:
    """Into the first of the rows that are ``waiting`` to be added; the others are there to work with."""
    if isinstance(tree, int):
        waiting[0] = row(tree)
    elif isinstance(tree[0], int) and isinstance(tree[1], int):
        np.add(row(tree[0]), row(tree[1]), out=waiting[0:1][0], dtype=np.float64)
    else:
        _sum(tree[0], row, waiting)
        _sum(tree[1], row, waiting[1:])
        waiting[0] += waiting[1]


def common_scale(tops: Sequence[float]) -> float:
    """The power of two that quantised vectors share: at least 4 times the median of their max|x| (``tops``).

    The median keeps a few huge vectors from rounding the others to zero; they saturate instead. Where
    most are zero the largest of all decides.
    """
    ordered = sorted(tops)
    top = ordered[len(ordered) // 2] or ordered[-1]
    return float(np.ldexp(1.0, int(np.frexp(top)[1]) + HEADROOM_BITS))


def quantise(rows: Row, scale: float) -> Row:
    """``rows`` as integers in ±32767, where ``scale`` would be 32768; they may be overwritten.

    Scaling by a power of two is exact, and so is rounding to an integer (half to even). What overflows or
    underflows on the way would be cut, or rounded to zero, anyway.
    """
    factor = (1 << QUANTUM_BITS) / scale
    if rows.dtype == np.float32 and int(np.frexp(factor)[1]) - 1 not in FLOAT32_EXPONENTS:
        rows = rows.astype(np.float64)
    with np.errstate(over="ignore", under="ignore"):
        np.multiply(rows, rows.dtype.type(factor), out=rows)
    np.rint(rows, out=rows)
    return np.clip(rows, -LARGEST_QUANTUM, LARGEST_QUANTUM, out=rows)


def tiled(rows: Row) -> Floats:
    """``rows`` (n, m) in float64 as tiles (⌈m/64⌉, n, 64), zeros at the end.

    A product of tiles is too small for a BLAS library to set threads of its own on it: they would be in the
    way of those that work on other blocks.
    """
    tiles = -(-rows.shape[1] // TILE)
    wide = np.zeros((len(rows), tiles * TILE))
    wide[:, : rows.shape[1]] = rows
    return wide.reshape(len(rows), tiles, TILE).swapaxes(0, 1)


def inner_products(left: Floats, right: Floats) -> Integers:
    """Of quantised rows with others, exact; both as tiles.

    A product is below 2³⁰, so up to blocks of 2²⁰ coordinates every partial sum, in whatever order and with
    or without fused operations, is an integer below 2⁵⁰; float64 holds those up to 2⁵³ exactly. Blocks are
    to be added as integers; 2³³ coordinates fit into 64 bits.
    """
    return np.asarray((left @ right.swapaxes(1, 2)).sum(axis=0).astype(np.int64))


def adds_exactly(rows: NDArray[np.float32]) -> NDArray[np.bool_]:
    """By column: whether any sum of some of its numbers, in any order, is exact in float64.

    So it is if all are multiples of one unit, and even their absolute sum is at most 2⁵³ units. The unit
    taken is the last bit of the smallest number that is not zero.
    """
    magnitudes = np.left_shift(rows.view(np.uint32), 1)
    exponent_shift = np.uint32(FLOAT32_BITS)  # above the 23 bits of the mantissa and the one shifted in
    highest = np.max(magnitudes, axis=0) >> exponent_shift
    magnitudes -= np.uint32(1)  # zero becomes the largest, and a power of two seems one lower than it is
    lowest = np.min(magnitudes, axis=0) >> exponent_shift
    spare = FLOAT64_BITS - FLOAT32_BITS - (len(rows) - 1).bit_length()
    return np.asarray(highest <= lowest + np.uint32(spare))
