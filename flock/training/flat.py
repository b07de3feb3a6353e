"""A model's arrays as one long vector that is never copied as a whole."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flock.errors import BadArrays
from flock.training.dtypes import FLOAT32, Array, Wide, widen
from flock.training.reproducible import blocks, halved_sum

TOPS_BLOCK = 1 << 16  # stays in the processor's cache while it is read twice


class Flat:
    """All coordinates, in the order of the arrays' names, read a part at a time.

    A part is float32, which all formats of a model widen to exactly; or float64 if an array is. Raises
    BadArrays if there are no arrays.
    """

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        if not arrays:
            raise BadArrays("There are no arrays to work on; a model has at least one.")
        self._arrays = [arrays[name].reshape(-1) for name in sorted(arrays)]
        self._starts = list(accumulate((array.size for array in self._arrays), initial=0))
        self.size = self._starts[-1]
        self.dtype: np.dtype[Any] = max(FLOAT32, *(array.dtype for array in self._arrays), key=_itemsize)

    def pieces(self, part: slice) -> Iterator[tuple[slice, Array]]:
        """The arrays' shares of ``part``: where within the part, and what."""
        first = bisect_right(self._starts, part.start) - 1
        for start, array in zip(self._starts[first:], self._arrays[first:], strict=False):
            if start >= part.stop:
                break
            low, high = max(part.start, start), min(part.stop, start + array.size)
            if low < high:
                yield slice(low - part.start, high - part.start), array[low - start : high - start]

    def read(self, part: slice, out: Wide) -> None:
        """Put the coordinates of ``part`` into ``out``, which has their number."""
        for place, piece in self.pieces(part):
            widen(piece, out[place])

    def part(self, part: slice) -> Wide:
        """The coordinates of ``part``, not to be written to: a view where that is possible."""
        place = bisect_right(self._starts, part.start) - 1
        if place < len(self._arrays) and part.stop <= self._starts[place + 1]:
            start, array = self._starts[place], self._arrays[place]
            if array.dtype == self.dtype:
                return array[part.start - start : part.stop - start]
        out: NDArray[Any] = np.empty(part.stop - part.start, self.dtype)
        self.read(part, out)
        return out


def norm(flat: Flat) -> float:
    """Euclidean norm: squares in float64, summed by halving in blocks of 2²⁰, and those again."""
    squares = [halved_sum(np.square(flat.part(part), dtype=np.float64)) for part in blocks(flat.size)]
    return float(np.sqrt(halved_sum(np.array(squares)))) if squares else 0.0


def largest(flat: Flat) -> float:
    """The largest absolute coordinate, 0 if there is none; NaN if one is NaN."""
    tops = [0.0]
    for part in blocks(flat.size, TOPS_BLOCK):
        values = flat.part(part)
        tops += [float(values.max()), -float(values.min())]
    return float(np.max(tops))


def _itemsize(dtype: np.dtype[Any]) -> int:
    return dtype.itemsize
