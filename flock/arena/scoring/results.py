"""What scoring a submission gives: a score with the losses it is made of, or a failure with its reason.

Scores and losses are whole millionths of the metric's unit, as in ``flock.protocol.arena``, rounded half to even.
"""

from dataclasses import dataclass, field
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from flock.arena.scoring.rejection import Rejected
from flock.errors import BadConfig, Refused
from flock.protocol.arena.losses import LossTree
from flock.protocol.arena.scores import MAX_SCORE, Failure, Reveal

MILLION = 1_000_000
LARGEST = MAX_SCORE / MILLION
FAILED_VALUE = 999.0
"""What FLock.io's validators report in place of a score."""


@dataclass(frozen=True)
class Scored:
    """``losses`` are by example, in the order of the set; the score need not be their mean."""

    score: int
    losses: tuple[int, ...] = field(repr=False)

    @property
    def reveal(self) -> Reveal:
        """What a validator reveals."""
        return self.score

    @property
    def tree(self) -> LossTree:
        """The tree whose root a validator commits to."""
        return LossTree(self.losses)


@dataclass(frozen=True)
class Failed:
    """``reason`` is a sentence for people; ``failure`` is what the chain learns."""

    failure: Failure
    reason: str

    @property
    def reveal(self) -> Reveal:
        """What a validator reveals."""
        return self.failure


Result = Scored | Failed


def reveal_of(value: object) -> Reveal:
    """What a score that somebody reports, such as 0.93, becomes: NaN, infinity and 999.0 are NOT_FINITE.

    Raises Refused for what is no number from 0 to 268.435199.
    """
    if value == FAILED_VALUE or (isinstance(value, float) and not isfinite(value)):
        return Failure.NOT_FINITE
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LARGEST:
        raise Refused(
            f"What was reported is no score: report a number from 0 to {LARGEST}, or {FAILED_VALUE} for a submission "
            "that failed."
        )
    return round(value * MILLION)


def scored(score: float, losses: NDArray[np.float64]) -> Scored:
    """An evaluator's numbers in millionths; what is larger than the largest counts as that.

    Raises Rejected, as NOT_FINITE, and BadConfig for numbers below zero, which are the evaluator's fault.
    """
    if not isfinite(score) or score == FAILED_VALUE or not np.isfinite(losses).all():
        raise Rejected(Failure.NOT_FINITE, "The model's outputs give no finite loss.")
    if score < 0 or (losses < 0).any():
        raise BadConfig("The evaluator gave a score or a loss below zero; use one that does not.")
    capped = np.minimum(losses, LARGEST)
    in_millionths = np.rint(capped * MILLION).astype(np.int64)
    return Scored(round(min(score, LARGEST) * MILLION), tuple(in_millionths.tolist()))
