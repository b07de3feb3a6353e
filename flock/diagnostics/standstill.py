"""A chain that makes no blocks: nothing happens on it, and every phase seems to last for ever."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flock.chain.client import Client

STALE_SECONDS = 60


def no_new_block(client: Client) -> str | None:
    """A sentence if the newest block lies far behind this machine's clock; None if the chain goes on."""
    age = time.time() - client.now()
    if age <= STALE_SECONDS:
        return None
    why = (
        "a local chain has to be started with blocks every second, as `flock chain up` does"
        if client.is_local
        else "the chain or the endpoint lags, or this machine's clock is fast"
    )
    return f"There is no new block for {age:,.0f} s: {why}."
