"""Processing many long vectors in blocks of coordinates, on all processors, with bounded memory."""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from flock.training.flat import Flat
from flock.training.reproducible import BLOCK, blocks

T = TypeVar("T")
U = TypeVar("U")

BLOCK_NUMBERS = 1 << 20  # of all vectors together: what the processor's cache holds
LEAST_COLUMNS = 1 << 13  # below that, calls cost more than arithmetic
ODD_COLUMNS = 16  # rows a power of two apart would collide in the cache
WORKERS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def parts_of(size: int, rows: int) -> list[slice]:
    """Blocks of coordinates of ``rows`` vectors of ``size``. No result may depend on where they end."""
    return list(blocks(size, min(BLOCK, max(LEAST_COLUMNS, BLOCK_NUMBERS // rows))))


def in_order(work: Callable[[T], U], items: Sequence[T]) -> Iterator[U]:
    """``work`` of each item, on all processors; results in the order of the items, few ahead of the reader."""
    if len(items) <= 1:
        yield from map(work, items)
        return
    with ThreadPoolExecutor(WORKERS) as pool:
        ahead: deque[Future[U]] = deque()
        for item in items:
            ahead.append(pool.submit(work, item))
            if len(ahead) > 2 * WORKERS:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def gathered(flats: Sequence[Flat], part: slice) -> NDArray[np.float32]:
    """The coordinates of ``part``, a row for each vector; a copy."""
    rows: NDArray[np.float32] = spacious(len(flats), part, np.float32)
    for flat, row in zip(flats, rows, strict=True):
        flat.read(part, row)
    return rows


def spacious(rows: int, part: slice, dtype: type[np.float32] | type[np.float64]) -> NDArray[Any]:
    """An empty matrix of ``rows`` rows and the columns of ``part``, to be sorted by column."""
    columns = part.stop - part.start
    whole = np.empty((rows, columns + ODD_COLUMNS), dtype)
    return whole[:, :columns]
