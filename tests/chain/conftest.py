"""What can go wrong between a client and its chain."""

from collections.abc import Iterator

import pytest

from flock.chain.anvil import Anvil, AnvilOptions
from flock.chain.client import Client
from tests.chain.proxy import Proxy


@pytest.fixture
def proxy(anvil: Anvil) -> Iterator[Proxy]:
    """A misbehaving way to the session's Anvil."""
    with Proxy(anvil.url) as running:
        yield running


@pytest.fixture
def own_anvil() -> Iterator[Anvil]:
    """An Anvil of this test's own, to be reorganised and held up; final after four blocks."""
    with Anvil(AnvilOptions(port=0, slots_in_an_epoch=2)) as running:
        yield running


@pytest.fixture
def own_client(own_anvil: Anvil) -> Iterator[Client]:
    connection = Client(own_anvil.url)
    yield connection
    connection.close()
