"""Scores as validators reveal them, and what a panel's reveals make of a submission (docs/protocol.md, Arena).

A score is a whole number of millionths of the metric's unit. A revealed word has 28 bits a seat, seat 0 lowest:
0 where nothing is revealed, a score plus one, or one of the highest values for a failure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

SCORE_BITS = 28
MAX_SEATS = 9
_TOP = (1 << SCORE_BITS) - 1
MAX_SCORE = _TOP - 0x100
"""In millionths; the 255 values above it are for failures."""

MAD_FACTOR = 5
MISS_FACTOR = 10


class Failure(IntEnum):
    """Why a validator has no score for a submission."""

    UNAVAILABLE = 0  # its bytes were not to be had: the service's fault, or the trainer's
    MALFORMED = 1
    TOO_LARGE = 2
    WRONG_BASE = 3
    NOT_FINITE = 4
    OUT_OF_TIME = 5
    CRASHED = 6


class Outcome(IntEnum):
    """What became of a submission in its window."""

    VOID = 1  # scored by nobody: the quota is given back, and nobody is blamed
    FAILED = 2  # by the judgement of most
    SCORED = 3


class Mark(IntEnum):
    """How a reveal is judged."""

    GOOD = 0
    ABSENT = 1  # what it says differs in kind from what most say
    STRIKE = 2
    MISS = 3  # a strike so far off that it costs at once


@dataclass(frozen=True)
class Verdict:
    """``median`` and ``mad``, the median absolute deviation, are in millionths; 0 unless the outcome is SCORED.

    ``marks`` are by seat, of those who revealed.
    """

    outcome: Outcome
    median: int
    mad: int
    marks: Mapping[int, Mark]


class Centre(NamedTuple):
    """The median of scores and their median absolute deviation from it."""

    median: int
    mad: int


Reveal = int | Failure


def judge(reveals: Mapping[int, Reveal], seats: int, tolerance: int) -> Verdict:
    """The verdict of a panel of ``seats`` on one submission; ``tolerance`` in millionths is the task's T.

    More than half of the seats have to reveal, and more than half of those to agree on whether there is a score.
    """
    scores = {seat: reveal for seat, reveal in reveals.items() if not isinstance(reveal, Failure)}
    failed = {seat for seat, reveal in reveals.items() if _blames_the_submission(reveal)}
    if 2 * len(reveals) <= seats:
        return Verdict(Outcome.VOID, 0, 0, _all(reveals, Mark.GOOD))
    if 2 * len(failed) > len(reveals):
        marks = {seat: Mark.GOOD if seat in failed else Mark.ABSENT for seat in reveals}
        return Verdict(Outcome.FAILED, 0, 0, marks)
    if 2 * len(scores) <= len(reveals):
        return Verdict(Outcome.VOID, 0, 0, _all(reveals, Mark.GOOD))
    centre = centre_of(list(scores.values()))
    marks = {
        seat: _mark(scores[seat], centre, tolerance) if seat in scores else Mark.ABSENT for seat in reveals
    }
    return Verdict(Outcome.SCORED, centre.median, centre.mad, marks)


def centre_of(scores: Sequence[int]) -> Centre:
    """Both medians are the lower ones of an even number. Raises ValueError for no scores."""
    if not scores:
        raise ValueError("There is no median of no scores.")
    median = _lower_median(scores)
    return Centre(median, _lower_median([abs(score - median) for score in scores]))


def in_word(reveals: Mapping[int, Reveal]) -> int:
    """The word that holds these reveals by seat. Raises ValueError for a score or seat that has no room in it."""
    return sum(_code(reveal) << SCORE_BITS * _seat(seat) for seat, reveal in reveals.items())


def of_word(word: int) -> Mapping[int, Reveal]:
    """The reveals in a word, by seat. Raises ValueError for a failure that has no name."""
    codes = {seat: word >> SCORE_BITS * seat & _TOP for seat in range(MAX_SEATS)}
    return {seat: _reveal(code) for seat, code in codes.items() if code}


def _blames_the_submission(reveal: Reveal) -> bool:
    return isinstance(reveal, Failure) and reveal is not Failure.UNAVAILABLE


def _mark(score: int, centre: Centre, tolerance: int) -> Mark:
    off = abs(score - centre.median)
    if off <= max(MAD_FACTOR * centre.mad, tolerance):
        return Mark.GOOD
    return Mark.MISS if off > MISS_FACTOR * tolerance else Mark.STRIKE


def _all(reveals: Mapping[int, Reveal], mark: Mark) -> Mapping[int, Mark]:
    return dict.fromkeys(reveals, mark)


def _lower_median(values: Sequence[int]) -> int:
    return sorted(values)[(len(values) - 1) // 2]


def _code(reveal: Reveal) -> int:
    if isinstance(reveal, Failure):
        return _TOP - reveal
    if not 0 <= reveal <= MAX_SCORE:
        raise ValueError(f"A score is 0 to {MAX_SCORE} millionths, not {reveal}.")
    return reveal + 1


def _reveal(code: int) -> Reveal:
    return code - 1 if code - 1 <= MAX_SCORE else Failure(_TOP - code)


def _seat(seat: int) -> int:
    if not 0 <= seat < MAX_SEATS:
        raise ValueError(f"A panel has seats 0 to {MAX_SEATS - 1}, not {seat}.")
    return seat
