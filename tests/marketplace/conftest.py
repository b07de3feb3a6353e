"""One market with one host a session."""

from collections.abc import Iterator

import pytest

from tests.marketplace.shop import Payer, Shop, open_shop


@pytest.fixture(scope="session")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with open_shop(tmp_path_factory.mktemp("shop")) as shop:
        yield shop


@pytest.fixture
def shop(opened: Shop) -> Shop:
    """With its host running, and an upstream and a chain that do as they should."""
    opened.upstream.reset()
    opened.client.rpc.request("evm_setAutomine", True)
    opened.ensure()
    return opened


@pytest.fixture
def payer(shop: Shop) -> Payer:
    return shop.payer()
