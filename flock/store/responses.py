"""Reading untrusted responses up to a limit of size and time."""

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
    """The bytes of a response, and whether it is complete.

    Reading is aborted beyond ``largest`` bytes or once ``time.monotonic()`` is past ``give_up``. That is checked
    after each piece, so pass pieces on as they arrive.
    """
    data = bytearray()
    for piece in pieces:
        data += piece
        if len(data) > largest or time.monotonic() > give_up:
            return bytes(data), False
    return bytes(data), True
