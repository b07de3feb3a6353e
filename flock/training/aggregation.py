"""From the attested updates to the next model, and to who harmed it: the same on every machine.

Updates are taken in the order of their seats. Sources: coordinate median and trimmed mean, Yin et al. 2018
(arXiv:1803.01498); nearest-neighbour mixing, Allouah et al. 2023 (arXiv:2302.01772); fedavg, McMahan et
al. 2017 (arXiv:1602.05629), unweighted. What is harmful is defined in docs/protocol.md, Vote.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from flock.errors import BadArrays, Refused
from flock.protocol.params import MIXING, byzantine_count
from flock.training.arrays import Arrays, Update, flatten, spec_of, unflatten
from flock.training.dtypes import Array, Wide, name_of, rounded
from flock.training.header import Spec, require_spec
from flock.training.reproducible import (
    Floats,
    blocks,
    common_scale,
    exact_gram,
    halved_sum,
    squared_distance,
)

Change = Mapping[str, NDArray[np.float64]]

HARMFUL_DISTANCE = 3  # times the median distance
REWARDED_COSINE = 20  # 1/20 = 0.05


class Rule(IntEnum):
    """How updates become one, by the number a task names; ``MIXING`` is added to mix neighbours first."""

    FEDAVG = 0
    FEDAVG_BY_EXAMPLES = 1
    MEDIAN = 2
    TRIMMED_MEAN = 3
    MULTI_KRUM = 4
    GEOMETRIC_MEDIAN = 5
    CENTRED_CLIPPING = 6


@dataclass(frozen=True)
class Judgement:
    """Bitmaps by seat: who harmed the candidate, and who is rewarded if it is accepted."""

    harmful: int
    rewarded: int


def aggregate(rule: int, updates: Mapping[int, Update], byzantine_bps: int) -> dict[str, Floats]:
    """The change that ``rule`` makes of the updates (by seat), float64, with the shapes of the model.

    Raises Refused for a rule that this version does not have, BadArrays for no updates or unlike ones.
    """
    combine = _combination(rule)
    seats = sorted(updates)
    spec, flats = _flattened([updates[seat].arrays for seat in seats])
    f = byzantine_count(len(flats), byzantine_bps)
    groups = _neighbours(flats, f) if rule & MIXING else [[i] for i in range(len(flats))]
    change = np.empty(flats[0].size, np.float64)
    for part in blocks(change.size):
        rows = np.stack([np.asarray(flat[part], np.float64) for flat in flats])
        mixed = np.stack([halved_sum(rows[group]) / len(group) for group in groups])
        change[part] = combine(mixed + 0.0, f)  # + 0.0 makes −0 into 0, whose order in a sort is open
    return unflatten(change, spec)


def apply_update(current: Arrays, change: Change) -> dict[str, Array]:
    """The candidate: current + change, rounded to the formats of ``current``.

    Raises BadArrays for other shapes, or if it overflows.
    """
    require_spec(spec_of(change), spec_of(current), any_format=True)
    summed = {}
    for name, array in current.items():
        summed[name] = rounded(array.astype(np.float64) + change[name], array.dtype)
        if not np.isfinite(summed[name]).all():
            raise BadArrays(
                f"The candidate model overflows {name_of(array.dtype)} in array {name!r}; the proposals of this "
                "round are too large."
            )
    return summed


def candidate(
    current: Arrays, updates: Mapping[int, Update], rule: int, byzantine_bps: int
) -> dict[str, Array]:
    """The model that the updates (by seat) lead to. Raises as ``aggregate`` and ``apply_update`` do."""
    return apply_update(current, aggregate(rule, updates, byzantine_bps))


def judge(updates: Mapping[int, Update], change: Change) -> Judgement:
    """Compare each update with the candidate's change, on all of them quantised alike.

    Harmful: a cosine ≤ 0 with the change, or a distance to it above 3 times the median distance (the
    upper one of two). Rewarded: a cosine ≥ 0.05, and not harmful. Decided on integers: squares instead of
    roots.
    """
    seats = sorted(updates)
    _, flats = _flattened([updates[seat].arrays for seat in seats])
    gram = exact_gram([*flats, flatten(change)], common_scale(flats))
    last = len(seats)
    distances = [squared_distance(gram, i, last) for i in range(last)]
    limit = HARMFUL_DISTANCE**2 * sorted(distances)[last // 2]
    harmful = rewarded = 0
    for i, seat in enumerate(seats):
        if gram[i][last] <= 0 or distances[i] > limit:
            harmful |= 1 << seat
        elif (REWARDED_COSINE * gram[i][last]) ** 2 >= gram[i][i] * gram[last][last]:
            rewarded |= 1 << seat
    return Judgement(harmful, rewarded)


def _combination(rule: int) -> Callable[[Floats, int], Floats]:
    try:
        named = Rule(rule & ~MIXING)
    except ValueError as error:
        raise Refused(
            f"Rule {rule} of the task is none that flock knows; it must be 0 to 6, or 128 more."
        ) from error
    if named not in COMBINATIONS:
        raise Refused(
            f"Rule {rule} ({named.name.lower()}) is not available in this version of flock; update it."
        )
    return COMBINATIONS[named]


def _flattened(updates: Sequence[Arrays]) -> tuple[Spec, list[Wide]]:
    if not updates:
        raise BadArrays("There are no updates to aggregate; a candidate needs at least one.")
    spec = spec_of(updates[0])
    for update in updates:
        require_spec(spec_of(update), spec)
    return spec, [flatten(update) for update in updates]


def _neighbours(flats: Sequence[Wide], f: int) -> list[list[int]]:
    """For each update the n − f nearest, itself among them, in the order of seats; ties to the lower seat."""
    gram = exact_gram(flats, common_scale(flats))
    n = len(flats)
    groups = []
    for i in range(n):
        nearest = sorted(range(n), key=lambda j, i=i: (squared_distance(gram, i, j), j))  # type: ignore[misc]
        groups.append(sorted(nearest[: n - f]))
    return groups


def _mean(rows: Floats, f: int) -> Floats:  # noqa: ARG001
    return halved_sum(rows) / len(rows)


def _median(rows: Floats, f: int) -> Floats:  # noqa: ARG001
    ordered = np.sort(rows, axis=0)
    return np.asarray((ordered[(len(rows) - 1) // 2] + ordered[len(rows) // 2]) / 2)


def _trimmed_mean(rows: Floats, f: int) -> Floats:
    kept = np.sort(rows, axis=0)[f : len(rows) - f]
    return halved_sum(kept) / len(kept)


COMBINATIONS: Mapping[Rule, Callable[[Floats, int], Floats]] = {
    Rule.FEDAVG: _mean,
    Rule.MEDIAN: _median,
    Rule.TRIMMED_MEAN: _trimmed_mean,
}
