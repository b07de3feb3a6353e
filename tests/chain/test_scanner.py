"""A reader that follows the scanner ends with the events of the chain as it is, whatever happened."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from eth_account.signers.local import LocalAccount

from flock.chain.address_book import AddressBook
from flock.chain.client import Client
from flock.chain.contracts.token import Token
from flock.chain.deploy.anvil import Anvil
from flock.chain.deploy.deployment import DeploymentPlan, deploy
from flock.chain.events import Event
from flock.chain.scanner import Batch, Rollback, Scanner
from flock.chain.sending.sender import Sender, open_sender
from flock.errors import RpcUnavailable
from flock.store.checkpoint import Checkpoint
from flock.store.database import Database
from tests.chain.proxy import Proxy, error
from tests.conftest import TREASURY

SOMEBODY = "0x00000000000000000000000000000000000000B0"


@dataclass
class Reader:
    """Keeps the amounts of transfers by block, and its checkpoint beside them."""

    scanner: Scanner
    database: Database
    checkpoint: Checkpoint = field(default_factory=lambda: Checkpoint("reader"))
    transfers: list[tuple[int, int]] = field(default_factory=list)
    rollbacks: list[int] = field(default_factory=list)

    def step(self) -> bool:
        with self.database.reading() as session:
            found = self.scanner.next(self.checkpoint.marks(session))
        with self.database.writing() as session:
            match found:
                case Batch(events, mark, final):
                    self.transfers += [amount for event in events for amount in transfer(event)]
                    self.checkpoint.save(session, mark, final)
                case Rollback(block):
                    self.rollbacks.append(block)
                    self.transfers = [known for known in self.transfers if known[0] <= block]
                    self.checkpoint.rewind(session, block)
        return found is not None

    def catch_up(self) -> list[int]:
        while self.step():
            pass
        return [amount for _, amount in self.transfers]


def transfer(event: Event) -> list[tuple[int, int]]:
    wanted = event.name == "Transfer" and event.arguments["to"] == SOMEBODY
    return [(event.log.block, event.arguments["value"])] if wanted else []


@dataclass
class Chain:
    """A token on a chain of the test's own."""

    client: Client
    sender: Sender
    book: AddressBook

    def pay(self, *amounts: int) -> None:
        for amount in amounts:
            Token(self.client, self.book.token).transfer(self.sender, SOMEBODY, amount)

    def reorganise(self, depth: int) -> None:
        self.client.rpc.request("anvil_reorg", depth, [])

    def mine(self, blocks: int) -> None:
        self.client.rpc.request("anvil_mine", hex(blocks))


@pytest.fixture
def chain(own_client: Client, admin: LocalAccount, database: Database) -> Chain:
    sender = open_sender(own_client, admin, database)
    return Chain(own_client, sender, deploy(sender, DeploymentPlan(admin.address, TREASURY, admin.address)))


@pytest.fixture
def reader(chain: Chain, database: Database) -> Reader:
    return Reader(Scanner(chain.client, [chain.book.token], 0), database)


def test_events_come_once_and_in_order(chain: Chain, reader: Reader) -> None:
    chain.pay(1, 2)
    assert reader.catch_up() == [1, 2]
    chain.pay(3)
    assert reader.catch_up() == [1, 2, 3]
    assert not reader.step()


def test_a_restarted_reader_carries_on_at_its_checkpoint(chain: Chain, reader: Reader) -> None:
    chain.pay(1)
    reader.catch_up()
    again = Reader(Scanner(chain.client, [chain.book.token], 0), reader.database)
    chain.pay(2)
    assert again.catch_up() == [2]


def test_events_of_other_contracts_are_not_seen(chain: Chain, database: Database) -> None:
    chain.pay(1)
    elsewhere = Reader(Scanner(chain.client, [chain.book.staking], 0), database, Checkpoint("elsewhere"))
    assert elsewhere.catch_up() == []


def test_what_a_reorganisation_removed_is_rolled_back(chain: Chain, reader: Reader) -> None:
    chain.pay(1)
    reader.catch_up()
    chain.pay(2)
    reader.catch_up()
    chain.pay(3)
    reader.catch_up()
    before = chain.client.block_number()
    chain.reorganise(2)
    assert reader.catch_up() == [1]
    assert reader.rollbacks == [before - 2]
    chain.mine(1)
    assert reader.catch_up() == [1]


def test_a_reorganisation_deeper_than_all_marks_begins_anew(chain: Chain, database: Database) -> None:
    chain.pay(1)
    start = chain.client.block_number()
    reader = Reader(Scanner(chain.client, [chain.book.token], start), database)
    assert reader.catch_up() == [1]
    chain.reorganise(3)
    assert reader.catch_up() == []
    assert reader.rollbacks == [start - 1]


def test_marks_that_are_final_are_forgotten(chain: Chain, reader: Reader) -> None:
    for _ in range(10):
        chain.mine(1)
        reader.catch_up()
    with reader.database.reading() as session:
        kept = [mark.number for mark in reader.checkpoint.marks(session)]
    final = chain.client.finalised_head().number
    assert kept == list(range(chain.client.block_number(), final - 1, -1))


class TestRanges:
    @pytest.fixture
    def far(self, own_anvil: Anvil, chain: Chain, database: Database) -> Iterator[tuple[Proxy, Reader]]:
        with Proxy(own_anvil.url) as proxy:
            client = Client(proxy.url)
            yield proxy, Reader(Scanner(client, [chain.book.token], 0), database)
            client.close()

    def test_a_range_that_is_too_wide_is_halved_until_it_fits(
        self, chain: Chain, far: tuple[Proxy, Reader]
    ) -> None:
        proxy, reader = far
        chain.pay(1, 2, 3)
        proxy.lay("eth_getLogs", *[error(-32005, "query returned more than 10000 results")] * 2)
        assert reader.catch_up() == [1, 2, 3]
        assert proxy.seen.count("eth_getLogs") > 3

    def test_a_node_that_refuses_even_one_block_is_unavailable(
        self, chain: Chain, far: tuple[Proxy, Reader]
    ) -> None:
        proxy, reader = far
        chain.pay(1)
        proxy.lay("eth_getLogs", *[error(-32000, "backend is down")] * 20)
        with pytest.raises(RpcUnavailable, match="backend is down"):
            reader.catch_up()
        proxy._faults.clear()
        assert reader.catch_up() == [1]

    def test_a_chain_that_changes_while_it_is_read_is_read_again(
        self, chain: Chain, far: tuple[Proxy, Reader]
    ) -> None:
        proxy, reader = far
        chain.pay(1)
        reader.catch_up()
        chain.pay(2)

        def changed(via: Proxy, call: dict[str, object]) -> dict[str, object]:
            answer = via.forward(call)
            chain.reorganise(1)
            return answer

        proxy.lay("eth_getLogs", changed)
        assert not reader.step()
        assert reader.catch_up() == [1]
