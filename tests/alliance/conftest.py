"""A real chain with a real task on it, played round by round."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from eth_account import Account
from eth_account.signers.local import LocalAccount
from typer.testing import CliRunner

from flock.alliance.product import AllianceProduct
from flock.chain.client import Client
from flock.chain.contracts.alliance_rounds import AllianceRounds, RoundView
from flock.chain.contracts.deployed import Contracts
from flock.chain.deploy.anvil import DEVELOPMENT_KEY, Anvil, AnvilOptions
from flock.chain.deploy.deployment import DeploymentPlan, deploy
from flock.chain.sending.sender import Sender, open_sender
from flock.cli.main import app
from flock.protocol.alliance.params import AllianceParameters
from flock.protocol.core.cid import cid_of, digest_of
from flock.protocol.core.commitments import Domain, Vote
from flock.service.app import Operation, build
from flock.store.database import Database
from flock.tasks.projector import Projector
from flock.testing import RoundDriver
from flock.web.uploads import Limits
from tests import patience
from tests.conftest import fresh_database, undone
from tests.web.conftest import serve_in_thread

TREASURY = "0x000000000000000000000000000000000000dEaD"
ADMIN = Account.from_key(DEVELOPMENT_KEY)
FLOCK = 10**18
BOUNTY = 1000 * FLOCK
METADATA = b'{"name":"a task"}'
MODEL = digest_of(b"initial model")
NEVER = 1e6


@dataclass
class Alliance:
    """A deployment, a database of senders, and what it takes to play a task on it."""

    client: Client
    contracts: Contracts
    database: Database
    senders: dict[str, Sender] = field(default_factory=dict)

    @property
    def domain(self) -> Domain:
        return self.contracts.alliance_rounds.domain

    def sender(self, account: LocalAccount) -> Sender:
        if account.address not in self.senders:
            self.client.rpc.request("anvil_setBalance", account.address, hex(10**20))
            self.senders[account.address] = open_sender(self.client, account, self.database)
        return self.senders[account.address]

    def create_task(self, **changes: int) -> int:
        now = self.client.now()
        terms = {
            "planned_rounds": 300,  # however the draws fall, they are enough
            "proposer_seats": 2,
            "voter_seats": 3,
            "minimum_members": 5,
            "max_members": 10,
            "propose_seconds": 100,
            "attest_seconds": 100,
            "commit_seconds": 100,
            "reveal_seconds": 100,
            "starts_at": now,
            "start_by": now + 10_000,
            "ends_at": now + 1_000_000,
            "minimum_stake": 10 * FLOCK,
            "keeper_fee": FLOCK // 100,
            "strike_window": 4,
            "strike_limit": 2,
            "slash_bps": 5000,
        }
        parameters = AllianceParameters(**{**terms, **changes}, initial_model=MODEL)  # type: ignore[arg-type]
        manager = self.contracts.task_manager
        return manager.create(
            self.sender(ADMIN), self.contracts.token, parameters, digest_of(METADATA), BOUNTY
        )

    def join(self, task: int, member: LocalAccount, stake: int = 10 * FLOCK) -> None:
        sender, staking = self.sender(member), self.contracts.staking
        self.contracts.token.transfer(self.sender(ADMIN), member.address, stake)
        staking.lock(sender, self.contracts.token, stake, 30)
        staking.allocate(sender, task, stake)
        self.contracts.alliance_rounds.join(sender, task, member.address)

    def fund_and_cancel(self, task: int) -> None:
        manager, sender = self.contracts.task_manager, self.sender(ADMIN)
        manager.fund(sender, self.contracts.token, task, 5)
        manager.cancel(sender, task)

    def elsewhere(self) -> Contracts:
        """A second deployment on the same chain."""
        plan = DeploymentPlan(ADMIN.address, ADMIN.address, ADMIN.address)
        return Contracts(self.client, deploy(self.sender(ADMIN), plan))

    def view(self, task: int) -> RoundView:
        return self.contracts.alliance_rounds.round_view(task)

    def pass_time(self, seconds: int) -> None:
        self.client.rpc.request("evm_increaseTime", seconds)
        self.mine(1)

    def mine(self, blocks: int) -> None:
        self.client.rpc.request("anvil_mine", hex(blocks))

    def open_round(self, task: int, keeper: LocalAccount = ADMIN) -> RoundView:
        return RoundDriver(self.contracts, task, self.sender(keeper)).open()


@dataclass
class Play:
    """One task's members, and what they do in a round."""

    alliance: Alliance
    task: int
    members: Sequence[LocalAccount]

    @property
    def driver(self) -> RoundDriver:
        """Plays the rounds with the members' keys."""
        senders = {member.address: self.alliance.sender(member) for member in self.members}
        return RoundDriver(self.alliance.contracts, self.task, self.alliance.sender(ADMIN), senders)

    def cid(self, seat: int) -> str:
        """The address of what the proposer in ``seat`` of the open round has trained."""
        return cid_of(digest_of(self.driver.update(seat)))

    def propose(self, seat: int) -> None:
        self.driver.propose([seat])

    def play(
        self,
        *,
        supports: bool = True,
        liar: str | None = None,
        harmful: str | None = None,
        keeps_back: str | None = None,
    ) -> RoundView:
        """A whole round: all propose and attest; honest voters say ``supports``, a ``liar`` the opposite.

        The update of ``harmful``, if it sits as a proposer, is marked so; ``keeps_back`` seals its vote and never
        opens it, if it sits as a voter.
        """
        driver, view = self.driver, self.alliance.open_round(self.task)

        def vote(seat: int) -> Vote:
            bad = sum(1 << proposer for proposer in driver.proposers if view.accounts[proposer] == harmful)
            return driver.ballot(harmful=bad, supports=supports != (view.accounts[seat] == liar))

        return driver.finish(vote, keeping_back=[keeps_back] if keeps_back else [])

    def nobody_comes(self) -> None:
        """A round in which no one does anything, closed after its deadline."""
        self.alliance.open_round(self.task)
        self.close_missed()

    def close_missed(self) -> None:
        """The open round, in which no one has done anything, closed after its deadline."""
        self.driver.outlast()
        self.driver.finalise()

    def play_until_seated_as_voter(self, liar: str) -> RoundView:
        """Play until ``liar`` sits among the voters; that round."""
        while True:
            view = self.play(liar=liar)
            if liar in view.accounts[view.proposers :]:
                return view

    def play_until_dropped(self, target: str) -> None:
        """Play with ``target`` harming and lying until it is off the list."""
        while self.rounds.member_of(self.task, target).is_active:
            self.play(liar=target, harmful=target)

    @property
    def rounds(self) -> AllianceRounds:
        return self.alliance.contracts.alliance_rounds


@pytest.fixture(scope="session")
def members() -> list[LocalAccount]:
    return [Account.from_key(bytes([number]) * 32) for number in range(1, 9)]


@dataclass(frozen=True)
class Stage:
    """A chain of these tests' own, with one task that eight members have joined."""

    rpc: str
    contracts: Contracts
    task: int


@pytest.fixture(scope="session")
def stage(members: list[LocalAccount], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    database = fresh_database(tmp_path_factory.mktemp("stage") / "senders.db")
    with Anvil(AnvilOptions(port=0)) as anvil:
        client = Client(anvil.url)
        book = deploy(
            open_sender(client, ADMIN, database), DeploymentPlan(ADMIN.address, TREASURY, ADMIN.address)
        )
        alliance = Alliance(client, Contracts(client, book), database)
        task = alliance.create_task()
        for number, member in enumerate(members):
            alliance.join(task, member, stake=(10 + 10 * (number % 3)) * FLOCK)
        yield Stage(anvil.url, alliance.contracts, task)
        client.close()
    database.close()


@pytest.fixture
def client(stage: Stage) -> Client:
    return stage.contracts.client


@pytest.fixture
def alliance(stage: Stage, client: Client, database: Database) -> Iterator[Alliance]:
    """The stage; what the test does on it is undone after it."""
    with undone(client):
        yield Alliance(client, stage.contracts, database)


@pytest.fixture
def play(stage: Stage, alliance: Alliance, members: list[LocalAccount]) -> Play:
    return Play(alliance, stage.task, members)


@dataclass(frozen=True)
class Service:
    """The service in a thread of the test. Its rows learn of the chain when the test says so."""

    url: str
    projector: Projector

    def catch_up(self) -> None:
        while self.projector.advance():
            pass

    def get(self, path: str, **params: str | int) -> Any:
        return get(self.url + path, **params)


@pytest.fixture
def service(play: Play, tmp_path: Path) -> Iterator[Service]:
    rows = fresh_database(tmp_path / "rows.db")
    limits = Limits(blob=1 << 20, spare=0, drafts=1 << 20)
    contracts, operation = play.alliance.contracts, Operation(limits, poll_seconds=NEVER)
    made = build([AllianceProduct(contracts, rows)], contracts, rows, tmp_path / "blobs", operation)
    with serve_in_thread(made.app) as url:
        running = Service(url, made.projectors[0])
        running.catch_up()
        yield running
    rows.close()


def get(url: str, **params: str | int) -> Any:
    """The JSON that ``url`` answers; fails the test if it is a problem."""
    answer = patience.get(url, params=params)
    assert answer.is_success, answer.text
    return answer.json()


class Running:
    """``flock alliance start`` as a process of its own."""

    def __init__(self, command: Sequence[str]) -> None:
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        self.url = self._announced_url()

    def get(self, path: str) -> Any:
        return get(self.url + path)

    def wait_for_rows(self, client: Client) -> None:
        """Return once the rows know the block that is the chain's head now."""
        head = client.block_number()
        while self.get("/health")["projected"] < head:
            time.sleep(0.02)

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send the signal; the exit code."""
        self.process.send_signal(how)
        self.process.communicate()
        return self.process.returncode

    def _announced_url(self) -> str:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if "service_started" in line:
                return str(json.loads(line)["url"])
        raise AssertionError(f"the service ended with {self.process.wait()}")


Start = Callable[[], Running]


@pytest.fixture
def words(stage: Stage, tmp_path: Path) -> list[str]:
    """What follows ``flock`` to start a service for the stage's contracts, on a free port."""
    stage.contracts.book.save(tmp_path / "book.json")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    return [
        *("alliance", "start"),
        *("--rpc", stage.rpc),
        *("--addresses", str(tmp_path / "book.json")),
        *("--home", str(tmp_path / "alliance")),
        *("--port", str(port)),
    ]


def ran(words: Sequence[str]) -> Result:
    """How a command ended that serves nothing; it runs in this process, as another takes seconds to start."""
    return CliRunner().invoke(app, [*words])


@pytest.fixture
def start(words: list[str], client: Client) -> Iterator[Start]:
    """Starts the service and waits until it knows the chain; ends whatever still runs after the test."""
    started: list[Running] = []

    def start_one() -> Running:
        started.append(Running([sys.executable, "-m", "flock", *words]))
        started[-1].wait_for_rows(client)
        return started[-1]

    yield start_one
    for running in started:
        if running.process.returncode is None:
            running.end()
