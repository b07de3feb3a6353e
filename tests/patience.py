"""How long the tests wait for what has to come: said here, and nowhere else.

A test waits for an event, not for a clock; the clock is there for what hangs. On a machine with other work, an
answer that takes a millisecond may take a minute, so it is generous. What a test says to be late is another matter.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import httpx
import pytest

from flock.store.responses import trust

SECONDS = 600.0

get = partial(httpx.get, timeout=SECONDS, verify=trust())
head = partial(httpx.head, timeout=SECONDS, verify=trust())
post = partial(httpx.post, timeout=SECONDS, verify=trust())
put = partial(httpx.put, timeout=SECONDS, verify=trust())
stream = partial(httpx.stream, timeout=SECONDS, verify=trust())
client = partial(httpx.Client, timeout=SECONDS, verify=trust())

# What product code in the tests' own process waits for at most, in seconds.
OF_THE_PRODUCT = (
    "flock.store.responses.ANSWER_SECONDS",
    "flock.store.http_uploads.LONGEST_ANSWER_SECONDS",
    "flock.store.http_blobs.DOWNLOAD_SECONDS",
    "flock.chain.rpc.LONGEST_ANSWER_SECONDS",
    "flock.store.http_service.LONGEST_ANSWER_SECONDS",
    "flock.arena.client.CATCH_UP_SECONDS",
    "flock.cli.completion.PATIENCE_SECONDS",
    "flock.diagnostics.doctor.chain.SLOW_SECONDS",
    "flock.diagnostics.doctor.services.PATIENCE_SECONDS",
    "flock.cli.yields.PATIENCE_SECONDS",
)


@contextmanager
def lent_to_the_product() -> Iterator[None]:
    """Product code in this process is as patient as the tests while the block runs."""
    with pytest.MonkeyPatch.context() as patch:
        for name in OF_THE_PRODUCT:
            patch.setattr(name, SECONDS)
        patch.setattr("flock.store.database.BUSY_MILLISECONDS", int(SECONDS * 1_000))
        patch.setattr("flock.store.database.CONNECT_SECONDS", int(SECONDS))
        yield


def until(holds: Callable[[], object]) -> None:
    """Return once ``holds``. Raises TimeoutError if it never does."""
    end = time.monotonic() + SECONDS
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError(f"What was waited for did not come within {SECONDS:g} s.")
        time.sleep(0.02)
