"""The client says which chain it talks to, and what is wrong when it cannot."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from flock.chain.client import Client, all_logs
from flock.chain.contracts.deployed import Contracts
from flock.chain.deploy.anvil import send_as
from flock.chain.rpc import AnswerTooLarge, Rpc
from flock.errors import ContractRefused, RpcUnavailable, WrongChain
from tests.chain.proxy import Proxy, busy, error, late, result
from tests.conftest import TREASURY


@contextmanager
def connected(url: str, chain_id: int | None = None, timeout: float | None = None) -> Iterator[Client]:
    client = Client(url, chain_id, timeout)
    yield client
    client.close()


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_another_chain_than_the_configured_one_is_refused_by_name(client: Client) -> None:
    with pytest.raises(WrongChain, match=r"serves chain 31337, not chain 8453.*FLOCK_CHAIN_ID"):
        Client(client.rpc.url, 8453)


def test_a_dead_endpoint_is_named_with_the_way_out() -> None:
    url = f"http://127.0.0.1:{closed_port()}"
    with pytest.raises(RpcUnavailable, match=rf"{url} cannot be reached \(connection refused\).*Check"):
        Client(url)


def test_a_url_that_is_none_is_refused() -> None:
    with pytest.raises(RpcUnavailable, match=r"Check that|no RPC address"):
        Client("chain.example")


def test_what_answers_without_speaking_json_rpc_is_refused(proxy: Proxy) -> None:
    proxy.lay("eth_chainId", busy(404))
    with pytest.raises(RpcUnavailable, match="HTTP 404 and no JSON-RPC: check the address"):
        Client(proxy.url)


def test_a_busy_endpoint_is_asked_again(proxy: Proxy) -> None:
    proxy.lay("eth_chainId", busy(429), busy(503))
    with connected(proxy.url, 31337) as client:
        assert client.chain_id == 31337


def test_an_endpoint_that_stays_busy_is_given_up(proxy: Proxy) -> None:
    proxy.lay("eth_chainId", *[busy(429)] * 4)
    with pytest.raises(RpcUnavailable, match="HTTP 429"):
        Client(proxy.url)


def test_an_endpoint_that_does_not_answer_in_time_is_given_up(proxy: Proxy) -> None:
    with connected(proxy.url, timeout=0.5) as client:
        proxy.lay("eth_blockNumber", *[late(1.0)] * 4)
        with pytest.raises(RpcUnavailable, match="no answer in time"):
            client.block_number()


def test_an_endpoint_without_batches_is_asked_one_by_one(proxy: Proxy) -> None:
    with connected(proxy.url) as client:
        proxy.refuses_batches = True
        answers = client.rpc.batch([("eth_chainId", []), ("eth_nonsense", [])])
        assert answers[0] == "0x7a69"
        assert isinstance(answers[1], RpcUnavailable)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://mainnet.example/v3/0123456789abcdef", "https://mainnet.example"),
        ("https://user:word@node.example:8545/x?key=1", "https://node.example:8545"),
    ],
)
def test_keys_inside_an_address_are_never_shown(url: str, shown: str) -> None:
    rpc = Rpc(url)
    assert rpc.place == shown
    rpc.close()


def test_the_finalised_head_is_what_the_chain_calls_final(own_client: Client) -> None:
    own_client.rpc.request("anvil_mine", "0xa")
    assert own_client.finalised_head().number == 10 - 4


def test_without_finality_the_head_counts_as_final_after_enough_blocks(proxy: Proxy) -> None:
    with connected(proxy.url) as client:
        client.rpc.request("anvil_mine", "0x40")
        head = client.block_number()
        proxy.lay("eth_getBlockByNumber", error(-32602, "unknown tag finalized"))
        assert client.finalised_head().number == head - 32


def test_the_chain_s_time_is_its_newest_block_s(client: Client) -> None:
    assert client.now() == client.block("latest").timestamp


def test_a_restarted_chain_is_told_from_the_one_before(client: Client, own_client: Client) -> None:
    assert client.chain_id == own_client.chain_id
    assert client.identity != own_client.identity


def test_a_block_that_is_not_there_yet_may_come(client: Client) -> None:
    with pytest.raises(RpcUnavailable, match="no block 1000000"):
        client.block(1_000_000)


@pytest.mark.parametrize("data", ["0x", None, {"data": "0x"}, "Reverted 0x"])
def test_a_revert_without_reason_points_to_the_address(proxy: Proxy, data: object) -> None:
    with connected(proxy.url) as client:
        proxy.lay("eth_call", error(3, "execution reverted", data))
        with pytest.raises(ContractRefused, match=r"without a reason.*flock chain status"):
            client.call("0x" + "11" * 20, b"")


def test_other_networks_are_not_local(proxy: Proxy) -> None:
    proxy.lay("eth_chainId", result("0x2105"))
    proxy.lay("web3_clientVersion", result("Geth/v1.16"))
    with connected(proxy.url) as client:
        assert not client.is_local


class TestLogsOfAWideRange:
    def test_are_asked_for_in_smaller_pieces_where_the_endpoint_refuses_a_wide_one(
        self, contracts: Contracts, proxy: Proxy
    ) -> None:
        place, last = contracts.book.access_manager, contracts.client.block_number()
        whole = list(all_logs(contracts.client, [place], 0, last))
        proxy.lay("eth_getLogs", *[error(-32005, "query returned more than 10000 results")] * 2)
        with connected(proxy.url) as client:
            assert list(all_logs(client, [place], 0, last)) == whole
        assert len(whole) > 1

    def test_and_where_the_answer_would_be_too_large(self, contracts: Contracts, proxy: Proxy) -> None:
        """Twenty blocks with a transfer each: the limit lets a few of them pass."""
        place, first = contracts.book.token, contracts.client.block_number() + 1
        data = contracts.token.abi.functions["transfer"].encode(TREASURY, 0)
        for _ in range(20):
            send_as(contracts.client, contracts.book.timelock, place, data)
        last = contracts.client.block_number()
        with connected(proxy.url) as client:
            client.rpc.largest_answer = 3_000
            with pytest.raises(AnswerTooLarge):
                client.logs([place], first, last)
            assert len(list(all_logs(client, [place], first, last))) == 20

    def test_of_a_single_block_that_is_refused_are_not_to_be_had(
        self, contracts: Contracts, proxy: Proxy
    ) -> None:
        proxy.lay("eth_getLogs", error(-32005, "query returned more than 10000 results"))
        with connected(proxy.url) as client, pytest.raises(RpcUnavailable, match="more than 10000"):
            list(all_logs(client, [contracts.book.staking], 3, 3))

    def test_may_have_one_of_several_topics(self, contracts: Contracts) -> None:
        manager = contracts.book.access_manager
        whole = contracts.client.logs([manager], 0, "latest")
        kinds = sorted({log.topics[0] for log in whole})[:2]
        wanted = [log for log in whole if log.topics[0] in kinds]
        assert contracts.client.logs([manager], 0, "latest", [kinds]) == wanted
