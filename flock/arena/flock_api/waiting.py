"""Requests that are held until something may have happened: a new block, in which panels may be drawn."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from flock.errors import Transient

HOLD_SECONDS = 20.0
MOST_WAITERS = 256


@dataclass
class Waiters:
    """At most ``most`` at once. Waiting takes no thread."""

    most: int = MOST_WAITERS
    _events: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = field(default_factory=set, init=False)
    _changing: threading.Lock = field(default_factory=threading.Lock, init=False)

    @asynccontextmanager
    async def waiter(self) -> AsyncIterator[asyncio.Event | None]:
        """An event that ``wake`` sets; None if as many wait as may."""
        mine = (asyncio.get_running_loop(), asyncio.Event())
        with self._changing:
            has_room = len(self._events) < self.most
            if has_room:
                self._events.add(mine)
        try:
            yield mine[1] if has_room else None
        finally:
            with self._changing:
                self._events.discard(mine)

    def wake(self) -> None:
        """Have everybody look again. From any thread."""
        with self._changing:
            for loop, event in self._events:
                loop.call_soon_threadsafe(event.set)


@dataclass
class WakeAtBlocks:
    """A step, behind the projectors': wake who waits once the rows know a new block."""

    waiters: Waiters
    projected: Callable[[], int]
    name: str = "wake_validators"
    _seen: int = field(default=-1, init=False)

    def __call__(self) -> bool:
        try:
            block = self.projected()
        except Transient:
            return False  # the projectors say so
        if block == self._seen:
            return False
        self._seen = block
        self.waiters.wake()
        return True
