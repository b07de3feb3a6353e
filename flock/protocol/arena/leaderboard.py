"""The order of submissions: the better before the worse; within the tolerance the earlier before the later.

Scores are judged with noise, so a later submission that is better by no more than the noise may be a copy of an
earlier one: to stand above it, it has to be better by more than the tolerance.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


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

    def outranks(self, later: Entry, earlier: Entry) -> bool:
        """Whether the later of two submissions stands above the earlier one."""
        return self.lead(later.score, earlier.score) > self.tolerance


def ranked(entries: Iterable[Entry], contest: Contest) -> tuple[Entry, ...]:
    """The highest entry of each trainer, the best trainer first.

    Copies are left out, as are digests that an earlier entry has, and what does not beat the baseline. Each entry,
    in the order of commitments, passes those from the bottom of the list up that it outranks. A trainer's further
    entries take nothing from its earlier ones: an early place is not lost by a small improvement.
    """
    board: list[Entry] = []
    digests: set[bytes] = set()
    for entry in sorted(entries, key=lambda each: each.number):
        is_repeat = bool(entry.digest) and entry.digest in digests
        digests.add(entry.digest)
        if not is_repeat and not entry.is_copy and contest.lead(entry.score, contest.baseline) > 0:
            board.insert(_place(board, entry, contest), entry)
    highest: dict[str, Entry] = {}
    for entry in board:
        highest.setdefault(entry.trainer, entry)
    return tuple(highest.values())


def _place(board: Sequence[Entry], entry: Entry, contest: Contest) -> int:
    place = len(board)
    while place and contest.outranks(entry, board[place - 1]):
        place -= 1
    return place
