"""The order of submissions: the better before the worse; within the tolerance the earlier before the later.

Scores are judged with noise, so a later submission that is better by no more than the noise may be a copy of an
earlier one: to stand above it, it has to be better by more than the tolerance.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Entry:
    """A submission that was scored. ``number`` is its place in the order of commitments, ``score`` in millionths.

    ``digest`` is the SHA-256 of its artifact, once disclosed. ``is_copy`` is the panel's word on ``duplicateOf``.
    """

    number: int
    trainer: str
    score: int
    digest: bytes = b""
    is_copy: bool = False


@dataclass(frozen=True)
class Contest:
    """What submissions are compared by: ``tolerance`` and ``baseline`` in millionths."""

    tolerance: int
    baseline: int
    higher_is_better: bool = False

    def lead(self, score: int, other: int) -> int:
        """By how many millionths ``score`` is better than ``other``; negative if it is worse."""
        return score - other if self.higher_is_better else other - score

    def outranks(self, one: Entry, other: Entry) -> bool:
        """Whether one stands above the other: the later has to be better by more than the tolerance."""
        if one.number > other.number:
            return self.lead(one.score, other.score) > self.tolerance
        return self.lead(other.score, one.score) <= self.tolerance


def ranked(entries: Iterable[Entry], contest: Contest, places: int | None = None) -> tuple[Entry, ...]:
    """One entry for each trainer, the best first, and at most so many ``places``; then without what does not count.

    ``entries`` come in the order in which they were judged: that of commitments, except that sealed ones come after
    all others. A copy, and a digest that an earlier entry has, hold a place until they are known for what they are.
    """
    given = list(entries)
    board: tuple[Entry, ...] = ()
    for entry in given:
        board = with_entry(board, entry, contest, places)
    return tuple(each for each in board if not each.is_copy and not _is_repeat(each, given))


def with_entry(
    board: Sequence[Entry], entry: Entry, contest: Contest, places: int | None = None
) -> tuple[Entry, ...]:
    """The board once ``entry`` has its place, if it beats the baseline.

    It passes, from the bottom up, those that it outranks; its trainer's own place does not hold it back. If it
    comes to stand no higher than that, it leaves the place its score if better: a trainer has one place, an early
    one is not lost by a small improvement, and who comes later has to outrank a trainer's best.
    """
    if contest.lead(entry.score, contest.baseline) <= 0:
        return tuple(board)
    own = next((at for at, each in enumerate(board) if each.trainer == entry.trainer), None)
    place = _place(board, entry, contest)
    if own is None:
        return (*board[:place], entry, *board[place:])[:places]
    held = board[own]
    best = entry.score if contest.lead(entry.score, held.score) > 0 else held.score
    if place < own or (place == own and best != held.score):
        return (*board[:place], replace(entry, score=best), *board[place:own], *board[own + 1 :])
    return (*board[:own], replace(held, score=best), *board[own + 1 :])


def with_place(
    ranking: Sequence[int], submission: int, place: int, trainer_of: Callable[[int], str], most: int
) -> list[int]:
    """The ranking, by submission, once the chain says that ``submission`` has a ``place``, from 0.

    A trainer has one place: what it had before goes, and so does what comes to stand below the last of ``most``.
    """
    trainer = trainer_of(submission)
    others = [other for other in ranking if trainer_of(other) != trainer]
    return [*others[:place], submission, *others[place:]][:most]


def _place(board: Sequence[Entry], entry: Entry, contest: Contest) -> int:
    place = len(board)
    while place and (board[place - 1].trainer == entry.trainer or contest.outranks(entry, board[place - 1])):
        place -= 1
    return place


def _is_repeat(entry: Entry, given: Sequence[Entry]) -> bool:
    return bool(entry.digest) and any(
        each.number < entry.number and each.digest == entry.digest for each in given
    )
