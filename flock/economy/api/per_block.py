"""What was read from the chain, kept until it has a new block: a stranger's questions cost one reading a block."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from flock.chain.client import Client

Answer = TypeVar("Answer")

MOST_ANSWERS = 4096
LOOK_SECONDS = 0.5


class PerBlock:
    """Thread-safe. At most ``most`` answers are kept; whether there is a new block is asked twice a second."""

    def __init__(
        self, client: Client, most: int = MOST_ANSWERS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._most = most
        self._clock = clock
        self._lock = threading.Lock()
        self._block = -1
        self._looked_at = float("-inf")
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()

    def block(self) -> int:
        """The newest block, as of the last look. Raises RpcUnavailable."""
        with self._lock:
            now = self._clock()
            if now - self._looked_at >= LOOK_SECONDS:
                block = self._client.block_number()
                if block != self._block:
                    self._kept.clear()
                self._block, self._looked_at = block, now
            return self._block

    def forget(self) -> None:
        """Look for a new block when next asked."""
        with self._lock:
            self._looked_at = float("-inf")

    def get(self, question: Hashable, read: Callable[[], Answer]) -> Answer:
        """What ``read`` says, or said in this block."""
        block = self.block()
        with self._lock:
            if question in self._kept:
                answer: Answer = self._kept[question]
                return answer
        answer = read()
        with self._lock:
            if block == self._block:
                self._kept[question] = answer
                if len(self._kept) > self._most:
                    self._kept.popitem(last=False)
        return answer
