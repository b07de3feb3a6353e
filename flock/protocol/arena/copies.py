"""Copies that were perturbed: submissions whose losses rise and fall on the same examples.

What every model finds hard says nothing, so it is taken out: compared are residual ranks, what is left of the ranks
of a submission's losses once those of the baseline's are accounted for. Their correlation is Spearman's partial one
(Kendall and Stuart, The Advanced Theory of Statistics, vol. 2, ch. 27). The baseline is fixed with the task: a
median of the submissions would be moved by whoever sends many. It has to be a model that has learnt something; one
that finds all examples equally hard takes nothing out.

Whole numbers only, so that every validator finds the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isqrt

from flock.protocol.core.units import BPS

COPY_BPS = 9_500
"""From this correlation on a submission is a copy. Independent ones stay below 8,700 (tests/arena)."""


@dataclass(frozen=True)
class Profile:
    """A submission's ``losses`` by example, beside those of the task's ``baseline``, both in millionths.

    Raises ValueError if they are not of the same examples.
    """

    losses: Sequence[int]
    baseline: Sequence[int]

    def __post_init__(self) -> None:
        if len(self.losses) != len(self.baseline):
            raise ValueError(
                f"{len(self.losses)} losses and {len(self.baseline)} of the baseline are not of the same examples."
            )

    @cached_property
    def residual(self) -> Sequence[int]:
        """Centred ranks of the losses less their regression on the baseline's, times the latter's variance."""
        own, base = centred_ranks(self.losses), centred_ranks(self.baseline)
        along, length = _product(own, base), _product(base, base)
        if not length:
            return own
        return [length * each - along * other for each, other in zip(own, base, strict=True)]


def correlation(one: Profile, other: Profile) -> int:
    """Of the residual ranks, in basis points, −10,000 to 10,000, rounded towards zero.

    Where one of the two has nothing that is its own, 10,000 if the other has neither, else 0. Raises ValueError
    unless both are of the same task and set.
    """
    if one.baseline != other.baseline:
        raise ValueError("These submissions were not compared with the same baseline on the same examples.")
    left, right = one.residual, other.residual
    own = _product(left, left), _product(right, right)
    if not all(own):
        return 0 if any(own) else BPS
    both = _product(left, right)
    size = isqrt(both * both * BPS * BPS // (own[0] * own[1]))
    return size if both > 0 else -size


def duplicate_of(profile: Profile, earlier: Mapping[int, Profile]) -> int | None:
    """The first of the ``earlier`` submissions, by number, of which this one is a copy; None if it is none."""
    copied = (number for number in sorted(earlier) if correlation(profile, earlier[number]) >= COPY_BPS)
    return next(copied, None)


def centred_ranks(values: Sequence[int]) -> Sequence[int]:
    """Twice each value's rank less twice the mean rank; equal values share the mean of their ranks."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0] * len(values)
    start = 0
    while start < len(order):
        stop = start
        while stop < len(order) and values[order[stop]] == values[order[start]]:
            stop += 1
        for place in order[start:stop]:
            ranks[place] = (
                start + stop - len(values)
            )  # twice the mean of start … stop − 1, less twice that of all
        start = stop
    return ranks


def _product(left: Sequence[int], right: Sequence[int]) -> int:
    return sum(one * other for one, other in zip(left, right, strict=True))
