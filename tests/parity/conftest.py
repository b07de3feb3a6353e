"""The contracts of this checkout on a local chain, where time is ours to set."""

import pytest

from flock.chain.client import Client
from flock.chain.contracts.deployed import Contracts
from tests.parity.harness import Harness, build, deploy
from tests.parity.onchain import Call, OnChain

ALLOWANCE = 10**26
SHARE = 10**24


@pytest.fixture
def onchain(contracts: Contracts) -> OnChain:
    """Every one of Anvil's own accounts has FLOCK and lets the contracts take it."""
    chain = OnChain(contracts.client, contracts.book)
    holder, time = chain.accounts[0], chain.head().time
    for account in chain.accounts:
        given = (holder, Call("FlockToken", "transfer", (account, SHARE)))
        takers = [contracts.book.staking, contracts.book.task_manager]
        allowed = [(account, Call("FlockToken", "approve", (taker, ALLOWANCE))) for taker in takers]
        for caller, call in (given, *allowed):
            time += 1
            assert chain.send(caller, call, time) == ""
    return chain


@pytest.fixture(scope="session")
def harness(client: Client, pytestconfig: pytest.Config) -> Harness:
    """The libraries of contracts/src behind one contract."""
    cache = pytestconfig.cache
    assert cache is not None, "the harness is compiled into pytest's cache: leave the cacheprovider on"
    return deploy(client, build(cache.mkdir("harness")))
