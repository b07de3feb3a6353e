"""What a gate is asked to sell, and what it gets from whatever computes the answer."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from flock.marketplace.gate.quotes import Usage

NONE = Usage()


@dataclass(frozen=True)
class Answer:
    """A whole answer and what it used."""

    body: bytes
    usage: Usage = NONE
    content_type: str = "application/json"


async def _nothing() -> AsyncIterator[bytes]:
    pieces: tuple[bytes, ...] = ()
    for piece in pieces:
        yield piece


@dataclass
class Stream:
    """Server-sent events; there is a ``first`` one, and none is ``[DONE]``.

    ``usage`` is known once ``rest`` has ended, which raises UpstreamFailed if it breaks off.
    """

    close: Callable[[], Awaitable[None]]
    first: bytes = b""
    rest: AsyncIterator[bytes] = field(default_factory=_nothing)
    content_type: str = "text/event-stream"
    usage: Usage = NONE


@dataclass(frozen=True)
class Order:
    """One call: ``request`` is SHA-256 of its body, ``most`` the most it may use, ``run`` computes the answer.

    ``run`` is cancelled if whoever asked goes; it raises UpstreamFailed, Transient or Refused.
    """

    version: int
    model: str
    path: str
    request: bytes
    most: Usage
    runtime: Mapping[str, object]
    run: Callable[[], Awaitable[Answer | Stream]]
