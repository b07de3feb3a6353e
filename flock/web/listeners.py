"""Server-sent events: streams that stay open, and how many of them there may be."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.types import Receive, Scope, Send

from flock.errors import ServiceUnavailable
from flock.web.errors import TooManyRequests

HEARTBEAT_SECONDS = 15
SEND_TIMEOUT_SECONDS = 30.0
WAIT_SECONDS = 30


class Listeners:
    """Streams open now: ``most`` in all, ``each`` from one address."""

    def __init__(self, most: int = 500, each: int = 50) -> None:
        self._most = most
        self._each = each
        self._open: Counter[str] = Counter()

    @property
    def count(self) -> int:
        """How many are open."""
        return self._open.total()

    @contextmanager
    def one_more(self, who: str) -> Iterator[None]:
        """A stream is open while the block runs. Raises TooManyRequests or ServiceUnavailable."""
        if self._open[who] >= self._each:
            raise TooManyRequests(
                f"{who} follows {self._each} streams already, as many as one may: close one.", WAIT_SECONDS
            )
        if self.count >= self._most:
            raise ServiceUnavailable("This service has as many listeners as it takes: try again later.")
        self._open[who] += 1
        try:
            yield
        finally:
            self._open[who] -= 1
            self._open += Counter()  # forgets who follows nothing any more


class EventStream(EventSourceResponse):
    """``events``, as long as they come and ``who`` listens."""

    def __init__(self, events: AsyncIterator[ServerSentEvent], listeners: Listeners, who: str) -> None:
        super().__init__(events, ping=HEARTBEAT_SECONDS, send_timeout=SEND_TIMEOUT_SECONDS, sep="\n")
        self._listeners = listeners
        self._who = who

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._listeners.one_more(self._who):
            await super().__call__(scope, receive, send)
