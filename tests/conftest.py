"""A real chain for whoever asks: one Anvil a session, deployed to once, put back after every test."""

import gc
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from hypothesis import Phase, settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from flock import log
from flock.chain.address_book import AddressBook
from flock.chain.client import Client
from flock.chain.contracts.binding import Binding
from flock.chain.contracts.deployed import Contracts
from flock.chain.deploy.anvil import DEVELOPMENT_KEY, Anvil, AnvilOptions, send_as
from flock.chain.deploy.deployment import DeploymentPlan, deploy
from flock.chain.deploy.faucet import fund
from flock.chain.sending.sender import Patience, Sender, open_sender
from flock.store import database as database_module
from flock.store.database import Database, migrate, open_database
from tests import patience
from tests.postgres import Postgres, running_postgres

FLOCK = 10**18
ETHER = 10**18
TREASURY = "0x000000000000000000000000000000000000dEaD"

SenderOf = Callable[[LocalAccount], Sender]

# How long an example takes says how busy the machine is, nothing else. The same examples each time, so that a change
# is judged by what it changes.
settings.register_profile("flock", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=2_000)
# A mutant is dead once any example fails: neither chance nor a smaller example is wanted.
settings.register_profile(
    "mutation", deadline=None, derandomize=True, database=None, phases=(Phase.explicit, Phase.generate)
)
settings.load_profile("flock")
# A binding, the function it is to be called with, and arguments: as if a proposal had been executed.
Decree = Callable[..., None]


@pytest.fixture(autouse=True)
def logs_aside() -> None:
    """Threads that outlive a command must not write into the output of the next."""
    log.configure(stream=sys.__stderr__)


@pytest.fixture(scope="session", autouse=True)
def node() -> Iterator[None]:
    with patience.lent_to_the_product():
        yield


DURABLE = database_module.SYNCHRONOUS


@pytest.fixture(scope="session", autouse=True)
def no_power_cut() -> Iterator[None]:
    """No test cuts the power: this process does not wait until the disk has what it wrote. Those it starts do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database_module, "SYNCHRONOUS", "OFF")
        yield


@pytest.fixture(scope="session")
def admin() -> LocalAccount:
    """Who deploys, holds the first FLOCK, and is the guardian."""
    account: LocalAccount = Account.from_key(DEVELOPMENT_KEY)
    return account


@pytest.fixture(scope="session")
def anvil() -> Iterator[Anvil]:
    with Anvil(AnvilOptions(port=0)) as running:
        yield running


@pytest.fixture(scope="session")
def client(anvil: Anvil) -> Iterator[Client]:
    connection = Client(anvil.url, 31337)
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def deployed(client: Client, admin: LocalAccount, tmp_path_factory: pytest.TempPathFactory) -> AddressBook:
    """All contracts, deployed once a session."""
    database = fresh_database(tmp_path_factory.mktemp("deployment") / "flock.db")
    try:
        plan = DeploymentPlan(admin.address, TREASURY, admin.address, guardian=admin.address)
        return deploy(open_sender(client, admin, database), plan)
    finally:
        database.close()


@pytest.fixture
def contracts(client: Client, deployed: AddressBook) -> Iterator[Contracts]:
    """The deployed contracts; what the test does to the chain is undone after it."""
    with undone(client):
        yield Contracts(client, deployed)


@pytest.fixture
def own_anvil() -> Iterator[Anvil]:
    """An Anvil of this test's own, to be reorganised and held up; final after four blocks."""
    with Anvil(AnvilOptions(port=0, slots_in_an_epoch=2)) as running:
        yield running


@pytest.fixture
def own_client(own_anvil: Anvil) -> Iterator[Client]:
    connection = Client(own_anvil.url)
    yield connection
    connection.close()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A migrated database of this test's own."""
    opened = fresh_database(tmp_path / "flock.db")
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One PostgreSQL server a session, started when a test first asks for it."""
    with running_postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def either_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a new, empty database is: the test runs on both kinds."""
    if request.param == "sqlite":
        yield str(tmp_path / "either.db")
    else:
        with request.getfixturevalue("postgres").database(template="template1") as url:
            yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def either_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A migrated database: the test runs on both kinds."""
    if request.param == "sqlite":
        opened = fresh_database(tmp_path / "either.db")
        yield opened
        opened.close()
    else:
        with request.getfixturevalue("postgres").database() as url:
            opened = open_database(url)
            yield opened
            opened.close()


@pytest.fixture
def sender_of(contracts: Contracts, database: Database) -> SenderOf:
    """A sender of an account, with a journal in this test's database."""
    return senders(contracts.client, database)


@pytest.fixture
def decree(contracts: Contracts) -> Decree:
    return decrees(contracts)


@pytest.fixture
def rich(contracts: Contracts, sender_of: SenderOf, admin: LocalAccount) -> Callable[[], LocalAccount]:
    return rich_accounts(contracts, sender_of(admin))


@contextmanager
def undone(client: Client) -> Iterator[None]:
    """Undo what happens on the chain in the block; its time goes back, too.

    Blocks may be nested: what many tests begin with is made once, and each of them comes back to it.
    """
    snapshot = client.rpc.request("evm_snapshot")
    yield
    assert client.rpc.request("evm_revert", snapshot)


def senders(client: Client, database: Database) -> SenderOf:
    """Opens senders with a journal in ``database``."""
    return lambda account: open_sender(client, account, database)


def decrees(contracts: Contracts) -> Decree:
    """What governance has decided is done at once: ``decree(contracts.emissions, "setWeight", 1, 100)``."""

    def carry_out(binding: Binding, function: str, *arguments: object) -> None:
        data = binding.abi.functions[function].encode(*arguments)
        send_as(contracts.client, contracts.book.timelock, binding.address, data)

    return carry_out


def rich_accounts(contracts: Contracts, bank: Sender) -> Callable[[], LocalAccount]:
    """New accounts with 10 ETH and 10,000 FLOCK."""

    def create() -> LocalAccount:
        account: LocalAccount = Account.create()
        fund(bank, contracts.token, account.address, 10 * ETHER, 10_000 * FLOCK)
        return account

    return create


def fresh_database(path: Path) -> Database:
    """A migrated database at ``path``: if none is there, the copy of one that was migrated once."""
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(_migrated())
    return open_database(str(path))


@cache
def _migrated() -> bytes:
    with TemporaryDirectory() as folder:
        database = open_database(f"{folder}/flock.db")
        migrate(database)
        database.close()
        return Path(folder, "flock.db").read_bytes()


# Whose tests run whole networks of processes, most of them waiting for the chain's clock, and which of these share a
# worker. The longest come first.
WHOLE_NETWORKS = {
    "tests/journeys/test_faults.py": "networks that lose their programs",
    "tests/journeys/test_laptop.py": "networks",
    "tests/journeys/test_demo.py": "networks",
    "tests/journeys/test_demo_arena.py": "networks",
    "tests/machines/test_two_hosts.py": "networks",
}


class Shared(LoadScopeScheduling):
    """Between workers: two run the networks, one after the other; other files stay whole."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.split("::")[0]
        return WHOLE_NETWORKS.get(path, path)


def pytest_configure() -> None:
    """Neither tests nor the processes they start read what the caller's shell sets for flock."""
    for name in [name for name in os.environ if name.startswith("FLOCK_")]:
        del os.environ[name]
    # Workers share the processors already: threads of libraries would only wait for each other, and busily.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")


# A million objects are made while the tests are collected, and live to the end: looking through them again and again
# for garbage took a fifth of the time.
gc.set_threshold(100_000, 20, 20)


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Shared:
    config.option.loadscopereorder = False  # the order of collection, in which what takes long comes first
    return Shared(config, log)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pure", action="store_true", help="Run only the tests that start no process.")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Networks first, then what starts processes or is marked as long: no worker has much before it at the end."""
    networks = list(WHOLE_NETWORKS)
    slow = {item.path for item in items if starts_processes(item) or item.get_closest_marker("long")}

    def turn(item: pytest.Item) -> tuple[int, bool]:
        path = path_of(item)
        return networks.index(path) if path in networks else len(networks), item.path not in slow

    items.sort(key=turn)
    if config.getoption("--pure"):
        impure = [item for item in items if starts_processes(item)]
        config.hook.pytest_deselected(items=impure)
        items[:] = [item for item in items if item not in impure]


# What a test asks for, or its module has at hand, if it starts processes.
FIXTURES_WITH_PROCESSES = frozenset({"anvil", "own_anvil", "open_task", "postgres", "site", "stage"})
NAMES_WITH_PROCESSES = frozenset(
    {"subprocess", "Anvil", "FlowerServer", "Scorer", "calibrate", "running_base"}
)


def path_of(item: pytest.Item) -> str:
    """Its file, as node ids name it."""
    return item.nodeid.split("::")[0]


def starts_processes(item: pytest.Item) -> bool:
    assert isinstance(item, pytest.Function)
    parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
    return (
        path_of(item) in WHOLE_NETWORKS
        or not FIXTURES_WITH_PROCESSES.isdisjoint(item.fixturenames)
        or not NAMES_WITH_PROCESSES.isdisjoint(vars(item.module))
        or "postgresql" in parameters
    )


@pytest.fixture(scope="session", autouse=True)
def alone(pytestconfig: pytest.Config) -> None:
    """With --pure, a test that starts a process all the same fails."""
    if pytestconfig.getoption("--pure"):
        sys.addaudithook(_refuse_processes)


def _refuse_processes(event: str, _: object) -> None:
    if event in ("subprocess.Popen", "os.fork", "os.posix_spawn"):
        raise RuntimeError("This test starts a process: tell tests/conftest.py by what to know it.")


HASTY = Patience(poll=0.01, resend=0.1, bump=0.5, give_up=patience.SECONDS)
