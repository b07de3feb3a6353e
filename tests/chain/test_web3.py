"""Whoever knows web3.py finds it under the client: the same connection, the same sentences, the same bounds."""

import pytest
from web3.exceptions import TransactionNotFound, Web3RPCError

from flock.chain.client import Client
from flock.chain.contracts.deployed import Contracts
from flock.chain.rpc import AnswerTooLarge, Rpc, RpcRefused
from flock.errors import BadConfig, ContractRefused, RpcUnavailable
from tests.chain.proxy import Proxy, busy, error, raw
from tests.chain.test_client import closed_port, connected
from tests.conftest import TREASURY

NOWHERE = "0x" + "12" * 32


class TestContracts:
    def test_read_what_the_bindings_read(self, contracts: Contracts) -> None:
        token = contracts.contract("FlockToken")
        assert token.address == contracts.token.address
        assert token.functions.totalSupply().call() == contracts.token.read("totalSupply")

    def test_refuse_in_the_same_sentences(self, contracts: Contracts) -> None:
        transfer = contracts.contract("FlockToken").functions.transfer(TREASURY, 5)
        with pytest.raises(ContractRefused, match=r"holds 0 FLOCK of the .* needed") as refused:
            transfer.call({"from": contracts.token.address})
        assert refused.value.error == "ERC20InsufficientBalance"

    def test_of_other_names_are_none(self, contracts: Contracts) -> None:
        with pytest.raises(BadConfig, match=r"no contract 'Bank'.*Staking"):
            contracts.contract("Bank")


class TestRequests:
    def test_are_those_of_the_client(self, client: Client) -> None:
        assert client.w3.eth.chain_id == client.chain_id
        assert client.w3.is_connected()
        assert client.w3.eth.get_block(0)["hash"].to_0x_hex() == client.block(0).hash

    def test_are_tried_again_while_the_endpoint_is_busy(self, proxy: Proxy) -> None:
        with connected(proxy.url) as client:
            proxy.lay("eth_getBalance", busy(503))
            assert client.w3.eth.get_balance(client.w3.to_checksum_address(TREASURY)) == client.balance(
                TREASURY
            )

    def test_that_are_refused_raise_what_flock_and_web3_understand(self, proxy: Proxy) -> None:
        with connected(proxy.url) as client:
            proxy.lay("eth_gasPrice", *[error(-32000, "not today")] * 2)
            for kind in (RpcRefused, Web3RPCError):
                with pytest.raises(kind, match=r"refused eth_gasPrice: not today\.$"):
                    _ = client.w3.eth.gas_price

    def test_leave_web3_its_own_ways_out(self, proxy: Proxy) -> None:
        with connected(proxy.url) as client:
            proxy.lay("eth_maxPriorityFeePerGas", error(-32601, "Method not found"))
            with pytest.warns(UserWarning, match="eth_maxPriorityFeePerGas"):
                assert client.w3.eth.max_priority_fee >= 0
            with pytest.raises(TransactionNotFound):
                client.w3.eth.get_transaction_receipt(NOWHERE)  # type: ignore[arg-type]

    def test_are_bounded(self, proxy: Proxy) -> None:
        with connected(proxy.url) as client:
            client.rpc.largest_answer = 1 << 16
            proxy.lay("eth_gasPrice", raw(200, b" " * (1 << 17)))
            with pytest.raises(AnswerTooLarge):
                _ = client.w3.eth.gas_price


class TestBatches:
    @pytest.mark.parametrize("refused", [False, True], ids=["one request", "an endpoint without batches"])
    def test_are_answered_in_order(self, proxy: Proxy, refused: bool) -> None:
        with connected(proxy.url) as client:
            proxy.refuses_batches = refused
            with client.w3.batch_requests() as batch:
                batch.add(client.w3.eth.get_block(0))
                batch.add(client.w3.eth.get_balance(client.w3.to_checksum_address(TREASURY)))
                block, balance = batch.execute()
            assert (block["number"], balance) == (0, client.balance(TREASURY))  # type: ignore[typeddict-item]

    def test_raise_the_sentence_of_what_was_refused(self, contracts: Contracts) -> None:
        transfer = contracts.contract("FlockToken").functions.transfer(TREASURY, 5)
        w3 = contracts.client.w3
        with w3.batch_requests() as batch:
            batch.add(w3.eth.get_block(0))
            batch.add(transfer.call({"from": contracts.token.address}))
            with pytest.raises(ContractRefused, match="holds 0 FLOCK"):
                batch.execute()


def test_a_dead_endpoint_is_not_connected() -> None:
    rpc = Rpc(f"http://127.0.0.1:{closed_port()}")
    assert not rpc.is_connected()
    with pytest.raises(RpcUnavailable, match="connection refused"):
        rpc.is_connected(show_traceback=True)
    rpc.close()
