"""One FLOCK's way: locked, staked, delegated, earned, settled, verified, claimed, vested, redeemed, by command line.

Only what a node does by itself (a round) and what governance has decided (a weight, a verdict) is done in Python.
"""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from eth_account.signers.local import LocalAccount
from typer.testing import CliRunner

from flock.chain.contracts.binding import Binding
from flock.chain.contracts.deployed import Contracts
from flock.chain.deploy.anvil import send_as
from flock.chain.deploy.faucet import fund
from flock.chain.keys import KeyStore
from flock.chain.sending.sender import Sender, open_sender
from flock.cli.main import app
from flock.protocol.core.units import DAY
from flock.store.database import Database
from flock.testing import RoundDriver
from tests.chain.test_alliance_rounds import parameters
from tests.conftest import ETHER, FLOCK, SenderOf

PASSWORD = "correct horse battery staple"
CHEAP = 2**4  # these keys live as long as their test
MEMBERS = ("ann", "bob", "cy")
LOCKED = 1_000
STAKED = 100
BOND = 10_000


@dataclass
class Town:
    """People with keys and FLOCK, and the commands they use."""

    folder: Path
    contracts: Contracts
    bank: Sender
    database: Database
    addresses: dict[str, str] = field(default_factory=dict)

    def move_in(self, name: str, flock: int = 10_000) -> None:
        address = KeyStore(self.folder / "keys", CHEAP).new(name, PASSWORD).address
        assert address is not None
        self.addresses[name] = address
        fund(self.bank, self.contracts.token, address, 10 * ETHER, flock * FLOCK)

    def sender(self, name: str) -> Sender:
        account = KeyStore(self.folder / "keys").unlock(name, PASSWORD)
        return open_sender(self.contracts.client, account, self.database)

    def flock_of(self, name: str) -> int:
        return self.contracts.token.balance_of(self.addresses[name])

    # ---- commands

    def tell(self, *words: object) -> Result:
        return CliRunner().invoke(app, [str(word) for word in words])

    def run(self, *words: object) -> Any:
        """What a command that succeeds says."""
        told = self.tell(*words, "--json")
        assert told.exit_code == 0, (words, told.stderr)
        return json.loads(told.stdout)

    def gained(self, name: str, *words: object) -> int:
        """What a command brings its key, in wei."""
        before = self.flock_of(name)
        self.run(*words, "--key", name)
        return self.flock_of(name) - before

    def redeemed(self, *names: str) -> list[int]:
        """What each brings home once its lock has ended: the votes go first, the FLOCK a week later."""
        self.wait(90 * DAY)
        for name in names:
            self.run("stake", "poke", name, "--key", name)
        self.wait(7 * DAY)
        return [self.gained(name, "stake", "redeem") for name in names]

    # ---- time, governance, guardian

    def wait(self, seconds: int) -> None:
        self.contracts.client.rpc.request("evm_increaseTime", seconds)
        self.contracts.client.rpc.request("evm_mine")

    def next_day(self) -> None:
        """To an hour after midnight."""
        self.wait(DAY - self.contracts.client.now() % DAY + 3_600)

    def decree(self, on: Binding, function: str, *arguments: object) -> None:
        """What a proposal would do once it is executed."""
        data = on.abi.functions[function].encode(*arguments)
        send_as(self.contracts.client, self.contracts.timelock.address, on.address, data)

    def pause_everything(self) -> None:
        """The guardian stops all there is to stop."""
        for contract in (self.contracts.staking, self.contracts.task_manager, self.contracts.emissions):
            self.bank.send(
                f"pause:{contract.address}", contract.address, contract.abi.functions["pause"].encode()
            )
            assert contract.read("paused")


@dataclass
class Season:
    """A task that has a weight: three members on it, and ``dora`` behind ``ann``."""

    town: Town
    table: RoundDriver

    def earn_a_day(self) -> str:
        """A day with a round that all three are paid for, then its end; who proposed in it."""
        self.town.next_day()
        proposer = self.table.play().accounts[0]
        self.town.next_day()
        return next(name for name in MEMBERS if self.town.addresses[name] == proposer)

    def serve(self) -> int:
        """Settle what is due, check it, and wait until it is served; the number of the root."""
        root: int = self.town.run("settle", "--key", "settler")["id"]
        assert self.town.tell("verify", root).exit_code == 0
        self.town.wait(self.town.contracts.settlement.window() + 1)
        self.town.contracts.settlement.activate(self.town.bank)
        return root

    def end(self) -> None:
        contracts, task = self.town.contracts, self.table.task
        left = contracts.task_manager.parameters_of(task).ends_at - contracts.client.now()
        self.town.wait(max(0, left) + 1)
        contracts.alliance_rounds.close(self.town.bank, task)
        for member in self.table.members.values():
            contracts.alliance_rounds.leave(member, task, member.address)
            contracts.alliance_rounds.withdraw(self.town.bank, task, member.address)


@pytest.fixture
def town(
    tmp_path: Path,
    contracts: Contracts,
    sender_of: SenderOf,
    admin: LocalAccount,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> Town:
    (tmp_path / "password").touch(mode=0o600)
    (tmp_path / "password").write_text(PASSWORD + "\n")
    contracts.book.save(tmp_path / "book.json")
    contracts.client.rpc.request("evm_mine")  # time passed in other tests shows in a new block
    for name, value in {
        "RPC": contracts.client.rpc.url,
        "ADDRESSES": tmp_path / "book.json",
        "KEYS": tmp_path / "keys",
        "HOME": tmp_path / "home",
        "PASSWORD_FILE": tmp_path / "password",
    }.items():
        monkeypatch.setenv(f"FLOCK_{name}", str(value))
    made = Town(tmp_path, contracts, sender_of(admin), database)
    made.move_in("settler", 2 * BOND)
    return made


@pytest.fixture
def season(town: Town) -> Season:
    """Lock, stake, delegate: by the members and dora themselves."""
    contracts = town.contracts
    now = contracts.client.now()
    terms = replace(parameters(now), planned_rounds=10, start_by=now + 5 * DAY, ends_at=now + 60 * DAY)
    task = contracts.task_manager.create(town.bank, contracts.token, terms, b"\x01" * 32, 1_000 * FLOCK)
    town.decree(contracts.emissions, "setWeight", task, 100)
    for name in MEMBERS:
        town.move_in(name)
        town.run("stake", "lock", LOCKED, "--days", 90, "--key", name)
        town.run("stake", "add", STAKED, "--task", task, "--key", name)
        contracts.alliance_rounds.join(town.sender(name), task, town.addresses[name])
    town.run("delegate", "accept", "--task", task, "--sigma", "50", "--key", "ann")
    town.move_in("dora")
    town.run("stake", "lock", LOCKED, "--days", 90, "--key", "dora")
    town.run("delegate", "to", "ann", 500, "--task", task, "--key", "dora")
    senders = {sender.address: sender for sender in map(town.sender, MEMBERS)}
    return Season(town, RoundDriver(contracts, task, town.bank, senders))


def test_from_the_lock_to_the_redemption(town: Town, season: Season) -> None:
    task = season.table.task
    proposer = season.earn_a_day()
    season.serve()

    # The daily part is paid at once; a claim is paid once.
    earned = {name: town.gained(name, "rewards", "claim") for name in (*MEMBERS, "dora")}
    assert all(wei > 0 for wei in earned.values())
    again = town.tell("rewards", "claim", "--key", "ann")
    assert (again.exit_code, "has claimed all" in again.stderr) == (1, True)

    # What was set aside for the task's end becomes a stream.
    season.end()
    town.next_day()
    season.serve()
    town.run("rewards", "claim", "--key", proposer)
    stream = streamed(town, proposer)
    assert stream > earned[proposer] > 0
    town.wait(30 * DAY)
    assert town.gained(proposer, "rewards", "release") == stream

    # Stake and delegation come back, and after the lock all FLOCK that went in.
    town.run("delegate", "collect", "--key", "dora")
    for name in MEMBERS:
        town.run("stake", "remove", "all", "--task", task, "--key", name)
    assert town.redeemed(*MEMBERS, "dora") == [LOCKED * FLOCK] * 4
    assert town.contracts.token.balance_of(town.contracts.staking.address) == 0


def test_all_of_it_comes_out_while_everything_is_paused(town: Town, season: Season) -> None:
    proposer = season.earn_a_day()
    season.serve()
    season.end()
    town.next_day()
    season.serve()
    town.pause_everything()

    refused = town.tell("stake", "lock", 10, "--days", 90, "--key", "ann")
    assert refused.exit_code == 1
    assert "paused" in refused.stderr

    for name in (*MEMBERS, "dora"):
        assert town.gained(name, "rewards", "claim") > 0
    town.wait(30 * DAY)
    assert town.gained(proposer, "rewards", "release") == streamed(town, proposer) > 0
    town.run("delegate", "collect", "--key", "dora")
    for name in MEMBERS:
        town.run("stake", "remove", "all", "--task", season.table.task, "--key", name)
    assert town.redeemed(*MEMBERS, "dora") == [LOCKED * FLOCK] * 4


def test_a_lying_settler_loses_its_bond_to_who_finds_it_out(town: Town, season: Season) -> None:
    season.earn_a_day()
    settlement, token = town.contracts.settlement, town.contracts.token
    town.contracts.emissions.emit_due(town.bank)
    settlement.cover_bond(town.sender("settler"), token, "a lie")
    day = town.contracts.emissions.next_day()
    root = settlement.post(town.sender("settler"), b"\x66" * 32, b"\x07" * 32, 1, day)

    told = town.tell("verify", root)
    assert told.exit_code == 1
    town.move_in("watcher", BOND)
    town.run("dispute", root, "--key", "watcher")
    town.decree(settlement, "resolve", root, False)

    # Half of what a lie loses is its challenger's, half the treasury's: lying and finding out oneself costs half.
    assert settlement.free_bond_of(town.addresses["watcher"]) == BOND * FLOCK * 3 // 2
    assert settlement.free_bond_of(town.addresses["settler"]) == 0
    # The truth is posted next, and pays.
    town.move_in("honest", BOND)
    root = town.run("settle", "--key", "honest")["id"]
    assert town.tell("verify", root).exit_code == 0
    town.wait(settlement.window() + 1)
    settlement.activate(town.bank)
    assert town.gained("ann", "rewards", "claim") > 0


def streamed(town: Town, name: str) -> int:
    """All that ever vested for somebody, paid or not."""
    return sum(stream.amount for stream in town.contracts.vesting.streams_of(town.addresses[name]))
