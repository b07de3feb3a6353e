"""The duties of a round: propose, attest, commit and reveal; the pure twin of AllianceRounds.

State before to state after, or ContractRefused, as in ``flock.protocol.alliance``. ``number`` is the round
the duty is meant for, so that a late one does not count in the next.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flock.protocol.alliance import rounds
from flock.protocol.alliance.rounds import Phase, Voter
from flock.protocol.alliance.state import Alliance, Block, is_open, require_acts_for, require_phase, ticked
from flock.protocol.core import commitments
from flock.protocol.core.commitments import Vote
from flock.protocol.core.hashing import ZERO
from flock.protocol.core.refusals import require


@dataclass(frozen=True)
class Reveal:
    """The preimage of one seat's sealed vote."""

    seat: int
    vote: Vote
    salt: bytes


def duty_of(state: Alliance, account: str, at: Block) -> int:
    """The number of the open round in which an account has a seat, 0 if it has none.

    While it has one, delegation can leave its pool only if that was requested before.
    """
    current = ticked(state, at.time).round
    is_seated = is_open(current.phase) and state.id_of(account) in state.seats.members
    return current.number if is_seated else 0


def propose(state: Alliance, caller: str, number: int, seat: int, commitment: bytes, at: Block) -> Alliance:
    """Record a proposer's commitment."""
    state = _in_phase(state, number, Phase.PROPOSE, at)
    require(seat < state.round.proposers, "NoSuchSeat")
    require(not state.round.proposed >> seat & 1, "AlreadyDone")
    require(commitment != ZERO, "CommitmentIsZero")
    require_acts_for(state, state.account_at(seat), caller, at)
    return replace(state, round=rounds.propose(state.round, seat, at.time, state.parameters.durations))


def attest(state: Alliance, caller: str, number: int, seat: int, bitmap: int, at: Block) -> Alliance:
    """Record which proposals the voter in a seat attests."""
    state = _in_phase(state, number, Phase.ATTEST, at)
    voter = _voter_in(state, seat)
    require(state.round.voter(voter) is Voter.NONE, "AlreadyDone")
    require(bitmap & ~state.round.proposed == 0, "AttestsAMissingProposal")
    require_acts_for(state, state.account_at(seat), caller, at)
    work = replace(state.work, bitmaps={**state.work.bitmaps, voter: bitmap})
    return _advanced(replace(state, work=work), voter, Voter.ATTESTED, at)


def commit_vote(state: Alliance, caller: str, number: int, seat: int, sealed: bytes, at: Block) -> Alliance:
    """Commit the voter in a seat to a vote; the next draw depends on the block after the last of them."""
    state = _in_phase(state, number, Phase.COMMIT, at)
    voter = _voter_in(state, seat)
    require(state.round.voter(voter) is not Voter.NONE, "AttestFirst")
    require(state.round.voter(voter) is Voter.ATTESTED, "AlreadyDone")
    require_acts_for(state, state.account_at(seat), caller, at)
    work = replace(state.work, sealed={**state.work.sealed, voter: sealed})
    return _advanced(replace(state, work=work, seed_block=at.number + 1), voter, Voter.COMMITTED, at)


def reveal_votes(
    state: Alliance, number: int, reveals: Sequence[Reveal], seed_hash: bytes | None, at: Block
) -> Alliance:
    """Open sealed votes; the phase ends when none is left sealed.

    ``seed_hash`` is the hash of the seed block, None if the chain has forgotten it. The first call of a round puts
    it into the entropy: nobody knew it when sealing a vote, and nobody can choose it once votes are known. Without
    it the call opens nothing and names another block.
    """
    state = _in_phase(state, number, Phase.REVEAL, at)
    if not reveals:
        return state
    if not state.work.votes:
        require(at.number > state.seed_block, "SeedIsNotReady")
        if seed_hash is None:
            return replace(state, seed_block=at.number + 1)
        state = replace(state, seed_block=0, entropy=state.entropy ^ int.from_bytes(seed_hash, "big"))
    for reveal in reveals:
        state = _revealed(state, reveal)
    return replace(state, round=rounds.hurry(state.round, at.time, state.parameters.durations))


def _revealed(state: Alliance, reveal: Reveal) -> Alliance:
    voter = _voter_in(state, reveal.seat)
    if state.round.voter(voter) is Voter.REVEALED:
        return state
    require(state.round.voter(voter) is Voter.COMMITTED, "CommitFirst")
    require(reveal.vote.harmful & reveal.vote.rewarded == 0, "HarmfulAndRewardedOverlap")
    require(state.work.sealed[voter] == _seal(state, reveal), "RevealDoesNotMatch")
    return replace(
        state,
        round=rounds.mark_voter(state.round, voter, Voter.REVEALED),
        work=replace(state.work, votes={**state.work.votes, voter: reveal.vote}),
        entropy=state.entropy ^ int.from_bytes(reveal.salt, "big"),
    )


def _seal(state: Alliance, reveal: Reveal) -> bytes:
    account = state.account_at(reveal.seat)
    return commitments.sealed_vote(
        state.domain, state.task_id, state.round.number, account, reveal.vote, reveal.salt
    )


def _in_phase(state: Alliance, number: int, expected: Phase, at: Block) -> Alliance:
    now = ticked(state, at.time)
    require(now.round.number == number, "RoundIsOver")
    require_phase(now, expected)
    return now


def _voter_in(state: Alliance, seat: int) -> int:
    first = state.round.proposers
    require(first <= seat < first + state.round.voters, "NoSuchSeat")
    return seat - first


def _advanced(state: Alliance, voter: int, reached: Voter, at: Block) -> Alliance:
    marked = rounds.mark_voter(state.round, voter, reached)
    return replace(state, round=rounds.hurry(marked, at.time, state.parameters.durations))
