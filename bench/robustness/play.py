"""One task on the pure twin of the contracts, with a clock and blocks of its own."""

import hashlib
from collections.abc import Callable, Mapping

from flock.protocol.alliance import duties, membership
from flock.protocol.alliance import round_end as settlement
from flock.protocol.alliance import state as alliance
from flock.protocol.alliance.attestation import attested_set
from flock.protocol.alliance.duties import Reveal
from flock.protocol.alliance.params import AllianceParameters
from flock.protocol.alliance.round_end import NO_PREIMAGE, Preimage
from flock.protocol.alliance.rounds import Phase
from flock.protocol.alliance.state import Alliance, Block
from flock.protocol.alliance.votes import Ballots, has_outage, winning_key
from flock.protocol.core import commitments, tasks
from flock.protocol.core.commitments import Domain, Vote
from flock.protocol.core.units import Gm, Wei, bits
from flock.protocol.economy import staking
from flock.protocol.economy.staking import StakingState

DOMAIN = Domain(31337, "0x" + "a1" * 20)
TASK = 1
KEEPER = "0x" + "ee" * 20
LOCK_DAYS = 30


def account(member: int) -> str:
    """The address of member number ``member``, from 0."""
    return f"0x{member + 1:040x}"


class Play:
    """Members number 0 … n − 1 have joined with ``stake`` each, and the first draw is pending.

    ``number`` of a member is its place in the list; its id on chain is one more.
    """

    def __init__(
        self, members: int, stake: Gm, parameters: AllianceParameters, bounty: Wei, now: int, seed: int
    ):
        self._at = Block(1, now)
        self._seed = seed
        task = tasks.create(KEEPER, parameters, bounty, now)
        self.state = alliance.opened(
            DOMAIN, TASK, task, _staked(members, stake, parameters.minimum_stake, now)
        )
        for member in range(members):
            self._do(membership.join, account(member), account(member), ())
        self._do(alliance.start, KEEPER)

    @property
    def number(self) -> int:
        """The round under way."""
        return self.state.round.number

    @property
    def phase(self) -> Phase:
        """The phase that the clock says."""
        return alliance.ticked(self.state, self._at.time).round.phase

    @property
    def goes_on(self) -> bool:
        """Whether another draw is pending."""
        return self.state.round.phase is Phase.SEEDED

    @property
    def proposers(self) -> tuple[int, ...]:
        """Members in the proposer seats."""
        return tuple(i - 1 for i in self.state.seats.members[: self.state.round.proposers])

    @property
    def voters(self) -> tuple[int, ...]:
        """Members in the voter seats."""
        return tuple(i - 1 for i in self.state.seats.members[self.state.round.proposers :])

    @property
    def voter_weights(self) -> tuple[int, ...]:
        """Weights of the voter seats."""
        return self.state.seats.weights[self.state.round.proposers :]

    @property
    def attested(self) -> tuple[int, ...]:
        """Proposer seats that are in."""
        attesting = sum(self.voter_weights[voter] for voter in self.state.work.bitmaps)
        return bits(attested_set(self.state.tallies(), attesting))

    @property
    def has_outage(self) -> bool:
        """Whether over half of a role's weight is absent from the round."""
        proposers = self.state.round.proposers
        return has_outage(self.ballots, self.state.seats.weights[:proposers], self.state.round.proposed)

    @property
    def ballots(self) -> Ballots:
        """The votes revealed so far."""
        return Ballots(self.state.work.votes, self.voter_weights)

    def draw(self) -> None:
        """Open the next round."""
        self._wait(blocks=alliance.SEED_DELAY + 1)
        self.state = alliance.draw(self.state, KEEPER, self._block_hash(), self._at)

    def propose(self, seat: int, digest: bytes) -> None:
        """Commit the proposer in a seat to an update."""
        who = self.state.account_at(seat)
        commitment = commitments.proposal_commitment(DOMAIN, TASK, self.number, who, digest)
        self._do(duties.propose, who, self.number, seat, commitment)

    def attest(self, voter: int, seats: int) -> None:
        """A voter vouches for a bitmap of proposer seats."""
        seat = self.state.round.proposers + voter
        self._do(duties.attest, self.state.account_at(seat), self.number, seat, seats)

    def seal(self, voter: int, vote: Vote) -> bytes:
        """What a voter puts on chain for its vote."""
        who = self.state.account_at(self.state.round.proposers + voter)
        return commitments.sealed_vote(DOMAIN, TASK, self.number, who, vote, self._salt(voter))

    def commit(self, voter: int, sealed: bytes) -> None:
        """Put a sealed vote on chain."""
        seat = self.state.round.proposers + voter
        self._do(duties.commit_vote, self.state.account_at(seat), self.number, seat, sealed)

    def reveal(self, votes: Mapping[int, Vote]) -> None:
        """Open the sealed votes of these voters.

        Raises ContractRefused where a vote is not what its voter has sealed.
        """
        first = self.state.round.proposers
        reveals = [Reveal(first + voter, vote, self._salt(voter)) for voter, vote in votes.items()]
        self._wait(blocks=2)
        self.state = duties.reveal_votes(self.state, self.number, reveals, self._block_hash(), self._at)

    def close_phase(self, phase: Phase) -> None:
        """Let the time of a phase run out, if it still waits for somebody."""
        if self.phase is phase:
            self._wait(seconds=self.state.parameters.durations.of(phase))

    def finalise(self) -> None:
        """Settle the round."""
        ballots = self.ballots
        key = winning_key(ballots)
        won = next((vote for vote in ballots.revealed.values() if vote.key == key), None)
        spelt = Preimage(won.candidate, won.harmful, won.rewarded) if won else NO_PREIMAGE
        self._do(settlement.finalise, spelt)

    def stake_of(self, member: int) -> Gm:
        """What a member has left on the task."""
        return self.state.staking.allocation_of(account(member), TASK).gm

    def credit_of(self, member: int) -> Wei:
        """What a member has earned."""
        return self.state.ledger_of(account(member)).earned

    def _block_hash(self) -> bytes:
        return hashlib.sha256(b"block %d %d" % (self._seed, self._at.number)).digest()

    def _salt(self, voter: int) -> bytes:
        return hashlib.sha256(b"salt %d %d %d" % (self._seed, self.number, voter)).digest()

    def _do(self, act: Callable[..., Alliance], *arguments: object) -> None:
        self.state = act(self.state, *arguments, self._at)

    def _wait(self, blocks: int = 1, seconds: int = 0) -> None:
        self._at = Block(self._at.number + blocks, self._at.time + max(blocks, seconds))


def _staked(members: int, stake: Gm, minimum: Gm, now: int) -> StakingState:
    state = StakingState()
    for who in map(account, range(members)):
        state = staking.lock(state, who, Wei(stake), LOCK_DAYS, now)
        state = staking.allocate(state, who, TASK, stake, now, minimum=minimum)
    return state
