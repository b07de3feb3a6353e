"""An RPC endpoint that lies, stalls or talks nonsense: a sentence, never a second act, never the end of a node."""

import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount

from flock.chain import rpc
from flock.chain.client import Client
from flock.chain.deploy.anvil import Anvil, set_balance
from flock.chain.sending.fees import GWEI, FeePolicy
from flock.chain.sending.sender import Sender
from flock.errors import ContractRefused, RpcUnavailable, Transient
from flock.store.database import Database, open_database
from flock.store.journal import IntentJournal, IntentState
from tests import patience
from tests.chain.proxy import Call, Fault, Proxy, busy, changed, error, late, raw, result
from tests.conftest import ETHER, HASTY

TRANSFER = 10**15
SEND = "eth_sendRawTransaction"
COUNT = "eth_getTransactionCount"


@pytest.fixture
def proxy(anvil: Anvil) -> Iterator[Proxy]:
    """A misbehaving way to the session's Anvil."""
    with Proxy(anvil.url) as running:
        yield running


@dataclass
class Payer:
    """Somebody who pays ``receiver`` through the proxy."""

    sender: Sender
    receiver: str

    def pay(self, key: str = "pay:1") -> None:
        self.sender.send(key, self.receiver, b"", TRANSFER)

    @property
    def paid(self) -> int:
        """How many payments have arrived."""
        return self.sender.client.balance(self.receiver) // TRANSFER


@contextmanager
def paying(
    url: str,
    database: Database,
    account: LocalAccount,
    timeout: float | None = None,
    fees: FeePolicy | None = None,
) -> Iterator[Payer]:
    client = Client(url, timeout=timeout)
    set_balance(client, account.address, ETHER)
    journal = IntentJournal(database, client.identity, account.address)
    yield Payer(Sender(client, account, journal, fees, HASTY), Account.create().address)
    client.close()


@pytest.fixture
def account() -> LocalAccount:
    created: LocalAccount = Account.create()
    return created


@pytest.fixture
def payer(proxy: Proxy, database: Database, account: LocalAccount) -> Iterator[Payer]:
    with paying(proxy.url, database, account) as opened:
        yield opened


class TestNonsense:
    @pytest.mark.parametrize(
        "answer",
        [
            raw(200, b'{"jsonrpc": "2.0", "id": 1, "resu'),
            raw(200, b"<html><h1>502 Bad Gateway</h1></html>"),
            raw(200, b"\xff\xfe\x00"),
            raw(200, b"[" * 100_000),
            raw(200, b"7"),
            raw(500, b'"error"'),
            raw(403, b"<html>Pay your bill</html>"),
            raw(200, b'{"jsonrpc": "2.0"', promised=1000),
            changed(id=4_000_000),
            changed(result=None),
            changed(result="0xhello"),
            changed(result=["0x1"]),
            changed(result={"number": "0x1"}),
            error(None, "rate limited"),  # type: ignore[arg-type]
            lambda _, call: {"jsonrpc": "2.0", "id": call["id"], "error": "rate limited"},
            lambda _, call: {"jsonrpc": "2.0", "id": call["id"]},
        ],
    )
    def test_it_is_told_in_a_sentence_that_names_no_python(
        self, proxy: Proxy, answer: Fault, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(rpc, "FIRST_PAUSE_SECONDS", 0.0)
        client = Client(proxy.url)
        for method, ask in (
            ("eth_blockNumber", client.block_number),
            ("eth_getBlockByNumber", client.head),
            ("eth_getLogs", lambda: client.logs([], 0, 0)),
        ):
            proxy.lay(method, *[answer] * rpc.ATTEMPTS)
            with pytest.raises(RpcUnavailable, match=r"\.$") as told:
                ask()
            assert "Error" not in str(told.value)
            proxy.forget()
        client.close()

    def test_an_answer_without_end_is_given_up(self, proxy: Proxy) -> None:
        client = Client(proxy.url)
        client.rpc.largest_answer = 1 << 16
        proxy.lay("eth_blockNumber", raw(200, b" " * (1 << 20)))
        with pytest.raises(RpcUnavailable, match="does not end"):
            client.block_number()
        client.close()

    @pytest.mark.parametrize(
        ("asked", "paused"), [("2", 2.0), ("3600", 5.0), (None, 0.125), ("soon", 0.125), ("-1", 0.125)]
    )
    def test_a_busy_endpoint_is_given_the_time_it_asks_for_within_reason(
        self, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, asked: str | None, paused: float
    ) -> None:
        pauses: list[float] = []
        monkeypatch.setattr("flock.chain.rpc.time.sleep", pauses.append)
        client = Client(proxy.url)
        proxy.lay("eth_blockNumber", busy(429, retry_after=asked))
        client.block_number()
        assert pauses == [paused]
        client.close()


class TestOnceOnly:
    """Whatever is said about a transaction, the act happens once."""

    @pytest.mark.parametrize(
        "answer",
        [
            error(-32000, "already known", forward=True),
            error(-32000, "nonce too low: next nonce 1, tx nonce 0", forward=True),
            error(-32000, "replacement transaction underpriced"),
            error(-32000, "transaction underpriced: gas tip cap 0, minimum needed 1"),
            error(
                -32000, "max fee per gas less than block base fee: address 0xa, maxFeePerGas: 1, baseFee: 2"
            ),
        ],
        ids=["already known", "nonce too low", "replacement", "underpriced", "base fee"],
    )
    def test_geth_s_words_are_understood(self, payer: Payer, proxy: Proxy, answer: Fault) -> None:
        proxy.lay(SEND, answer)
        payer.pay()
        assert payer.paid == 1

    @pytest.mark.parametrize("delivered", [False, True], ids=["before delivery", "after delivery"])
    def test_a_send_that_times_out(
        self, proxy: Proxy, database: Database, account: LocalAccount, delivered: bool
    ) -> None:
        with paying(proxy.url, database, account, timeout=0.5) as payer:
            proxy.lay(SEND, answered_late if delivered else late(1.0))
            payer.pay()
            assert payer.paid == 1

    @pytest.mark.parametrize("count", ["0x2", "0x3e8"], ids=["by two", "by a thousand"])
    def test_a_nonce_counted_too_high(self, payer: Payer, proxy: Proxy, count: str) -> None:
        """A small gap is filled; for a large one the act gets the right nonce, at the price of one transaction."""
        proxy.lay(COUNT, result(count))
        payer.pay()
        assert payer.paid == 1
        used = payer.sender.client.rpc.request(COUNT, payer.sender.address, "latest")
        assert int(used, 16) == (3 if count == "0x2" else 1)

    def test_a_nonce_counted_too_low_is_known_better(self, payer: Payer, proxy: Proxy) -> None:
        payer.pay()
        proxy.lay(COUNT, result("0x0"))
        payer.pay("pay:2")
        assert payer.paid == 2

    def test_an_older_copy_of_the_journal_does_not_act_twice(
        self, own_anvil: Anvil, own_client: Client, database: Database, account: LocalAccount, tmp_path: Path
    ) -> None:
        """The copy was made before the attempt that was mined: its nonce is gone, and nobody can tell for what."""
        own_client.rpc.request("evm_setAutomine", False)
        with paying(own_anvil.url, database, account) as payer, ThreadPoolExecutor(1) as pool:
            pending = pool.submit(payer.pay)
            patience.until(lambda: attempts(payer.sender.journal))
            copied = copy_of(database, tmp_path)
            journal = IntentJournal(copied, own_client.identity, account.address)
            patience.until(lambda: waiting(own_client) - {each.hash for each in attempts(journal)})
            own_client.rpc.request("evm_mine")
            pending.result(patience.SECONDS)
            own_client.rpc.request("evm_setAutomine", True)
            Sender(own_client, account, journal, patience=HASTY).resume()
            assert payer.paid == 1
            intent = journal.find("pay:1")
            assert intent is not None
            assert intent.state is IntentState.FAILED
            copied.close()


class TestFees:
    def test_a_base_fee_that_jumps_is_followed(
        self, own_anvil: Anvil, own_client: Client, database: Database, account: LocalAccount
    ) -> None:
        own_client.rpc.request("evm_setAutomine", False)
        with paying(own_anvil.url, database, account) as payer, ThreadPoolExecutor(1) as pool:
            pending = pool.submit(payer.pay)
            patience.until(lambda: len(attempts(payer.sender.journal)) == 1)
            own_client.rpc.request("anvil_setNextBlockBaseFeePerGas", hex(20 * GWEI))
            own_client.rpc.request("evm_mine")
            patience.until(lambda: int(attempts(payer.sender.journal)[-1].max_fee) > 20 * GWEI)
            patience.until(
                lambda: own_client.rpc.request("evm_mine") and pending.done()
            )  # it is journalled before it is sent
            pending.result()
            assert payer.paid == 1

    def test_above_the_cap_it_waits_and_below_it_goes_on(
        self, own_anvil: Anvil, own_client: Client, database: Database, account: LocalAccount
    ) -> None:
        own_client.rpc.request("anvil_setNextBlockBaseFeePerGas", hex(20 * GWEI))
        own_client.rpc.request("evm_mine")
        with paying(own_anvil.url, database, account, fees=FeePolicy(cap=5 * GWEI)) as payer:
            with pytest.raises(Transient, match="above the cap of 5"):
                payer.pay()
            own_client.rpc.request("anvil_setNextBlockBaseFeePerGas", hex(GWEI))
            own_client.rpc.request("evm_mine")
            payer.pay()
            assert payer.paid == 1

    @pytest.mark.parametrize("data", [None, "0x", "0x12345678"])
    def test_a_simulation_that_reverts_costs_nothing(
        self, payer: Payer, proxy: Proxy, data: str | None
    ) -> None:
        proxy.lay("eth_estimateGas", error(3, "execution reverted", data))
        with pytest.raises(ContractRefused, match="refused"):
            payer.pay()
        assert payer.sender.costs() == []


def answered_late(proxy: Proxy, call: Call) -> Call:
    """Do what is asked, then say so too late."""
    answer = proxy.forward(call)
    time.sleep(1.0)
    return answer


def attempts(journal: IntentJournal) -> list:  # type: ignore[type-arg]
    intent = journal.find("pay:1")
    return list(intent.transactions) if intent else []


def waiting(client: Client) -> set[str]:
    """Hashes of the transactions that the next block would take: what is journalled may not have been sent yet."""
    return set(client.rpc.request("eth_getBlockByNumber", "pending", False)["transactions"])


def copy_of(database: Database, folder: Path) -> Database:
    with (
        closing(sqlite3.connect(str(database.engine.url.database))) as source,
        closing(sqlite3.connect(folder / "copy.db")) as target,
    ):
        source.backup(target)
    return open_database(str(folder / "copy.db"))
