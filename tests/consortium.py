"""Three members of an Alliance on a real chain, over days: what a settlement of real events is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from eth_account.signers.local import LocalAccount

from flock.chain.contracts.alliance_rounds import RevealedVote
from flock.chain.contracts.deployed import Contracts
from flock.chain.sending.sender import Sender
from flock.protocol.core.commitments import Vote, sealed_vote
from flock.protocol.core.units import DAY
from flock.protocol.economy.emissions import day_of
from tests.chain.test_alliance_rounds import METADATA, SALT, STAKE, Table, parameters
from tests.conftest import FLOCK, Decree, SenderOf

BOUNTY = 1_000 * FLOCK
ROUNDS = 50
WEIGHT = 100


@dataclass
class Sitting(Table):
    """Every round has a candidate of its own: one that changes nothing would decide nothing."""

    @property
    def vote(self) -> Vote:
        return Vote(self.view.number.to_bytes(32, "big"), harmful=0, rewarded=0b1, supports=True)

    def sealed(self, seat: int) -> bytes:
        return sealed_vote(self.domain, self.task, self.view.number, self.at(seat).address, self.vote, SALT)

    def reveal(self) -> None:
        self.mine(2)  # past the block that the last sealed vote named
        votes = [RevealedVote(seat, self.vote, SALT) for seat in (1, 2)]
        self.contracts.alliance_rounds.reveal_votes(self.keeper, self.task, self.view.number, votes)

    def finalise(self) -> None:
        number, candidate = self.view.number, self.vote.candidate
        self.contracts.alliance_rounds.finalise(self.keeper, self.task, number, candidate, 0, 0b1)


@dataclass
class Consortium:
    """A task with a weight; every round it plays is accepted, and pays all three."""

    contracts: Contracts
    table: Sitting
    keeper: Sender

    @property
    def task(self) -> int:
        return self.table.task

    @property
    def members(self) -> list[Sender]:
        return list(self.table.senders.values())

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
        contracts = self.contracts
        contracts.staking.lock(member, contracts.token, 2 * STAKE, 90)
        contracts.staking.allocate(member, self.task, STAKE)
        contracts.alliance_rounds.join(member, self.task, member.address)
        self.table.senders[member.address] = member

    def play_round(self) -> None:
        self.table.open_round()
        self.finish_round()

    def finish_round(self) -> None:
        self.table.propose()
        self.table.attest()
        self.table.commit()
        self.table.reveal()
        self.table.finalise()

    def emit(self) -> None:
        """Emit all that is due."""
        while self.contracts.emissions.is_due():
            self.contracts.emissions.emit_due(self.keeper)

    def earn_a_day(self) -> None:
        """A day with one round, over and emitted."""
        self.play_round()
        self.night()
        self.emit()


def found(
    contracts: Contracts,
    rich: Callable[[], LocalAccount],
    sender_of: SenderOf,
    admin: LocalAccount,
    decree: Decree,
) -> Consortium:
    """Three members with equal stakes, the evening before their first whole day."""
    keeper = sender_of(admin)
    consortium = Consortium(contracts, Sitting(contracts, 0, keeper, {}), keeper)
    consortium.night()
    now = contracts.client.now()
    terms = replace(
        parameters(now), planned_rounds=ROUNDS, start_by=now + 10 * DAY, ends_at=now + 60 * DAY, keeper_fee=0
    )
    task = contracts.task_manager.create(keeper, contracts.token, terms, METADATA, BOUNTY)
    decree(contracts.emissions, "setWeight", task, WEIGHT)
    consortium.table = Sitting(contracts, task, keeper, {})
    for _ in range(3):
        consortium.welcome(sender_of(rich()))
    consortium.play_round()
    consortium.night()
    return consortium
