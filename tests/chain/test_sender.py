"""An intent happens exactly once, whatever the node says and whoever is killed."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount

from flock.chain.client import Client
from flock.chain.contracts.deployed import Contracts
from flock.chain.deploy.anvil import Anvil, set_balance
from flock.chain.sending.sender import Patience, Receipt, Sender
from flock.errors import EXIT_MISCONFIGURED, ContractRefused, NoFunds, RpcUnavailable, Transient
from flock.store.database import Database
from flock.store.journal import IntentJournal, IntentState
from tests import patience
from tests.chain.proxy import Call, Fault, Proxy, error, hang, result, swallow
from tests.conftest import ETHER, FLOCK, HASTY, SenderOf, fresh_database

SOMEBODY = "0x00000000000000000000000000000000000000B0"
TRANSFER = 10**15

Rich = Callable[[], LocalAccount]


@pytest.fixture
def account() -> LocalAccount:
    created: LocalAccount = Account.create()
    return created


@contextmanager
def sending(
    url: str, account: LocalAccount, database: Database, patience: Patience = HASTY
) -> Iterator[Sender]:
    """A sender over ``url`` for an account with ETH."""
    client = Client(url)
    if client.balance(account.address) == 0:
        set_balance(client, account.address, ETHER)
    journal = IntentJournal(database, client.identity, account.address)
    yield Sender(client, account, journal, patience=patience)
    client.close()


@pytest.fixture
def sender(anvil: Anvil, account: LocalAccount, database: Database) -> Iterator[Sender]:
    with sending(anvil.url, account, database) as opened:
        yield opened


@pytest.fixture
def far_sender(proxy: Proxy, account: LocalAccount, database: Database) -> Iterator[Sender]:
    """A sender with the misbehaving proxy between it and the chain."""
    with sending(proxy.url, account, database) as opened:
        yield opened


@pytest.fixture
def receiver() -> str:
    """An address that holds nothing yet."""
    address: str = Account.create().address
    return address


def give(sender: Sender, receiver: str, key: str = "give:1") -> Receipt:
    return sender.send(key, receiver, b"", TRANSFER)


class TestOnce:
    def test_a_key_is_sent_once_and_answered_the_same_ever_after(self, sender: Sender, receiver: str) -> None:
        first = give(sender, receiver)
        assert give(sender, receiver) == first
        assert sender.client.balance(receiver) == TRANSFER

    def test_the_receipt_says_what_it_cost(self, sender: Sender, receiver: str) -> None:
        before = sender.client.balance(sender.address)
        receipt = give(sender, receiver)
        assert receipt.gas_used == 21_000
        assert sender.client.balance(sender.address) == before - TRANSFER - receipt.fee
        assert receipt.block == sender.client.block_number()

    def test_threads_that_race_with_one_key_send_one_transaction(self, sender: Sender, receiver: str) -> None:
        with ThreadPoolExecutor(8) as pool:
            receipts = list(pool.map(lambda _: give(sender, receiver), range(8)))
        assert {receipt.hash for receipt in receipts} == {receipts[0].hash}
        assert sender.client.balance(receiver) == TRANSFER

    def test_threads_with_keys_of_their_own_never_share_a_nonce(self, sender: Sender, receiver: str) -> None:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda number: give(sender, receiver, f"give:{number}"), range(24)))
        assert sender.client.balance(receiver) == 24 * TRANSFER

    def test_processes_on_one_database_never_share_a_nonce(
        self, anvil: Anvil, account: LocalAccount, tmp_path: Path, receiver: str
    ) -> None:
        path = tmp_path / "shared.db"
        fresh_database(path).close()
        with sending(anvil.url, account, fresh_database(path)) as sender:
            children = [send_in_a_process(anvil.url, account, path, receiver, f"give:{n}") for n in range(3)]
            assert [child.wait(patience.SECONDS) for child in children] == [0, 0, 0]
            assert sender.client.balance(receiver) == 3 * TRANSFER
            sender.journal.database.close()

    def test_the_gas_ledger_counts_by_kind(self, sender: Sender, receiver: str) -> None:
        receipts = [give(sender, receiver, key) for key in ("give:1", "give:2", "tip:1")]
        costs = {cost.kind: cost for cost in sender.costs()}
        assert (costs["give"].count, costs["give"].gas_used, costs["tip"].count) == (2, 42_000, 1)
        assert sum(cost.fee for cost in costs.values()) == sum(receipt.fee for receipt in receipts)


class TestWhatNodesSay:
    @pytest.mark.parametrize(
        "answer",
        [
            error(-32000, "already known", forward=True),
            error(-32003, "transaction already imported", forward=True),
            error(-32010, "AlreadyKnown", forward=True),
            error(-32000, "nonce too low: next nonce 1, tx nonce 0", forward=True),
        ],
        ids=["geth", "anvil", "nethermind", "mined meanwhile"],
    )
    def test_a_transaction_the_node_has_already_is_success(
        self, far_sender: Sender, proxy: Proxy, receiver: str, answer: Fault
    ) -> None:
        proxy.lay("eth_sendRawTransaction", answer)
        give(far_sender, receiver)
        assert far_sender.client.balance(receiver) == TRANSFER

    def test_a_transaction_the_node_dropped_is_offered_again(
        self, far_sender: Sender, proxy: Proxy, receiver: str
    ) -> None:
        proxy.lay("eth_sendRawTransaction", swallow, swallow)
        give(far_sender, receiver)
        assert far_sender.client.balance(receiver) == TRANSFER

    def test_an_underpriced_replacement_is_raised(
        self, far_sender: Sender, proxy: Proxy, receiver: str, database: Database
    ) -> None:
        proxy.lay("eth_sendRawTransaction", error(-32000, "replacement transaction underpriced"))
        give(far_sender, receiver)
        first, second = far_sender.journal.find("give:1").transactions  # type: ignore[union-attr]
        assert first.nonce == second.nonce
        assert int(second.max_fee) * 8 >= int(first.max_fee) * 9
        assert int(second.tip) * 8 >= int(first.tip) * 9
        assert far_sender.client.balance(receiver) == TRANSFER

    def test_a_nonce_a_stranger_took_is_replaced(
        self,
        far_sender: Sender,
        account: LocalAccount,
        anvil: Anvil,
        proxy: Proxy,
        receiver: str,
        tmp_path: Path,
    ) -> None:
        other = fresh_database(tmp_path / "other.db")
        with sending(anvil.url, account, other) as stranger:
            give(stranger, SOMEBODY)
        proxy.lay("eth_getTransactionCount", result("0x0"))
        give(far_sender, receiver)
        assert far_sender.client.balance(receiver) == TRANSFER
        count = far_sender.client.rpc.request("eth_getTransactionCount", account.address, "latest")
        assert int(count, 16) == 2
        other.close()

    def test_a_full_pool_leaves_the_intent_to_be_resumed(
        self, far_sender: Sender, proxy: Proxy, receiver: str
    ) -> None:
        proxy.lay("eth_sendRawTransaction", error(-32000, "txpool is full"))
        with pytest.raises(RpcUnavailable, match="txpool is full"):
            give(far_sender, receiver)
        far_sender.resume()
        give(far_sender, receiver)
        assert far_sender.client.balance(receiver) == TRANSFER

    def test_no_eth_is_said_and_the_key_can_be_tried_again(
        self, far_sender: Sender, proxy: Proxy, receiver: str
    ) -> None:
        proxy.lay("eth_sendRawTransaction", error(-32000, "insufficient funds for gas * price + value"))
        with pytest.raises(NoFunds, match=f"{far_sender.address} has too little ETH.*flock chain fund"):
            give(far_sender, receiver)
        give(far_sender, receiver)
        assert far_sender.client.balance(receiver) == TRANSFER

    def test_an_empty_account_is_told_so_before_anything_is_journalled(
        self, anvil: Anvil, database: Database, receiver: str, client: Client
    ) -> None:
        poor = Account.create()
        sender = Sender(client, poor, IntentJournal(database, client.identity, poor.address))
        with pytest.raises(NoFunds):
            give(sender, receiver)
        assert not sender.journal.pending()

    def test_one_that_is_never_mined_is_given_up_but_kept(
        self, own_anvil: Anvil, own_client: Client, account: LocalAccount, database: Database, receiver: str
    ) -> None:
        own_client.rpc.request("evm_setAutomine", False)
        with sending(own_anvil.url, account, database, Patience(0.01, 0.05, 9, 0.2)) as sender:
            with pytest.raises(RpcUnavailable, match=r"was not mined within 0.2 seconds.*nothing is lost"):
                give(sender, receiver)
            own_client.rpc.request("evm_mine")
            give(sender, receiver)
            assert own_client.balance(receiver) == TRANSFER

    def test_a_stuck_transaction_is_replaced_at_a_higher_fee(
        self, own_anvil: Anvil, own_client: Client, account: LocalAccount, database: Database, receiver: str
    ) -> None:
        own_client.rpc.request("evm_setAutomine", False)
        with sending(own_anvil.url, account, database, Patience(0.01, 9, 0.1, 30)) as sender:
            with ThreadPoolExecutor(1) as pool:
                pending = pool.submit(give, sender, receiver)
                until(lambda: len(attempts(sender, "give:1")) >= 3)
                own_client.rpc.request("evm_mine")
                receipt = pending.result(30)
            assert receipt.hash in [attempt.hash for attempt in attempts(sender, "give:1")[1:]]
            assert own_client.balance(receiver) == TRANSFER


class TestReverts:
    def test_a_refused_simulation_costs_nothing(
        self, contracts: Contracts, rich: Rich, sender_of: SenderOf
    ) -> None:
        poor = sender_of(rich())
        with pytest.raises(ContractRefused, match="holds 10,000 FLOCK of the 10,001 FLOCK needed") as refused:
            contracts.token.transfer(poor, SOMEBODY, 10_001 * FLOCK)
        assert refused.value.error == "ERC20InsufficientBalance"
        assert refused.value.arguments["balance"] == 10_000 * FLOCK
        assert poor.costs() == []

    def test_one_that_reverts_when_mined_says_why_and_may_be_tried_again(
        self, contracts: Contracts, rich: Rich, sender_of: SenderOf
    ) -> None:
        client, token = contracts.client, contracts.token
        account = rich()
        sender = sender_of(account)
        client.rpc.request("evm_setAutomine", False)
        try:
            with ThreadPoolExecutor(1) as pool:
                paid = pool.submit(token.transfer, sender, SOMEBODY, 6_000 * FLOCK, "pay:1")
                until(lambda: in_the_pool(client) == 1)
                client.rpc.request(
                    "anvil_dealERC20", account.address, token.address, hex(4_000 * FLOCK)
                )  # as if an approved spender came first
                client.rpc.request("evm_mine")
                refused = paid.exception(30)
        finally:
            client.rpc.request("evm_setAutomine", True)
        assert isinstance(refused, ContractRefused)
        assert refused.error == "ERC20InsufficientBalance"
        assert state_of(sender, "pay:1") == IntentState.FAILED
        assert token.transfer(sender, SOMEBODY, 4_000 * FLOCK, "pay:1")
        assert token.balance_of(account.address) == 0


class TestRestarts:
    def test_a_process_killed_between_journal_and_send_is_carried_on(
        self, proxy: Proxy, anvil: Anvil, account: LocalAccount, tmp_path: Path, receiver: str
    ) -> None:
        path = tmp_path / "killed.db"
        database = fresh_database(path)
        proxy.lay("eth_sendRawTransaction", hang)
        with sending(anvil.url, account, database) as sender:
            child = send_in_a_process(proxy.url, account, path, receiver, "give:1")
            assert proxy.hanging.wait(patience.SECONDS)
            child.kill()
            child.wait()
            assert state_of(sender, "give:1") == IntentState.PENDING
            assert sender.client.balance(receiver) == 0
            sender.resume()
            give(sender, receiver)
            assert sender.client.balance(receiver) == TRANSFER
        database.close()

    def test_what_was_mined_while_nobody_looked_is_found(
        self, far_sender: Sender, proxy: Proxy, receiver: str
    ) -> None:
        proxy.lay("eth_sendRawTransaction", error(-32000, "connection to the backend lost", forward=True))
        with pytest.raises(RpcUnavailable):
            give(far_sender, receiver)
        assert state_of(far_sender, "give:1") == IntentState.PENDING
        far_sender.resume()
        assert state_of(far_sender, "give:1") == IntentState.MINED
        assert far_sender.client.balance(receiver) == TRANSFER

    def test_a_transaction_that_a_reorganisation_removed_is_sent_again(
        self, own_anvil: Anvil, own_client: Client, account: LocalAccount, database: Database, receiver: str
    ) -> None:
        with sending(own_anvil.url, account, database) as sender:
            give(sender, receiver)
            own_client.rpc.request("anvil_reorg", 1, [])
            own_client.rpc.request("anvil_dropAllTransactions")
            assert own_client.balance(receiver) == 0
            sender.resume()
            give(sender, receiver)
            assert own_client.balance(receiver) == TRANSFER

    def test_a_nonce_that_a_reorganisation_freed_is_for_the_act_that_had_it(
        self, sender: Sender, receiver: str
    ) -> None:
        """Nobody looked for reorganisations: the only thread waits for the act above."""
        before = sender.client.rpc.request("evm_snapshot")
        give(sender, receiver, "give:1")
        sender.client.rpc.request("evm_revert", before)
        give(sender, receiver, "give:2")
        assert sender.client.balance(receiver) == 2 * TRANSFER

    def test_a_gap_in_the_nonces_is_filled(
        self, own_anvil: Anvil, own_client: Client, account: LocalAccount, database: Database, receiver: str
    ) -> None:
        own_client.rpc.request("evm_setAutomine", False)
        with sending(own_anvil.url, account, database, Patience(0.01, 0.05, 9, 0.1)) as sender:
            for key in ("give:1", "give:2"):
                with pytest.raises(RpcUnavailable):
                    give(sender, receiver, key)
            own_client.rpc.request("anvil_dropAllTransactions")
            own_client.rpc.request("evm_setAutomine", True)
            sender.journal.give_up(sender.journal.find("give:1"))  # type: ignore[arg-type]
            sender.resume()
            give(sender, receiver, "give:2")
            assert own_client.balance(receiver) == TRANSFER


class TestReceipts:
    @pytest.mark.parametrize(
        "not_yet",
        [
            error(-32000, "transaction indexing is in progress"),  # geth
            error(-32001, "resource not found"),
            error(-32016, "over rate limit"),
            result(
                {"transactionHash": "0x" + "1" * 64, "blockNumber": None, "blockHash": None}
            ),  # OpenEthereum
            result(None),
        ],
    )
    def test_that_are_not_there_yet_are_waited_for(
        self, far_sender: Sender, proxy: Proxy, receiver: str, not_yet: Fault
    ) -> None:
        proxy.lay("eth_getTransactionReceipt", *[not_yet] * 5)
        give(far_sender, receiver)
        assert state_of(far_sender, "give:1") == IntentState.MINED
        assert far_sender.client.balance(receiver) == TRANSFER

    def test_that_come_later_than_the_bytes_are_offered_again_cost_no_second_transaction(
        self, proxy: Proxy, account: LocalAccount, database: Database, receiver: str
    ) -> None:
        """The nonce is used, by the very transaction whose receipt is not there yet."""
        proxy.lay("eth_getTransactionReceipt", *[result(None)] * 8)
        with sending(proxy.url, account, database, replace(HASTY, resend=0.0)) as sender:
            give(sender, receiver)
            assert sender.client.balance(receiver) == TRANSFER

    def test_and_a_node_that_does_not_give_any_is_named(
        self, far_sender: Sender, proxy: Proxy, receiver: str
    ) -> None:
        proxy.lay("eth_getTransactionReceipt", error(-32601, "Method not found"))
        with pytest.raises(RpcUnavailable, match="refused eth_getTransactionReceipt") as told:
            give(far_sender, receiver)
        assert told.value.exit_code == EXIT_MISCONFIGURED


def test_an_endpoint_that_recommends_no_tip_is_offered_a_usual_one(
    far_sender: Sender, proxy: Proxy, receiver: str
) -> None:
    proxy.lay("eth_maxPriorityFeePerGas", error(-32601, "Method not found"))
    give(far_sender, receiver)
    assert far_sender.client.balance(receiver) == TRANSFER


def without_base_fee(proxy: Proxy, call: Call) -> Call:
    answer = proxy.forward(call)
    del answer["result"]["baseFeePerGas"]
    return answer


def refusing_eip_1559(proxy: Proxy, call: Call) -> Call:
    is_typed = call["params"][0].startswith("0x02")
    return (error(-32000, "transaction type not supported") if is_typed else Proxy.forward)(proxy, call)


class TestAChainWithoutEip1559:
    @pytest.fixture(autouse=True)
    def legacy(self, far_sender: Sender, proxy: Proxy) -> None:
        proxy.lay("eth_getBlockByNumber", *[without_base_fee] * 50)
        proxy.lay("eth_maxPriorityFeePerGas", *[error(-32601, "Method not found")] * 50)
        proxy.lay("eth_sendRawTransaction", *[refusing_eip_1559] * 50)

    def test_is_sent_legacy_transactions(self, far_sender: Sender, receiver: str) -> None:
        receipt = give(far_sender, receiver)
        sent = far_sender.client.rpc.request("eth_getTransactionByHash", receipt.hash)
        assert (sent["type"], far_sender.client.balance(receiver)) == ("0x0", TRANSFER)

    def test_a_price_that_rose_is_followed(self, far_sender: Sender, proxy: Proxy, receiver: str) -> None:
        proxy.lay("eth_sendRawTransaction", error(-32000, "transaction underpriced"))
        proxy._faults["eth_sendRawTransaction"].rotate(1)
        receipt = give(far_sender, receiver)
        first, second = attempts(far_sender, receipt.key)
        assert int(second.max_fee) >= 1.1 * int(first.max_fee)
        assert second.hash == receipt.hash

    def test_is_never_offered_more_than_the_cap(
        self, far_sender: Sender, proxy: Proxy, receiver: str
    ) -> None:
        proxy.lay("eth_gasPrice", result(hex(600 * 10**9)))
        with pytest.raises(Transient, match="600 gwei now, above the cap of 500"):
            give(far_sender, receiver)


def attempts(sender: Sender, key: str) -> list[object]:
    intent = sender.journal.find(key)
    return list(intent.transactions) if intent else []


def state_of(sender: Sender, key: str) -> IntentState:
    intent = sender.journal.find(key)
    assert intent is not None
    return intent.state


def in_the_pool(client: Client) -> int:
    return int(client.rpc.request("txpool_status")["pending"], 16)


def until(holds: Callable[[], bool]) -> None:
    """Poll; the test's own time limit ends a wait that is in vain."""
    while not holds():
        pass


def send_in_a_process(
    url: str, account: LocalAccount, database: Path, receiver: str, key: str
) -> subprocess.Popen[bytes]:
    script = f"""
from eth_account import Account
from flock.chain.client import Client
from flock.chain.sending.sender import open_sender
from flock.store.database import open_database
account = Account.from_key({account.key.to_0x_hex()!r})
sender = open_sender(Client({url!r}), account, open_database({str(database)!r}))
sender.send({key!r}, {receiver!r}, b"", {TRANSFER})
"""
    return subprocess.Popen([sys.executable, "-c", script])
