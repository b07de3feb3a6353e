"""Why a submission has no score."""

from flock.errors import Refused
from flock.protocol.arena.scores import Failure


class Rejected(Refused):
    """The submission cannot be scored. ``failure`` is what a validator reveals of that; the sentence says more."""

    def __init__(self, failure: Failure, sentence: str) -> None:
        super().__init__(sentence)
        self.failure = failure
