"""What strangers answer, read no further and no longer than agreed."""

import ssl
import time
from collections.abc import Iterable
from functools import cache

import httpx

ANSWER_SECONDS = 10.0  # without a sign of life from a chain or a service, unless a caller says otherwise


@cache
def trust() -> ssl.SSLContext:
    """The authorities that clients trust: reading them takes longer than most answers do, so it is done once."""
    return httpx.create_ssl_context()


def read_limited(pieces: Iterable[bytes], largest: int, give_up: float) -> tuple[bytes, bool]:
    """The bytes of an answer, and whether they are all of it.

    It is given up once it has more than ``largest`` bytes, or ``time.monotonic()`` is past ``give_up``; that is
    looked at after each piece, so pieces are to be handed on as they arrive.
    """
    data = bytearray()
    for piece in pieces:
        data += piece
        if len(data) > largest or time.monotonic() > give_up:
            return bytes(data), False
    return bytes(data), True
