"""Texts of any length cut into windows of a model's context, so that every byte is predicted once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from flock.arena.scoring.specifications import START

NOT_COUNTED = -100
"""A target that no loss counts; torch's own default for that."""


Tokens = NDArray[np.int16]


class Text(NamedTuple):
    """Of ``data``, the bytes from ``first`` on are to be predicted."""

    data: bytes
    first: int = 0


@dataclass(frozen=True)
class Windows:
    """``tokens`` and ``targets`` are (windows, context); ``text`` says which text each window is of."""

    tokens: Tokens
    targets: Tokens
    text: NDArray[np.int64]


def windows_of(texts: Sequence[Text], context: int) -> Windows:
    """Windows half a context apart: all bytes but a text's first have at least half a context before them."""
    cut = [(number, *window) for number, text in enumerate(texts) for window in _cut(text, context)]
    shape = (len(cut), context)
    tokens, targets = np.zeros(shape, np.int16), np.full(shape, NOT_COUNTED, np.int16)
    for row, (_, before, after) in enumerate(cut):
        tokens[row, : len(before)] = before
        targets[row, : len(after)] = after
    return Windows(tokens, targets, np.array([number for number, _, _ in cut], np.int64))


def _cut(text: Text, context: int) -> list[tuple[Tokens, Tokens]]:
    after = np.frombuffer(text.data, np.uint8).astype(np.int16)
    before = np.concatenate([[np.int16(START)], after[:-1]])
    found, counted = [], text.first
    while counted < len(after):
        start = max(0, min(counted - context // 2, len(after) - context))
        stop = min(start + context, len(after))
        targets = after[start:stop].copy()
        targets[: counted - start] = NOT_COUNTED
        found.append((before[start:stop], targets))
        counted = stop
    return found
