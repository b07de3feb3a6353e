"""The rules of aggregation that are weighted means: which weight each update gets, in whole numbers.

All follow from distances between the updates, which are exact integers, or from their example counts; so
the weights are the same on every machine, and a point between the updates is known by its weights alone.
The formulas are those of docs/protocol.md, Determinism. Sources: Multi-Krum, Blanchard et al. 2017
(arXiv:1703.02757); geometric median by Weiszfeld's steps, Pillutla et al. 2019 (arXiv:1912.13445);
centred clipping, Karimireddy et al. 2020 (arXiv:2012.10333); nearest-neighbour mixing, Allouah et al. 2023
(arXiv:2302.01772), whose Krum counts the n − f nearest, itself included.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from math import isqrt
from operator import mul

from flock.errors import Refused
from flock.protocol.alliance.params import MAX_BYZANTINE_BPS, MIXING

Square = Sequence[Sequence[int]]

EXAMPLES_CAP = 2  # times the median of the example counts
STEPS = 32  # of the geometric median, and of centred clipping
ONE = 1 << 32  # the largest weight of a step


class Rule(IntEnum):
    """Aggregation rules by the number in a task's terms; ``MIXING`` is added to mix neighbours first."""

    FEDAVG = 0
    FEDAVG_BY_EXAMPLES = 1
    MEDIAN = 2
    TRIMMED_MEAN = 3
    MULTI_KRUM = 4
    GEOMETRIC_MEDIAN = 5
    CENTRED_CLIPPING = 6

    @property
    def cuts(self) -> bool:
        """Whether what exceeds the range of the quantised updates is cut, as it was for their distances."""
        return self >= Rule.GEOMETRIC_MEDIAN


@dataclass(frozen=True)
class Weights:
    """The mean Σ ``each[i]``·rowᵢ / ``total``; what ``total`` has above the sum pulls towards zero."""

    each: Sequence[int]
    total: int


def rule_of(number: int) -> Rule:
    """The rule, mixing aside. Raises Refused for an unknown number."""
    if 0 <= number < 2 * MIXING and number % MIXING in list(Rule):
        return Rule(number % MIXING)
    raise Refused(
        f"Rule {number} of the task is unknown; it must be 0 to {max(Rule)}, or the same plus {MIXING}."
    )


def require_share(byzantine_bps: int) -> None:
    """Raises Refused unless some rule can tolerate this share of the updates."""
    if not 0 <= byzantine_bps <= MAX_BYZANTINE_BPS:
        raise Refused(
            f"No rule tolerates {byzantine_bps} Bps of the updates; choose 0 to {MAX_BYZANTINE_BPS}."
        )


def by_examples(counts: Sequence[int]) -> Weights:
    """Example counts, each at most twice their median (the lower one of two)."""
    cap = EXAMPLES_CAP * sorted(counts)[(len(counts) - 1) // 2]
    capped = [min(count, cap) for count in counts]
    return Weights(capped, sum(capped))


def multi_krum(gram: Square, keep: int) -> Weights:
    """The mean of the ``keep`` updates whose ``keep`` nearest, themselves included, are nearest.

    What counts is the sum of squared distances; ties go to the lower seat.
    """
    scores = [sum(sorted(row)[:keep]) for row in squared_distances(gram)]
    chosen = set(sorted(range(len(gram)), key=lambda i: (scores[i], i))[:keep])
    return Weights([int(i in chosen) for i in range(len(gram))], keep)


def geometric_median(gram: Square, unit: int) -> Weights:
    """Weiszfeld's steps from the mean: weights inverse to the distance from the last point.

    A distance counts as at least ``unit``, one quantum of the updates.
    """
    distances = squared_distances(gram)
    weights = [ONE] * len(gram)
    for _ in range(STEPS):
        lengths = [max(length, unit * sum(weights)) for length in _lengths(distances, weights)]
        nearest = min(lengths)
        weights = [ONE * nearest // length for length in lengths]
    return Weights(weights, sum(weights))


def centred_clipping(gram: Square) -> Weights:
    """From zero, steps by the mean of the updates' differences to the last point, each clipped to a length.

    That length is the median (the upper one of two) of the differences' lengths, recomputed at each step.
    """
    n = len(gram)
    distances = squared_distances([[0] * (n + 1), *([0, *row] for row in gram)])  # the first is the origin
    weights = [n * ONE] + [0] * n
    for _ in range(STEPS):
        lengths = _lengths(distances, weights)[1:]
        radius = sorted(lengths)[n // 2]
        steps = [ONE if length <= radius else ONE * radius // length for length in lengths]
        weights = _moved(weights, steps)
    return Weights(weights[1:], sum(weights))


def squared_distances(gram: Square) -> Square:
    """|qᵢ − qⱼ|² of all pairs, from their inner products."""
    sizes = [row[i] for i, row in enumerate(gram)]
    return [
        [sizes[i] + sizes[j] - 2 * product for j, product in enumerate(row)] for i, row in enumerate(gram)
    ]


def neighbours(gram: Square, keep: int) -> list[list[int]]:
    """For each update the ``keep`` nearest, in the order of seats; ties to the lower seat."""
    everyone = range(len(gram))
    return [
        sorted(sorted(everyone, key=lambda j, row=row: (row[j], j))[:keep])  # type: ignore[misc]
        for row in squared_distances(gram)
    ]


def sums_of_groups(gram: Square, groups: Sequence[Sequence[int]]) -> Square:
    """The inner products of the groups' sums."""
    halves = [[sum(row[i] for i in group) for row in gram] for group in groups]
    return [[sum(half[i] for i in group) for group in groups] for half in halves]


def spread(weights: Weights, groups: Sequence[Sequence[int]]) -> Weights:
    """Weights of groups' means, as weights of their members. All groups are of one size."""
    each = [0] * len(groups)
    for weight, group in zip(weights.each, groups, strict=True):
        for i in group:
            each[i] += weight
    return Weights(each, weights.total * len(groups[0]))


def _lengths(distances: Square, weights: Sequence[int]) -> list[int]:
    """S·|c − qᵢ| for the weighted mean c of all q, S the sum of the weights; rounded down.

    S²·|c − qᵢ|² = S·Σⱼ wⱼ·|qᵢ − qⱼ|² − Σ_{j<k} wⱼ·wₖ·|qⱼ − qₖ|², exactly.
    """
    total = sum(weights)
    moments = [sum(map(mul, weights, row)) for row in distances]
    inertia = sum(map(mul, weights, moments)) // 2
    return [isqrt(total * moment - inertia) for moment in moments]


def _moved(weights: Sequence[int], steps: Sequence[int]) -> list[int]:
    """The weights of v + Σ stepᵢ/ONE·(qᵢ − v) / n; ``weights`` are those of v, the origin's first."""
    n, total = len(steps), sum(weights)
    stays = n * ONE - sum(steps)
    return [
        (weight * stays + total * step) // (n * ONE)
        for weight, step in zip(weights, [0, *steps], strict=True)
    ]
