"""The chain's time, which says where submissions and windows are; asked of the chain a few times a second at most."""

import threading
import time
from collections.abc import Callable

MAX_AGE_SECONDS = 0.5


class ChainClock:
    """What ``now`` says, remembered for ``max_age`` seconds."""

    def __init__(self, now: Callable[[], int], max_age: float = MAX_AGE_SECONDS) -> None:
        self._now = now
        self._max_age = max_age
        self._asking = threading.Lock()
        self._known = 0
        self._asked_at = float("-inf")

    def __call__(self) -> int:
        """Unix seconds. Raises RpcUnavailable."""
        with self._asking:
            if time.monotonic() - self._asked_at >= self._max_age:
                self._known, self._asked_at = self._now(), time.monotonic()
            return self._known
