"""Fees follow the market up to the cap, a replacement replaces, and what an act costs is foretold."""

import pytest
from eth_account.signers.local import LocalAccount
from eth_account.typed_transactions.dynamic_fee_transaction import DynamicFeeTransaction
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st

from flock.chain.client import Client
from flock.chain.contracts.deployed import Contracts
from flock.chain.sending.fees import (
    FREE,
    GAS_PRICE_ORACLE,
    GWEI,
    Cost,
    FeePolicy,
    Fees,
    data_fee,
    estimate,
    unsigned_transaction,
)
from flock.chain.sending.sender import Sender, open_sender
from flock.errors import ContractRefused, Transient
from flock.store.database import Database
from tests.chain.oracle import WEI_PER_BYTE, put_oracle
from tests.chain.proxy import Call, Proxy
from tests.conftest import FLOCK, SenderOf

SOMEBODY = "0x00000000000000000000000000000000000000B0"
numbers = st.one_of(st.integers(0, 300), st.integers(0, 2**64 - 1))


@given(base=st.integers(0, 500 * GWEI), tip=st.integers(0, 10**12))
def test_an_offer_covers_the_base_fee_and_respects_the_cap(base: int, tip: int) -> None:
    offer = FeePolicy().offer(base, tip)
    assert base <= offer.max_fee <= 500 * GWEI
    assert offer.tip <= offer.max_fee


def test_gas_above_the_cap_is_not_bought() -> None:
    with pytest.raises(Transient, match="600 gwei now, above the cap of 500"):
        FeePolicy().offer(600 * GWEI, GWEI)


@given(last=st.builds(Fees, st.integers(0, 10**11), st.integers(0, 10**11)))
def test_a_replacement_is_a_tenth_higher_in_both_fees(last: Fees) -> None:
    fees = FeePolicy().replacement(last, Fees(0, 0))
    assert fees is not None
    assert 10 * fees.max_fee >= 11 * last.max_fee
    assert 10 * fees.tip >= 11 * last.tip


def test_a_replacement_follows_a_market_that_rose_faster() -> None:
    assert FeePolicy().replacement(Fees(10, 1), Fees(100, 50)) == Fees(100, 50)


def test_nothing_is_replaced_above_the_cap() -> None:
    assert FeePolicy(cap=100).replacement(Fees(95, 1), Fees(50, 1)) is None


@given(
    nonce=numbers,
    tip=numbers,
    max_fee=numbers,
    gas=numbers,
    value=st.integers(0, 2**96),
    data=st.binary(max_size=400),
)
def test_an_unsigned_transaction_is_what_the_signature_covers(
    nonce: int, tip: int, max_fee: int, gas: int, value: int, data: bytes
) -> None:
    ours = unsigned_transaction(8453, nonce, tip, max_fee, gas, SOMEBODY, value, data)
    fields = {"type": 2, "chainId": 8453, "nonce": nonce, "to": SOMEBODY, "value": value, "data": data}
    theirs = {**fields, "gas": gas, "maxFeePerGas": max_fee, "maxPriorityFeePerGas": tip}
    assert keccak(ours) == DynamicFeeTransaction.from_dict(theirs).hash()


class TestWhatAnActCosts:
    @pytest.fixture
    def bank(self, sender_of: SenderOf, admin: LocalAccount) -> Sender:
        return sender_of(admin)

    @pytest.fixture
    def transfer(self, contracts: Contracts) -> tuple[str, bytes]:
        encode = contracts.token.abi.functions["transfer"].encode
        return contracts.token.address, encode(SOMEBODY, FLOCK)

    def test_elsewhere_bytes_cost_nothing(self, bank: Sender, transfer: tuple[str, bytes]) -> None:
        assert data_fee(bank.client, b"bytes") == 0
        cost = estimate(bank.client, bank.address, *transfer)
        assert (cost.data, cost.total) == (0, cost.execution)

    def test_a_rollup_charges_for_every_byte_of_the_transaction(
        self, bank: Sender, transfer: tuple[str, bytes]
    ) -> None:
        plain = estimate(bank.client, bank.address, *transfer)
        put_oracle(bank.client)
        assert data_fee(bank.client, bytes(1_000)) == 1_000 * WEI_PER_BYTE
        cost = estimate(bank.client, bank.address, *transfer)
        assert (cost.gas, cost.execution) == (plain.gas, plain.execution)
        # 68 bytes of call data, and about 45 of all the rest
        assert 68 + 35 < cost.data / WEI_PER_BYTE < 68 + 55
        assert cost.total == cost.execution + cost.data

    def test_execution_is_what_the_act_then_takes(self, bank: Sender, transfer: tuple[str, bytes]) -> None:
        cost = estimate(bank.client, bank.address, *transfer)
        receipt = bank.send("transfer", *transfer)
        assert receipt.gas_used <= cost.gas <= 1.3 * receipt.gas_used
        assert receipt.fee <= 1.1 * cost.execution

    def test_an_act_that_would_be_refused_has_no_price(self, bank: Sender, contracts: Contracts) -> None:
        too_much = contracts.token.abi.functions["transfer"].encode(SOMEBODY, 10**30)
        with pytest.raises(ContractRefused):
            estimate(bank.client, bank.address, contracts.token.address, too_much)

    def test_with_known_gas_nothing_is_simulated(self, bank: Sender, contracts: Contracts) -> None:
        later = contracts.token.abi.functions["transfer"].encode(SOMEBODY, 10**30)
        assert estimate(bank.client, bank.address, contracts.token.address, later, gas=70_000).gas == 70_000

    def test_a_receipt_of_a_rollup_counts_what_its_bytes_cost(
        self, proxy: Proxy, admin: LocalAccount, database: Database, transfer: tuple[str, bytes]
    ) -> None:
        def with_l1_fee(proxy: Proxy, call: Call) -> Call:
            answer = proxy.forward(call)
            return {**answer, "result": answer["result"] and {**answer["result"], "l1Fee": "0x7a1200"}}

        client = Client(proxy.url)
        proxy.lay("eth_getTransactionReceipt", *[with_l1_fee] * 50)
        receipt = open_sender(client, admin, database).send("transfer", *transfer)
        proxy.forget()
        found = client.rpc.request("eth_getTransactionReceipt", receipt.hash)
        assert receipt.fee == receipt.gas_used * int(found["effectiveGasPrice"], 16) + 8_000_000
        client.close()


def test_costs_add_up() -> None:
    cost = Cost(50_000, 10**12, 3 * 10**12) + Cost(1, 2, 3) + FREE
    assert (cost, cost.total) == (Cost(50_001, 10**12 + 2, 3 * 10**12 + 3), 4 * 10**12 + 5)


def test_the_oracle_is_the_predeploy_of_the_op_stack() -> None:
    assert GAS_PRICE_ORACLE == "0x420000000000000000000000000000000000000F"
