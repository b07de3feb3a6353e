"""An app that failed at a duty is left alone for a while, which doubles each time, instead of at every tick."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from flock.errors import Refused
from flock.training.app import Config
from flock.training.arrays import Arrays

FIRST_SECONDS, LONGEST_SECONDS = 15.0, 240.0

Result = TypeVar("Result")


@dataclass(frozen=True)
class Failure:
    """The last failure at a round's duty, how long the app is left alone for it, and until when."""

    number: int
    sentence: str
    pause: float
    until: float


class AppRest:
    """The app's failures, the last one of each duty. Another round is another chance at once."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: dict[str, Failure] = {}

    def require_rested(self, duty: str, number: int) -> None:
        """Raises Refused, saying again what failed, if the app is to be left alone."""
        failure = self._failures.get(duty)
        if failure and failure.number == number and self._clock() < failure.until:
            raise Refused(failure.sentence)

    def watched(
        self, duty: str, number: int, act: Callable[[Arrays, Config], Result]
    ) -> Callable[[Arrays, Config], Result]:
        """``act``, with its failures remembered."""

        def watching(arrays: Arrays, config: Config) -> Result:
            try:
                result = act(arrays, config)
            except Refused as error:
                self._remember(duty, number, str(error))
                raise
            self._failures.pop(duty, None)
            return result

        return watching

    def _remember(self, duty: str, number: int, sentence: str) -> None:
        before = self._failures.get(duty)
        is_again = before is not None and before.number == number
        pause = min(2 * before.pause, LONGEST_SECONDS) if before and is_again else FIRST_SECONDS
        self._failures[duty] = Failure(number, sentence, pause, self._clock() + pause)
