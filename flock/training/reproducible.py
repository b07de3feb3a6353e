"""Arithmetic with one answer on every machine.

Sums of floating-point numbers depend on their order, and libraries choose it by processor and by number
of threads. What voters must agree on bit for bit is therefore computed in two ways only:

- elementwise float64 operations, which IEEE 754 defines to the last bit, with sums by repeated halving;
- products of vectors quantised to 16-bit integers, which are exact, hence the same in any order.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32] | NDArray[np.float64]
Floats = NDArray[np.float64]

BLOCK = 1 << 20
QUANTUM_BITS = 15
LARGEST_QUANTUM = (1 << QUANTUM_BITS) - 1
HEADROOM_BITS = 2  # 4 times the median of the updates' largest coordinates fits into the scale


def blocks(size: int, block: int = BLOCK) -> Iterator[slice]:
    """Consecutive slices that cover ``size`` coordinates."""
    return (slice(start, min(start + block, size)) for start in range(0, size, block))


def halved_sum(rows: Floats) -> Floats:
    """Sum over the first axis: add the second half to the first until one row is left.

    With an odd number of rows the last one waits for the next turn. ``rows`` has shape (n, …), n ≥ 1.
    """
    while len(rows) > 1:
        half = len(rows) // 2
        added = rows[:half] + rows[half : 2 * half]
        rows = np.concatenate([added, rows[-1:]]) if len(rows) % 2 else added
    return np.asarray(rows[0])


def common_scale(flats: Sequence[Vector]) -> float:
    """The power of two that quantised vectors share: at least 4 times the median of their max|x|.

    The median keeps a few huge vectors from rounding the others to zero; they saturate instead. Where
    most are zero the largest of all decides.
    """
    tops = sorted(float(np.max(np.abs(flat), initial=0.0)) for flat in flats)
    top = tops[len(tops) // 2] or tops[-1]
    return float(np.ldexp(1.0, int(np.frexp(top)[1]) + HEADROOM_BITS))


def quantised(flat: Vector, scale: float) -> Floats:
    """``flat`` as integers in ±32767, where ``scale`` would be 32768; as float64, for ``exact_gram``.

    Scaling by a power of two is exact, and so is rounding to an integer (half to even).
    """
    steps = np.rint(np.asarray(flat, np.float64) * ((1 << QUANTUM_BITS) / scale))
    return np.asarray(np.clip(steps, -LARGEST_QUANTUM, LARGEST_QUANTUM))


def exact_gram(flats: Sequence[Vector], scale: float) -> list[list[int]]:
    """Inner products of the quantised vectors, exact.

    A product is below 2³⁰ and a block has 2²⁰ coordinates, so every partial sum of a block, in whatever
    order and with or without fused operations, is an integer below 2⁵⁰; float64 holds those up to 2⁵³
    exactly. (It would up to blocks of 2²³.) Blocks are added as Python integers.
    """
    n = len(flats)
    gram = [[0] * n for _ in range(n)]
    for part in blocks(flats[0].size):
        matrix = np.stack([quantised(flat[part], scale) for flat in flats])
        products = matrix @ matrix.T
        for i in range(n):
            for j in range(n):
                gram[i][j] += int(products[i, j])
    return gram


def squared_distance(gram: Sequence[Sequence[int]], i: int, j: int) -> int:
    """|qᵢ − qⱼ|² of two quantised vectors."""
    return gram[i][i] + gram[j][j] - 2 * gram[i][j]
