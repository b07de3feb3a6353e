"""Whether an app's evaluation heeds every array of the model.

An app that keeps a layer to itself evaluates with its own: whatever others put into the model's, its loss is the
same, and its vote lets a poisoned layer pass. So each array is changed in turn, and the loss has to move.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from flock.errors import Refused
from flock.training.arrays import Arrays, trained_part
from flock.training.dtypes import Array, rounded

MOST_TRIALS, LEAST_TRIALS = 32, 4
SECONDS_FOR_TRIALS = 120.0
DEEPEST_PATH = 8  # looked at; a stranger chose the names


@dataclass(frozen=True)
class Step:
    """How much larger numbers get: by ``share`` of their own mean size, which counts as ``least`` if it is less."""

    share: float
    least: float = 0.0


SLIGHTLY, DOUBLED, HARD = Step(0.1), Step(1.0), Step(100.0, least=1.0)

Loss = Callable[[Arrays], Sequence[float]]
Group = Sequence[str]


def unheeded(model: Arrays, loss: Loss, seconds: float) -> list[str]:
    """The arrays of ``model`` that ``loss`` does not depend on; it takes about ``seconds`` each time.

    Many arrays are changed by layers, by parts of the model, or as many at a time as it takes to stay within
    ``MOST_TRIALS`` evaluations and, from four on, ``SECONDS_FOR_TRIALS``. Where the loss of the same model differs
    from time to time, nothing can be said, and nothing is. Raises Refused if the model as it is cannot be evaluated.
    """
    names = [name for name, array in trained_part(model).items() if array.size]
    affordable = int(SECONDS_FOR_TRIALS / max(seconds, 1e-9))
    groups = grouped(names, max(LEAST_TRIALS, min(MOST_TRIALS, affordable)))
    suspects = _without_effect(model, loss(model), loss, groups, DOUBLED)
    if suspects:
        # Where all weights of the next layer are zero, a layer has no effect, and numbers next to 0 have none when
        # they grow by their own size: look from elsewhere, and harder.
        elsewhere = _changed(model, names, 1, SLIGHTLY)
        suspects = _without_effect(elsewhere, _or_nothing(loss, elsewhere), loss, suspects, HARD)
    return [name for group in suspects for name in group]


def grouped(names: Sequence[str], most: int) -> list[Group]:
    """``names`` in at most ``most`` groups: each alone, or by the longest beginnings of their paths that will do."""
    ordered = sorted(names)
    if len(ordered) <= most:
        return [[name] for name in ordered]
    for depth in range(DEEPEST_PATH, 0, -1):
        groups: dict[tuple[str, ...], list[str]] = {}
        for name in ordered:
            groups.setdefault(tuple(name.split(".", depth)[:depth]), []).append(name)
        if len(groups) <= most:
            return list(groups.values())
    size = -(-len(ordered) // most)
    return [ordered[start : start + size] for start in range(0, len(ordered), size)]


def _without_effect(
    model: Arrays, before: Sequence[float] | None, loss: Loss, groups: Sequence[Group], step: Step
) -> list[Group]:
    if before is None:
        return []
    suspects = [group for group in groups if _or_nothing(loss, _changed(model, group, 2, step)) == before]
    return suspects if suspects and _or_nothing(loss, model) == before else []


def _or_nothing(loss: Loss, model: Arrays) -> Sequence[float] | None:
    """``None`` if the app cannot evaluate the model, as when it overflows: that, too, is an effect."""
    try:
        return loss(model)
    except Refused:
        return None


def _changed(model: Arrays, names: Group, seed: int, step: Step) -> Arrays:
    """``model`` with larger numbers in the arrays ``names``."""
    dice = np.random.default_rng(seed)
    return {**model, **{name: _moved(model[name], dice, step) for name in sorted(names)}}


def _moved(array: Array, dice: np.random.Generator, step: Step) -> Array:
    wide = array.astype(np.float64)
    with np.errstate(over="ignore"):  # what gets infinite is no evaluation, which is an effect
        size = max(float(np.abs(wide).mean(dtype=np.float64)), step.least) or 1.0
        moved = wide + step.share * size * dice.uniform(
            0.5, 1.5, wide.shape
        )  # added to: variances stay positive
    return rounded(moved, array.dtype)
