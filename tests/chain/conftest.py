"""What can go wrong between a client and its chain."""

from collections.abc import Iterator

import pytest

from flock.chain.deploy.anvil import Anvil
from tests.chain.proxy import Proxy
from tests.consortium import consortium, founded

__all__ = ["consortium", "founded"]


@pytest.fixture
def proxy(anvil: Anvil) -> Iterator[Proxy]:
    """A misbehaving way to the session's Anvil."""
    with Proxy(anvil.url) as running:
        yield running
