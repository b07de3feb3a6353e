"""Copies that were perturbed: submissions whose losses rise and fall on the same examples.

What every model finds hard says nothing, so it is taken out: compared are residual ranks, what is left of the ranks
of a submission's losses once those of reference models are accounted for. Their correlation is Spearman's partial one
(Kendall and Stuart, The Advanced Theory of Statistics, vol. 2, ch. 27).

The first reference is the task's baseline. Where it is weak, all good models differ from it in the same way:
independent language models reached 0.949 beside one (docs/arena-design.md). So a submission is called a copy only if
it is one beside a second reference too: the best that others had sent before it and that was no copy. To hide a copy,
a ring would have to send one before that is not found; the median of all would be moved by any crowd of copies.

Whole numbers only, so that every validator finds the same.
"""

from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isqrt

from flock.protocol.arena.leaderboard import Contest, Entry
from flock.protocol.core.units import BPS

COPY_BPS = 9_500
"""Beside the baseline: copies with noise of a tenth of their weights' deviation reach it."""

COPY_BESIDE_ANOTHER_BPS = 8_500
"""Beside the baseline and another submission: such copies reach 8,966, independent ones 6,480."""


@dataclass(frozen=True)
class Profile:
    """A submission's ``losses`` by example, beside those of ``references``, all in millionths.

    Raises ValueError if they are not of the same examples.
    """

    losses: Sequence[int]
    references: tuple[Sequence[int], ...]

    def __post_init__(self) -> None:
        for reference in self.references:
            if len(self.losses) != len(reference):
                raise ValueError(
                    f"{len(self.losses)} losses and {len(reference)} of a reference are not of the same examples."
                )

    @cached_property
    def residual(self) -> Sequence[int]:
        """Centred ranks of the losses less their regression on the references', scaled to whole numbers.

        By Gram and Schmidt: each reference less those before it, then the losses less each of them.
        """
        left = [centred_ranks(each) for each in (*self.references, self.losses)]
        while len(left) > 1:
            first, *rest = left
            left = [_less(each, first) for each in rest]
        return left[0]


@dataclass(frozen=True)
class Examined:
    """A submission that was scored, with its losses by example."""

    entry: Entry
    losses: Sequence[int]


def correlation(one: Profile, other: Profile) -> int:
    """Of the residual ranks, in basis points, −10,000 to 10,000, rounded towards zero.

    Where one of the two has nothing that is its own, 10,000 if the other has neither, else 0. Raises ValueError
    unless both are beside the same references.
    """
    if one.references != other.references:
        raise ValueError("These submissions were not compared with the same references on the same examples.")
    left, right = one.residual, other.residual
    own = _product(left, left), _product(right, right)
    if not all(own):
        return 0 if any(own) else BPS
    both = _product(left, right)
    size = isqrt(both * both * BPS * BPS // (own[0] * own[1]))
    return size if both > 0 else -size


def duplicate_of(
    suspect: Examined, submissions: Iterable[Examined], baseline: Sequence[int], contest: Contest
) -> int | None:
    """The number of the first submission, committed by another trainer before, of which ``suspect`` is a copy.

    None if it is nobody's. ``baseline`` has the losses of the task's baseline. The ``submissions`` before it have
    been judged already: their entries say which are copies.
    """
    before = sorted(
        (each for each in submissions if each.entry.number < suspect.entry.number),
        key=lambda each: each.entry.number,
    )
    for original in before:
        trainers = {original.entry.trainer, suspect.entry.trainer}
        others = [each for each in before if not each.entry.is_copy and each.entry.trainer not in trainers]
        if len(trainers) == 2 and _is_copy(suspect, original, baseline, _best(others, contest)):
            return original.entry.number
    return None


def named_by_most(named: Sequence[int]) -> int:
    """What more than half of a panel's reveals name as the original of a submission; 0 for nothing.

    ``named`` has what each of those who revealed anything says, 0 for a submission that is no copy.
    """
    found, votes = Counter(filter(None, named)).most_common(1)[0] if any(named) else (0, 0)
    return found if 2 * votes > len(named) else 0


def judged_copy_of(suspect: int, named: Sequence[int], finalists: Container[int]) -> int | None:
    """The submission that a panel finds ``suspect`` to be a copy of, as the board says in ``FoundToBeCopy``.

    Only an earlier finalist counts, of which each trainer has one: an honest panel compares with no others, and
    everybody can compare again once set B is public. A majority that names anything else accuses nobody.
    """
    found = named_by_most(named)
    return found if 0 < found < suspect and found in finalists else None


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


def _is_copy(suspect: Examined, original: Examined, baseline: Sequence[int], other: Examined | None) -> bool:
    if _beside((baseline,), suspect, original) < COPY_BPS:
        return False
    return other is None or _beside((baseline, other.losses), suspect, original) >= COPY_BESIDE_ANOTHER_BPS


def _beside(references: tuple[Sequence[int], ...], one: Examined, other: Examined) -> int:
    return correlation(Profile(one.losses, references), Profile(other.losses, references))


def _best(submissions: Sequence[Examined], contest: Contest) -> Examined | None:
    """The earliest of the best."""
    best = None
    for each in submissions:
        if best is None or contest.lead(each.entry.score, best.entry.score) > 0:
            best = each
    return best


def _less(values: Sequence[int], reference: Sequence[int]) -> Sequence[int]:
    """``values`` less what ``reference`` explains of them, times the latter's square."""
    along, length = _product(values, reference), _product(reference, reference)
    if not length:
        return values
    return [length * each - along * other for each, other in zip(values, reference, strict=True)]


def _product(left: Sequence[int], right: Sequence[int]) -> int:
    return sum(one * other for one, other in zip(left, right, strict=True))
