"""A real chain with a real task on it, played round by round."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount

from flock.chain.alliance_rounds import AllianceRounds, RevealedVote, RoundView
from flock.chain.anvil import DEVELOPMENT_KEY
from flock.chain.client import Client
from flock.chain.contracts import Contracts
from flock.chain.deployment import Plan, deploy
from flock.chain.sender import Sender, open_sender
from flock.protocol.cid import cid_of, digest_of
from flock.protocol.commitments import Domain, Vote, proposal_commitment, sealed_vote
from flock.protocol.params import AllianceParameters
from flock.protocol.rounds import Phase
from flock.store.database import Database

ADMIN = Account.from_key(DEVELOPMENT_KEY)
FLOCK = 10**18
BOUNTY = 1000 * FLOCK
METADATA = b'{"name":"a task"}'
MODEL = digest_of(b"initial model")


@dataclass
class Alliance:
    """A deployment, a database of senders, and what it takes to play a task on it."""

    client: Client
    contracts: Contracts
    database: Database
    senders: dict[str, Sender] = field(default_factory=dict)

    @property
    def domain(self) -> Domain:
        return Domain(self.contracts.chain_id, self.contracts.alliance_rounds.address)

    def sender(self, account: LocalAccount) -> Sender:
        if account.address not in self.senders:
            self.client.rpc.request("anvil_setBalance", account.address, hex(10**20))
            self.senders[account.address] = open_sender(self.client, account, self.database)
        return self.senders[account.address]

    def create_task(self, **changes: int) -> int:
        now = self.client.now()
        terms = {
            "planned_rounds": 30,
            "proposer_seats": 2,
            "voter_seats": 3,
            "max_members": 10,
            "propose_seconds": 100,
            "attest_seconds": 100,
            "commit_seconds": 100,
            "reveal_seconds": 100,
            "start_by": now + 10_000,
            "ends_at": now + 1_000_000,
            "minimum_stake": 10 * FLOCK,
            "keeper_fee": FLOCK // 10,
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
        staking.allocate_member_stake(sender, task, stake)
        self.contracts.alliance_rounds.join(sender, task, member.address)

    def fund_and_cancel(self, task: int) -> None:
        manager, sender = self.contracts.task_manager, self.sender(ADMIN)
        manager.fund(sender, self.contracts.token, task, 5)
        manager.cancel(sender, task)

    def allocate_to(self, member: LocalAccount, task: int) -> None:
        """Lock one more FLOCK and put it on any task number."""
        self.contracts.token.transfer(self.sender(ADMIN), member.address, FLOCK)
        self.contracts.staking.lock(self.sender(member), self.contracts.token, FLOCK, 30)
        self.contracts.staking.allocate_member_stake(self.sender(member), task, FLOCK)

    def elsewhere(self) -> Contracts:
        """A second deployment on the same chain."""
        plan = Plan(ADMIN.address, ADMIN.address, ADMIN.address)
        return Contracts(self.client, deploy(self.sender(ADMIN), plan))

    def view(self, task: int) -> RoundView:
        return self.contracts.alliance_rounds.round_view(task)

    def pass_time(self, seconds: int) -> None:
        self.client.rpc.request("evm_increaseTime", seconds)
        self.mine(1)

    def mine(self, blocks: int) -> None:
        self.client.rpc.request("anvil_mine", hex(blocks))

    def open_round(self, task: int, keeper: LocalAccount = ADMIN) -> RoundView:
        rounds = self.contracts.alliance_rounds
        if self.view(task).phase is Phase.WAITING:
            rounds.start(self.sender(keeper), task)
        self.mine(3)
        rounds.draw(self.sender(keeper), task, self.view(task).number + 1)
        return self.view(task)


@dataclass
class Play:
    """One task's members, and what they do in a round."""

    alliance: Alliance
    task: int
    members: Sequence[LocalAccount]

    def sender(self, seat: int, view: RoundView) -> Sender:
        account = view.accounts[seat]
        return self.alliance.sender(next(member for member in self.members if member.address == account))

    def update(self, view: RoundView, seat: int) -> bytes:
        """The bytes that the proposer in ``seat`` trains in this round."""
        return f"update of {view.accounts[seat]} in round {view.number}".encode()

    def cid(self, view: RoundView, seat: int) -> str:
        return cid_of(digest_of(self.update(view, seat)))

    def propose(self, view: RoundView, seat: int) -> None:
        digest = digest_of(self.update(view, seat))
        commitment = proposal_commitment(
            self.alliance.domain, self.task, view.number, view.accounts[seat], digest
        )
        self.rounds.propose(self.sender(seat, view), self.task, view.number, seat, commitment)

    def attest(self, view: RoundView, seat: int, bitmap: int) -> None:
        self.rounds.attest(self.sender(seat, view), self.task, view.number, seat, bitmap)

    def vote(self, view: RoundView, votes: dict[int, Vote]) -> None:
        """Commit, then reveal, the votes by seat."""
        opened = [RevealedVote(seat, vote, digest_of(bytes([seat]))) for seat, vote in votes.items()]
        for reveal in opened:
            sealed = sealed_vote(
                self.alliance.domain,
                self.task,
                view.number,
                view.accounts[reveal.seat],
                reveal.vote,
                reveal.salt,
            )
            self.rounds.commit_vote(
                self.sender(reveal.seat, view), self.task, view.number, reveal.seat, sealed
            )
        self.rounds.reveal_votes(self.alliance.sender(ADMIN), self.task, view.number, opened)

    def play(
        self, *, supports: bool = True, liar: str | None = None, harmful: str | None = None
    ) -> RoundView:
        """A whole round: all propose and attest; honest voters say ``supports``, a ``liar`` the opposite.

        The update of ``harmful``, if it sits as a proposer, is marked so.
        """
        view = self.alliance.open_round(self.task)
        everyone = (1 << view.proposers) - 1
        for seat in range(view.proposers):
            self.propose(view, seat)
        bad = sum(1 << seat for seat in range(view.proposers) if view.accounts[seat] == harmful)
        candidate = digest_of(f"candidate {view.number}".encode())
        voters = range(view.proposers, view.proposers + view.voters)
        for seat in voters:
            self.attest(view, seat, everyone)
        self.vote(
            view,
            {
                seat: Vote(candidate, bad, everyone & ~bad, supports != (view.accounts[seat] == liar))
                for seat in voters
            },
        )
        self.rounds.finalise(
            self.alliance.sender(ADMIN), self.task, view.number, candidate, bad, everyone & ~bad
        )
        return view

    def nobody_comes(self) -> None:
        """A round in which no one does anything, closed after its deadline."""
        view = self.alliance.open_round(self.task)
        self.alliance.pass_time(101)
        self.rounds.finalise(self.alliance.sender(ADMIN), self.task, view.number, bytes(32), 0, 0)

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


@pytest.fixture
def alliance(contracts: Contracts, database: Database) -> Alliance:
    return Alliance(contracts.client, contracts, database)


@pytest.fixture
def play(alliance: Alliance, members: list[LocalAccount]) -> Play:
    task = alliance.create_task()
    for number, member in enumerate(members):
        alliance.join(task, member, stake=(10 + 10 * (number % 3)) * FLOCK)
    return Play(alliance, task, members)
