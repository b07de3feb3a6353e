"""A task whose members earn: staked, played, emitted, settled and served, a day at a time by the chain's clock."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from eth_account.signers.local import LocalAccount

from flock.chain.address_book import AddressBook
from flock.chain.client import Client
from flock.chain.contracts.deployed import Contracts
from flock.chain.deploy.anvil import send_as
from flock.chain.keys import KeyStore
from flock.chain.sending.sender import Sender, open_sender
from flock.economy.computed import Computed, compute
from flock.protocol.alliance.params import AllianceParameters
from flock.protocol.core.merkle import RewardTree
from flock.protocol.core.units import DAY, Gm, Wei
from flock.protocol.economy.ledger import DaySettlement
from flock.store.database import Database
from flock.testing import RoundDriver
from tests.cli.conftest import PASSWORD, commands, settle_in
from tests.cli.network import Site, open_site
from tests.conftest import FLOCK, fresh_database, undone

STAKE = 100 * FLOCK
MEMBERS = ("ann", "bob", "cy")


@dataclass
class Season:
    """A task of one proposer and two voters with a weight, and the keys ``ann``, ``bob`` and ``cy`` on it."""

    site: Site
    database: Database
    task: int
    senders: dict[str, Sender]

    @property
    def contracts(self) -> Contracts:
        return self.site.contracts

    @property
    def bank(self) -> Sender:
        return self.site.bank

    def address(self, key: str) -> str:
        return KeyStore(self.site.home.folder / "keys").address_of(key)

    def sender(self, key: str) -> Sender:
        account = KeyStore(self.site.home.folder / "keys").unlock(key, PASSWORD)
        return open_sender(self.contracts.client, account, self.database)

    def join(self, key: str) -> None:
        """Its stake must be there."""
        sender = self.sender(key)
        self.senders[sender.address] = sender
        self.contracts.alliance_rounds.join(sender, self.task, sender.address)

    # ---- time

    def wait(self, seconds: int) -> None:
        self.contracts.client.rpc.request("evm_increaseTime", seconds)
        self.mine(1)

    def mine(self, blocks: int) -> None:
        self.contracts.client.rpc.request("anvil_mine", hex(blocks))

    def next_day(self) -> None:
        """To an hour after midnight."""
        now = self.contracts.client.now()
        self.wait(DAY - now % DAY + 3600)

    # ---- what happens in it

    def play_round(self) -> str:
        """A round that is accepted: proposer and both voters are paid. Returns who proposed."""
        return RoundDriver(self.contracts, self.task, self.bank, self.senders).play().accounts[0]

    def earn_a_day(self) -> None:
        """Everybody staked all day, and played a round in it; then the day is over and emitted."""
        self.next_day()
        self.play_round()
        self.next_day()
        self.emit()

    def emit(self) -> None:
        """All that is due."""
        while self.contracts.emissions.is_due():
            self.contracts.emissions.emit_due(self.bank)

    def close(self) -> None:
        """To the task's end; what was set aside for it may vest."""
        self.wait(
            max(0, self.contracts.task_manager.parameters_of(self.task).ends_at - self.contracts.client.now())
            + 1
        )
        self.contracts.alliance_rounds.close(self.bank, self.task)

    def settlement(self) -> DaySettlement:
        """Of all that is emitted."""
        return compute(self.contracts).due

    def post(self, root: bytes, total: int) -> int:
        """A root for all that is emitted, with its bond."""
        settlement, token = self.contracts.settlement, self.contracts.token
        settlement.deposit_bond(self.bank, token, settlement.bond())
        return settlement.post(self.bank, root, b"\x07" * 32, total, self.contracts.emissions.next_day())

    def serve(self) -> Computed:
        """Settle all that is emitted, and wait until it is served."""
        due, contracts = self.settlement(), self.contracts
        tree = RewardTree(due.entries, contracts.chain_id, contracts.distributor.address)
        self.serve_root(tree.root, due.total)
        return compute(contracts)

    def serve_root(self, root: bytes, total: int) -> None:
        self.post(root, total)
        self.wait(self.contracts.settlement.window() + 1)
        self.contracts.settlement.activate(self.bank)


def open_season(
    site: Site, database: Database, extra: Sequence[str] = (), members: Sequence[str] = MEMBERS
) -> Season:
    """Members staked and joined, the task with all the weight; ``extra`` are keys with money beside them."""
    contracts, now = site.contracts, site.contracts.client.now()
    terms = AllianceParameters(
        planned_rounds=200,
        proposer_seats=1,
        voter_seats=2,
        minimum_members=3,
        max_members=3,
        propose_seconds=600,
        attest_seconds=600,
        commit_seconds=600,
        reveal_seconds=600,
        starts_at=0,
        start_by=now + 10 * DAY,
        ends_at=now + 60 * DAY,
        minimum_stake=Gm(STAKE),
        keeper_fee=Wei(FLOCK // 10),
        initial_model=b"\x05" * 32,
    )
    task = contracts.task_manager.create(site.bank, contracts.token, terms, b"\x01" * 32, 2_000 * FLOCK)
    weigh(contracts, task)
    season = Season(site, database, task, {})
    for key in (*members, *extra):
        site.key(key)
    for key in members:
        sender = season.sender(key)
        contracts.staking.lock(sender, contracts.token, 1_000 * FLOCK, 180)
        contracts.staking.allocate(sender, task, STAKE)
        season.join(key)
    return season


@dataclass(frozen=True)
class Opened:
    """A season on the chain of the session that many tests begin with; ``members`` are keys in ``keys``."""

    task: int
    members: Sequence[str]
    keys: Path

    def season(self, site: Site, database: Database) -> Season:
        """As it was when it had been opened, for one test."""
        shutil.copytree(self.keys, site.home.folder / "keys", dirs_exist_ok=True)
        season = Season(site, database, self.task, {})
        for key in self.members:
            sender = season.sender(key)
            season.senders[sender.address] = sender
        return season


def opened_once(opening: Callable[[Site, Database], Season]) -> Callable[..., Iterator[Opened]]:
    """A fixture, ``opened``, for a module all of whose tests begin with a season opened like this."""

    @pytest.fixture(scope="module")
    def opened(
        client: Client, deployed: AddressBook, admin: LocalAccount, tmp_path_factory: pytest.TempPathFactory
    ) -> Iterator[Opened]:
        folder = tmp_path_factory.mktemp("season")
        with undone(client):
            with (
                closing(fresh_database(folder / "flock.db")) as database,
                pytest.MonkeyPatch.context() as patch,
            ):
                bank = open_sender(client, admin, database)
                home, contracts = settle_in(folder, patch), Contracts(client, deployed)
                with open_site(home, commands(), contracts, bank, patch) as site:
                    season = opening(site, database)
            keys = KeyStore(folder / "keys")
            members = [key.name for key in keys.list() if key.address in season.senders]
            yield Opened(season.task, members, folder / "keys")

    return opened


def weigh(contracts: Contracts, task: int, weight: int = 100) -> None:
    """As governance would."""
    emissions = contracts.emissions
    data = emissions.abi.functions["setWeight"].encode(task, weight)
    send_as(contracts.client, contracts.timelock.address, emissions.address, data)
