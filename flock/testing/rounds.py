"""Rounds of an Alliance on a local chain, played by one program that has every member's key."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from flock.chain.contracts.alliance_rounds import AllianceRounds, RevealedVote, RoundView
from flock.chain.contracts.deployed import Contracts
from flock.chain.sending.sender import Sender
from flock.protocol.alliance.rounds import Phase
from flock.protocol.alliance.votes import Ballots, decide
from flock.protocol.core.cid import digest_of
from flock.protocol.core.commitments import Vote, proposal_commitment, sealed_vote
from flock.protocol.core.hashing import ZERO
from flock.protocol.core.units import Gm, Wei

SEED_BLOCKS = 3
"""Blocks after which the hash that a draw or an opened vote waits for is there."""
LOCK_DAYS = 30


@dataclass
class RoundDriver:
    """Plays the rounds of one task, whole with ``play`` or step by step. Nothing is trained: updates are any bytes.

    ``members`` are senders by account, whose own key they are; ``keeper`` pays for all that anybody may do.
    """

    contracts: Contracts
    task: int
    keeper: Sender
    members: dict[str, Sender] = field(default_factory=dict)

    @property
    def rounds(self) -> AllianceRounds:
        """The binding of the contract."""
        return self.contracts.alliance_rounds

    @property
    def view(self) -> RoundView:
        """The task's round as it is now."""
        return self.rounds.round_view(self.task)

    @property
    def proposers(self) -> range:
        """The seats of proposers in the open round."""
        return range(self.view.proposers)

    @property
    def voters(self) -> range:
        """The seats of voters in the open round."""
        view = self.view
        return range(view.proposers, view.proposers + view.voters)

    def at(self, seat: int) -> Sender:
        """Who sits in ``seat`` of the open round."""
        return self.members[self.view.accounts[seat]]

    # ---- members, blocks and time

    def join(self, member: Sender, stake: Gm, *, locked: Wei | None = None, days: int = LOCK_DAYS) -> None:
        """Lock FLOCK that ``member`` has, stake it on the task, and join; ``locked`` is as much if it is None."""
        flock = Wei(stake) if locked is None else locked
        self.contracts.staking.lock(member, self.contracts.token, flock, days)
        self.contracts.staking.allocate(member, self.task, stake)
        self.rounds.join(member, self.task, member.address)
        self.members[member.address] = member

    def mine(self, blocks: int = 1) -> None:
        """Mine empty blocks."""
        self.contracts.client.rpc.request("anvil_mine", hex(blocks))

    def outlast(self) -> None:
        """Let the deadline of the open phase pass."""
        left = self.view.ends_at - self.contracts.client.now()
        self.contracts.client.rpc.request("evm_increaseTime", max(0, left) + 1)
        self.mine()

    # ---- a round, step by step

    def open(self) -> RoundView:
        """Start the task if it waits, and draw; the round that is open then."""
        view = self.view
        if view.phase is Phase.WAITING:
            self.rounds.start(self.keeper, self.task)
        self.mine(SEED_BLOCKS)
        self.rounds.draw(self.keeper, self.task, view.number + 1)
        return self.view

    def update(self, seat: int) -> bytes:
        """The bytes that the proposer in ``seat`` of the open round has trained."""
        view = self.view
        return f"update of {view.accounts[seat]} in round {view.number}".encode()

    def propose(self, seats: Collection[int] | None = None) -> dict[int, bytes]:
        """Commit these proposers, all if it is None, to their updates; the commitments by seat."""
        number, made = self.view.number, {}
        for seat in self.proposers if seats is None else seats:
            account, digest = self.at(seat).address, digest_of(self.update(seat))
            made[seat] = proposal_commitment(self.rounds.domain, self.task, number, account, digest)
            self.rounds.propose(self.at(seat), self.task, number, seat, made[seat])
        return made

    def attest(self, seats: Collection[int] | None = None, bitmap: int | None = None) -> None:
        """Let these voters, all if it is None, attest the proposals in ``bitmap``, all if it is None."""
        number, held = self.view.number, self.view.proposed if bitmap is None else bitmap
        for seat in self.voters if seats is None else seats:
            self.rounds.attest(self.at(seat), self.task, number, seat, held)

    def ballot(self, *, harmful: int = 0, supports: bool = True) -> Vote:
        """The vote of a voter that has computed everything; ``harmful`` is a bitmap by seat."""
        view = self.view
        candidate = digest_of(f"candidate of round {view.number} of task {self.task}".encode())
        return Vote(candidate, harmful, view.proposed & ~harmful, supports)

    def sealed(self, seat: int, vote: Vote) -> bytes:
        """The commitment of the voter in ``seat`` to ``vote``."""
        account, number = self.view.accounts[seat], self.view.number
        return sealed_vote(self.rounds.domain, self.task, number, account, vote, self.salt(seat))

    def salt(self, seat: int) -> bytes:
        """What seals the vote of ``seat`` in the open round."""
        return digest_of(f"salt of seat {seat} in round {self.view.number} of task {self.task}".encode())

    def commit(self, votes: Mapping[int, Vote]) -> None:
        """Seal the votes, by seat."""
        number = self.view.number
        for seat, vote in votes.items():
            self.rounds.commit_vote(self.at(seat), self.task, number, seat, self.sealed(seat, vote))

    def reveal(self, votes: Mapping[int, Vote]) -> None:
        """Open the votes, by seat, once the block that the next draw depends on is past."""
        self.mine(SEED_BLOCKS)
        opened = [RevealedVote(seat, vote, self.salt(seat)) for seat, vote in votes.items()]
        self.rounds.reveal_votes(self.keeper, self.task, self.view.number, opened)

    def finalise(self, winner: Vote | None = None) -> None:
        """Finalise the open round, whose ``winner`` is the ballot that won; None if none did."""
        ballot = winner or Vote(ZERO, 0, 0, supports=False)
        self.rounds.finalise(
            self.keeper, self.task, self.view.number, ballot.candidate, ballot.harmful, ballot.rewarded
        )

    # ---- a round, whole

    def play(
        self, vote: Callable[[int], Vote] | None = None, *, keeping_back: Collection[str] = ()
    ) -> RoundView:
        """A round in which everybody does all duties; as it was when it opened.

        ``vote`` says how a seat votes, as ``ballot`` has it if it is None. The accounts ``keeping_back`` seal a vote
        and never open it.
        """
        self.open()
        return self.finish(vote, keeping_back=keeping_back)

    def finish(
        self, vote: Callable[[int], Vote] | None = None, *, keeping_back: Collection[str] = ()
    ) -> RoundView:
        """The same for a round that is open, and in which nobody has done anything yet."""
        view = self.view
        self.propose()
        self.attest()
        cast = {seat: vote(seat) if vote else self.ballot() for seat in self.voters}
        told = {seat: each for seat, each in cast.items() if view.accounts[seat] not in keeping_back}
        self.commit(cast)
        self.reveal(told)
        if len(told) < len(cast):
            self.outlast()
        self.finalise(self._winner(view, told))
        return view

    def miss(self) -> RoundView:
        """A round in which nobody does anything; as it was when it opened."""
        view = self.open()
        self.outlast()
        self.finalise()
        return view

    def _winner(self, view: RoundView, told: Mapping[int, Vote]) -> Vote | None:
        """A vote for the ballot that won, by the rules."""
        votes = {seat - view.proposers: vote for seat, vote in told.items()}
        return decide(Ballots(votes, view.weights[view.proposers :]), view.model).winner
