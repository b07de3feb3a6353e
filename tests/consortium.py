"""Three members of an Alliance on a real chain, over days: what a settlement of real events is made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

import pytest
from eth_account.signers.local import LocalAccount

from flock.chain.address_book import AddressBook
from flock.chain.client import Client
from flock.chain.contracts.deployed import Contracts
from flock.chain.sending.sender import Sender
from flock.protocol.core.units import DAY, Wei
from flock.protocol.economy.emissions import day_of
from flock.testing import RoundDriver
from tests.chain.test_alliance_rounds import METADATA, STAKE, parameters
from tests.conftest import (
    FLOCK,
    SenderOf,
    decrees,
    fresh_database,
    rich_accounts,
    senders,
    undone,
)

BOUNTY = 1_000 * FLOCK
ROUNDS = 50
WEIGHT = 100


@dataclass
class Consortium:
    """A task with a weight; every round it plays is accepted, and pays all three."""

    contracts: Contracts
    table: RoundDriver
    keeper: Sender

    @property
    def task(self) -> int:
        return self.table.task

    @property
    def members(self) -> list[Sender]:
        return list(self.table.members.values())

    @property
    def today(self) -> int:
        return day_of(self.contracts.client.now())

    def night(self, days: int = 1) -> None:
        """The next day begins."""
        rpc = self.contracts.client.rpc
        rpc.request("evm_setNextBlockTimestamp", hex((self.today + days) * DAY + 1))
        rpc.request("anvil_mine", "0x1")

    def outlast_the_window(self) -> None:
        """A root that is posted now can be disputed no more."""
        self.night(2)

    def wait(self, seconds: int) -> None:
        self.contracts.client.rpc.request("evm_increaseTime", seconds)
        self.contracts.client.rpc.request("anvil_mine", "0x1")

    def welcome(self, member: Sender) -> None:
        """Another member, with as much stake as the others."""
        self.table.join(member, STAKE, locked=Wei(2 * STAKE), days=90)

    def play_round(self) -> None:
        self.table.play()

    def emit(self) -> None:
        """Emit all that is due."""
        while self.contracts.emissions.is_due():
            self.contracts.emissions.emit_due(self.keeper)

    def earn_a_day(self) -> None:
        """A day with one round, over and emitted."""
        self.play_round()
        self.night()
        self.emit()


@dataclass(frozen=True)
class Founded:
    """A task of three members, on the chain of the session."""

    task: int
    members: Sequence[LocalAccount]


@pytest.fixture(scope="module")
def founded(
    client: Client, deployed: AddressBook, admin: LocalAccount, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Founded]:
    """What all tests of a module begin with, made once."""
    contracts = Contracts(client, deployed)
    with closing(fresh_database(tmp_path_factory.mktemp("consortium") / "flock.db")) as database:
        sender_of = senders(client, database)
        rich = rich_accounts(contracts, sender_of(admin))
        with undone(client):
            yield found(contracts, [rich() for _ in range(3)], sender_of, admin)


@pytest.fixture
def consortium(
    founded: Founded, contracts: Contracts, sender_of: SenderOf, admin: LocalAccount
) -> Consortium:
    """Three members with equal stakes, the evening before their first whole day."""
    keeper, members = sender_of(admin), [sender_of(member) for member in founded.members]
    table = RoundDriver(contracts, founded.task, keeper, {member.address: member for member in members})
    return Consortium(contracts, table, keeper)


def found(
    contracts: Contracts, members: Sequence[LocalAccount], sender_of: SenderOf, admin: LocalAccount
) -> Founded:
    """Let ``members`` join a new task and play its first round; the next day has begun."""
    keeper = sender_of(admin)
    consortium = Consortium(contracts, RoundDriver(contracts, 0, keeper), keeper)
    consortium.night()
    now = contracts.client.now()
    terms = replace(
        parameters(now), planned_rounds=ROUNDS, start_by=now + 10 * DAY, ends_at=now + 60 * DAY, keeper_fee=0
    )
    task = contracts.task_manager.create(keeper, contracts.token, terms, METADATA, BOUNTY)
    decrees(contracts)(contracts.emissions, "setWeight", task, WEIGHT)
    consortium.table = RoundDriver(contracts, task, keeper)
    for member in members:
        consortium.welcome(sender_of(member))
    consortium.play_round()
    consortium.night()
    return Founded(task, members)
