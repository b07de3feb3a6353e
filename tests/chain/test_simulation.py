"""What transactions would do: the chain's own answer, with nothing sent."""

from collections.abc import Callable

import pytest
from eth_account.signers.local import LocalAccount

from flock.chain.client import Client
from flock.chain.contracts.deployed import Contracts
from flock.chain.simulation import PlannedCall, View, read_all, simulate
from flock.errors import ContractRefused, RpcUnavailable
from tests.chain.proxy import Proxy, error, result
from tests.conftest import FLOCK


@pytest.fixture
def account(rich: Callable[[], LocalAccount]) -> str:
    return str(rich().address)


def locking(contracts: Contracts, amount: int) -> list[PlannedCall]:
    return [
        PlannedCall(contracts.token, "approve", (contracts.staking.address, amount)),
        PlannedCall(contracts.staking, "lock", (amount, 30)),
    ]


def watched(contracts: Contracts, account: str) -> list[View]:
    return [
        View(contracts.staking, "getVotes", (account,)),
        View(contracts.token, "balanceOf", (account,)),
    ]


def test_later_acts_see_what_earlier_ones_did(contracts: Contracts, account: str) -> None:
    block = contracts.client.block_number()
    views = watched(contracts, account)
    simulated = simulate(contracts.client, account, locking(contracts, 40 * FLOCK), views)
    assert simulated.before == (0, 10_000 * FLOCK)
    assert simulated.after == (40 * FLOCK, 9_960 * FLOCK)
    assert simulated.gas is not None
    assert all(21_000 < gas < 300_000 for gas in simulated.gas)
    assert contracts.client.block_number() == block
    assert read_all(contracts.client, views) == simulated.before


def test_what_would_be_refused_raises_with_its_reason(contracts: Contracts, account: str) -> None:
    views = watched(contracts, account)
    with pytest.raises(ContractRefused) as refused:
        simulate(contracts.client, account, locking(contracts, 10_001 * FLOCK), views)
    assert refused.value.error == "ERC20InsufficientBalance"
    with pytest.raises(ContractRefused) as refused:
        simulate(contracts.client, account, [PlannedCall(contracts.staking, "lock", (0, 30))], views)
    assert refused.value.error == "AmountIsZero"


def test_an_endpoint_without_the_method_still_says_what_is(
    contracts: Contracts, account: str, proxy: Proxy
) -> None:
    proxy.lay("eth_simulateV1", error(-32601, "the method does not exist"))
    client = Client(proxy.url)
    views = watched(Contracts(client, contracts.book), account)
    simulated = simulate(client, account, locking(contracts, FLOCK), views)
    assert simulated.before == (0, 10_000 * FLOCK)
    assert (simulated.after, simulated.gas) == (None, None)
    client.close()


def test_an_answer_that_no_contract_gives_is_the_endpoints_fault(
    contracts: Contracts, account: str, proxy: Proxy
) -> None:
    client = Client(proxy.url)
    reached = Contracts(client, contracts.book)
    proxy.lay("eth_call", result("0x12"), result("0x12"))
    with pytest.raises(RpcUnavailable, match="cannot say"):
        read_all(client, watched(reached, account))
    proxy.lay("eth_simulateV1", result([]))
    with pytest.raises(RpcUnavailable):
        simulate(client, account, locking(reached, FLOCK), watched(reached, account))
    client.close()
