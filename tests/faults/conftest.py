"""A task to disturb, on a chain that this folder's tests have to themselves."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount

from flock.chain.client import Client
from flock.chain.contracts.deployed import Contracts
from flock.chain.deploy.anvil import Anvil, AnvilOptions
from flock.chain.deploy.deployment import DeploymentPlan, deploy
from flock.chain.deploy.faucet import fund
from flock.chain.sending.sender import Sender, open_sender
from flock.store.database import Database
from flock.store.journal import IntentJournal
from tests.conftest import ETHER, FLOCK, HASTY, TREASURY, SenderOf, fresh_database
from tests.faults.stages import Stages, open_zygote
from tests.node.arena import Arena, empty_arena, first_model, full_arena, open_arena

__all__ = ["empty_arena", "first_model", "full_arena"]

OpenTask = Callable[..., AbstractContextManager[tuple[Arena, Callable[[], LocalAccount]]]]


@pytest.fixture(scope="module")
def open_task(admin: LocalAccount, tmp_path_factory: pytest.TempPathFactory) -> OpenTask:
    """Opens a task that nobody has joined, on a chain of its own; and what makes rich accounts there."""

    @contextmanager
    def opened(chain: Anvil | None = None) -> Iterator[tuple[Arena, Callable[[], LocalAccount]]]:
        folder = tmp_path_factory.mktemp("task")
        database = fresh_database(folder / "flock.db")
        with chain or Anvil(AnvilOptions(port=0)) as anvil:
            client = Client(anvil.url)
            book = deploy(
                open_sender(client, admin, database), DeploymentPlan(admin.address, TREASURY, admin.address)
            )
            book.save(folder / "book.json")
            contracts, sender_of = Contracts(client, book), _senders(client, database)
            with open_arena(contracts, database, sender_of, admin, folder) as arena:
                yield arena, _rich(contracts, sender_of(admin))
            client.close()
        database.close()

    return opened


@pytest.fixture(scope="module")
def stages(open_task: OpenTask) -> Iterator[Stages]:
    """One task for all duties of a module, and a zygote to start members from."""
    with open_task() as (arena, rich), open_zygote() as zygote:
        yield Stages(arena, zygote, arena.folder, rich)


def _senders(client: Client, database: Database) -> SenderOf:
    """Senders that do not wait long before they offer again what a reorganisation took."""

    def create(account: LocalAccount) -> Sender:
        journal = IntentJournal(database, client.identity, account.address)
        return Sender(client, account, journal, patience=HASTY)

    return create


def _rich(contracts: Contracts, bank: Sender) -> Callable[[], LocalAccount]:
    def create() -> LocalAccount:
        account: LocalAccount = Account.create()
        fund(bank, contracts.token, account.address, 10 * ETHER, 10_000 * FLOCK)
        return account

    return create


@pytest.fixture
def arena(full_arena: Arena) -> Arena:
    """A task with as many members as it has seats, in this process."""
    return full_arena
