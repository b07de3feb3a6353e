"""Reading untrusted responses up to a limit of size and time."""

import time
from collections.abc import Iterable


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
