"""Softmax regression of many members at once: the same sums as one by one, in one matrix product.

A model is a flat vector: the bias by class, then the weights (features × classes) row by row, in the order
in which ``flock.training.arrays.flatten`` joins its two arrays.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bench.robustness.federation import Federation, Recipe
from flock.training.arrays import Array
from flock.training.data import DataTable, Rows
from flock.training.models import area_under_roc

Floats = NDArray[np.float64]
Batch = tuple[NDArray[np.float32], NDArray[np.int64]]  # (members, rows, features), (members, rows)

TARGET = 1  # the class a backdoor aims at


def initial_model(table: DataTable) -> dict[str, Array]:
    """All zeros: softmax regression is convex and needs no random start."""
    features = table.features.shape[1]
    return {
        "bias": np.zeros(table.classes, np.float32),
        "weight": np.zeros((features, table.classes), np.float32),
    }


def draw_batches(
    federation: Federation, members: Sequence[int], recipe: Recipe, seed: Sequence[int]
) -> Batch:
    """All rows that each member will train on this round, in order: a function of ``seed`` and the member."""
    chosen = [_draws(federation.train[member], recipe, [*seed, member]) for member in members]
    rows = np.stack(chosen)
    return federation.table.features[rows], federation.table.labels[rows]


def train(model: dict[str, Array], batch: Batch, recipe: Recipe, classes: int) -> Floats:
    """What each member's training adds to the model: (members, coordinates)."""
    features, labels = batch
    wanted = np.eye(classes, dtype=np.float32)[labels]
    bias = np.repeat(model["bias"][None, None, :], len(labels), axis=0)
    weight = np.repeat(model["weight"][None], len(labels), axis=0)
    for step in range(recipe.steps):
        part = slice(step * recipe.batch, (step + 1) * recipe.batch)
        slope = (_softmax(features[:, part] @ weight + bias) - wanted[:, part]) * (recipe.lr / recipe.batch)
        bias = bias - slope.sum(axis=1, keepdims=True)
        weight = weight - features[:, part].transpose(0, 2, 1) @ slope
    moved = [bias[:, 0] - model["bias"], (weight - model["weight"]).reshape(len(labels), -1)]
    return np.concatenate(moved, axis=1).astype(np.float64)


def losses(model: dict[str, Array], federation: Federation, members: Sequence[int]) -> list[float]:
    """Mean cross-entropy of the model on what each member keeps apart."""
    rows = [federation.held_out[member] for member in members]
    together = np.concatenate(rows)
    each = _losses_by_row(model, federation.table.features[together], federation.table.labels[together])
    cuts = np.cumsum([0, *map(len, rows)])[:-1]
    return [float(total) / len(part) for total, part in zip(np.add.reduceat(each, cuts), rows, strict=True)]


def quality(model: dict[str, Array], test: DataTable) -> float:
    """Area under the ROC curve for two classes, accuracy for more."""
    scores = test.features @ model["weight"] + model["bias"]
    if test.classes == 2:
        return area_under_roc(scores[:, 1] - scores[:, 0], test.labels)
    return float((scores.argmax(axis=1) == test.labels).mean())


def backdoor_success(model: dict[str, Array], federation: Federation) -> float:
    """How many test rows of other classes the model takes for the target once they bear the trigger."""
    others = federation.test.features[federation.test.labels != TARGET]
    scores = triggered(federation, others) @ model["weight"] + model["bias"]
    return float((scores.argmax(axis=1) == TARGET).mean())


def triggered(federation: Federation, features: NDArray[np.float32]) -> NDArray[np.float32]:
    """A copy that bears the trigger of the backdoor."""
    marked = features.copy()
    marked[..., list(federation.trigger)] = federation.trigger_value
    return marked


def _draws(rows: Rows, recipe: Recipe, seed: Sequence[int]) -> Rows:
    """Passes over shuffled rows, as many as the steps need."""
    rng = np.random.default_rng(seed)
    wanted = recipe.steps * recipe.batch
    passes = [rng.permutation(rows) for _ in range(-(-wanted // len(rows)))]
    return np.concatenate(passes)[:wanted]


def _softmax(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def _losses_by_row(
    model: dict[str, Array], features: NDArray[np.float32], labels: NDArray[np.int64]
) -> Floats:
    scores = (features @ model["weight"] + model["bias"]).astype(np.float64)
    top = scores.max(axis=1)
    log_sum = np.log(np.exp(scores - top[:, None]).sum(axis=1)) + top
    return np.asarray(log_sum - scores[np.arange(len(labels)), labels])
