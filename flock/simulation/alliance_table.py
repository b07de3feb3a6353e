"""One Alliance task on the pure twin of the contracts: applies the rules to its members' actions.

It knows nothing about strategies; these are in ``flock.simulation.alliance_season``.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from flock.protocol.alliance import duties, membership, sortition
from flock.protocol.alliance import round_end as settlement
from flock.protocol.alliance import state as alliance
from flock.protocol.alliance.duties import Reveal
from flock.protocol.alliance.params import AllianceParameters
from flock.protocol.alliance.round_end import NO_PREIMAGE, Preimage
from flock.protocol.alliance.rounds import Phase
from flock.protocol.alliance.state import Alliance, Block
from flock.protocol.alliance.votes import Ballots, winning_key
from flock.protocol.core import commitments, tasks
from flock.protocol.core.commitments import Domain, Vote
from flock.protocol.core.units import Gm, Wei
from flock.protocol.economy import staking
from flock.protocol.economy.staking import StakingState

TASK = 1
DOMAIN = Domain(31337, "0x" + "a1" * 20)
CREATOR = KEEPER = "0x" + "ee" * 20
LOCK_DAYS = 30


class RoundTable:
    """A task that is open. Accounts are any names; ``now`` is the time of the next act, in Unix seconds."""

    def __init__(self, parameters: AllianceParameters, bounty: Wei, now: int, seed: int) -> None:
        self._seed = seed
        self.at = Block(1, now)
        self.state = alliance.opened(
            DOMAIN, TASK, tasks.create(CREATOR, parameters, bounty, now), StakingState()
        )

    # ---- stakes and members

    def stake(self, account: str, gm: Gm) -> None:
        """Lock so much FLOCK, at one gmFLOCK each, and put it on the task."""
        stakes = staking.lock(self.state.staking, account, Wei(gm), LOCK_DAYS, self.at.time)
        minimum = self.state.parameters.minimum_stake
        stakes = staking.allocate(stakes, account, TASK, gm, self.at.time, minimum=minimum)
        self.state = replace(self.state, staking=stakes)

    def stake_of(self, account: str) -> Gm:
        """What the account has on the task."""
        return self.state.staking.allocation_of(account, TASK).gm

    def take_back(self, account: str) -> None:
        """Take all its stake off the task; the lock stays."""
        minimum, gm = self.state.parameters.minimum_stake, self.stake_of(account)
        stakes = staking.deallocate(self.state.staking, account, TASK, gm, self.at.time, minimum=minimum)
        self.state = replace(self.state, staking=stakes)

    def join(self, account: str) -> None:
        """Enter the list."""
        self._do(membership.join, account, account, ())

    def leave(self, account: str) -> None:
        """Ask to leave, or to have what was retained."""
        self._do(membership.leave, account, account)

    def start(self, caller: str) -> None:
        """Begin, or go on after a wait for members."""
        self._do(alliance.start, caller)

    # ---- a round

    @property
    def phase(self) -> Phase:
        """The phase that the clock says."""
        return alliance.ticked(self.state, self.at.time).round.phase

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts in the seats of the open round, proposers first."""
        return tuple(map(self.state.account_at, range(len(self.state.seats.members))))

    @property
    def proposers(self) -> tuple[str, ...]:
        """The accounts in the proposer seats."""
        return self.accounts[: self.state.round.proposers]

    @property
    def voters(self) -> tuple[str, ...]:
        """The accounts in the voter seats."""
        return self.accounts[self.state.round.proposers :]

    @property
    def ballots(self) -> Ballots:
        """The votes opened so far."""
        return Ballots(self.state.work.votes, self.state.seats.weights[self.state.round.proposers :])

    def draw(self) -> None:
        """Open the next round, once its seed is known."""
        self.wait(blocks=max(1, self.state.seed_block - self.at.number + 1))
        self.state = alliance.draw(self.state, KEEPER, self._hash_of(self.state.seed_block), self.at)

    def propose(self, seats: Iterable[int]) -> None:
        """These proposers commit to updates; the others are waited for."""
        for seat in seats:
            commitment = hashlib.sha256(b"%d %d" % (self.state.round.number, seat)).digest()
            self._duty(duties.propose, seat, commitment)
        self._close(Phase.PROPOSE)

    def attest(self, bitmaps: Mapping[int, int]) -> None:
        """Voters, by their place among the voters, vouch for bitmaps of proposals."""
        for voter, bitmap in bitmaps.items():
            self._duty(duties.attest, self.state.round.proposers + voter, bitmap)
        self._close(Phase.ATTEST)

    def commit(self, votes: Mapping[int, Vote]) -> None:
        """Voters seal their votes."""
        for voter, vote in votes.items():
            seat = self.state.round.proposers + voter
            who, salt = self.accounts[seat], self._salt(voter)
            sealed = commitments.sealed_vote(DOMAIN, TASK, self.state.round.number, who, vote, salt)
            self._duty(duties.commit_vote, seat, sealed)
        self._close(Phase.COMMIT)

    def reveal(self, votes: Mapping[int, Vote]) -> None:
        """These voters open their votes; the others keep theirs back."""
        if self.phase is Phase.REVEAL and votes:
            self._past_the_seed_block()
            self.state = self._revealed(votes)
        self._close(Phase.REVEAL)

    def next_seats(self, votes: Mapping[int, Vote]) -> tuple[str, ...]:
        """The seats of the next round if all these votes are revealed: what its voters can foresee."""
        self._past_the_seed_block()
        foreseen = self._revealed(votes)
        number, seats = foreseen.round.number + 1, foreseen.parameters.seats
        seed = sortition.seed(bytes(32), foreseen.entropy, DOMAIN, TASK, number)
        positions = sortition.draw(seed, foreseen.eligible, seats)
        return tuple(foreseen.member(foreseen.listed[position]).account for position in positions)

    def finalise(self) -> None:
        """Settle the round."""
        key = winning_key(self.ballots)
        won = next((vote for vote in self.ballots.revealed.values() if vote.key == key), None)
        spelt = Preimage(won.candidate, won.harmful, won.rewarded) if won else NO_PREIMAGE
        self._do(settlement.finalise, spelt)

    def close(self) -> None:
        """End the task, whatever is left of it."""
        if self.state.round.phase is not Phase.ENDED:
            self.at = Block(self.at.number + 1, max(self.at.time, self.state.parameters.ends_at))
        self._do(settlement.close)

    def wait(self, blocks: int = 1, seconds: int = 0) -> None:
        """Let time pass."""
        self.at = Block(self.at.number + blocks, self.at.time + max(blocks, seconds))

    # ---- pieces

    def _do(self, act: Callable[..., Alliance], *arguments: object) -> None:
        self.state = act(self.state, *arguments, self.at)

    def _duty(self, act: Callable[..., Alliance], seat: int, *what: object) -> None:
        self._do(act, self.accounts[seat], self.state.round.number, seat, *what)

    def _close(self, phase: Phase) -> None:
        if self.phase is phase:
            self.wait(seconds=self.state.parameters.durations.of(phase))

    def _past_the_seed_block(self) -> None:
        self.wait(blocks=max(1, self.state.seed_block - self.at.number + 1))

    def _revealed(self, votes: Mapping[int, Vote]) -> Alliance:
        first, number = self.state.round.proposers, self.state.round.number
        reveals = [Reveal(first + voter, vote, self._salt(voter)) for voter, vote in votes.items()]
        return duties.reveal_votes(self.state, number, reveals, self._hash_of(self.state.seed_block), self.at)

    def _hash_of(self, block: int) -> bytes:
        return hashlib.sha256(b"block %d %d" % (self._seed, block)).digest()

    def _salt(self, voter: int) -> bytes:
        return hashlib.sha256(b"salt %d %d %d" % (self._seed, self.state.round.number, voter)).digest()
