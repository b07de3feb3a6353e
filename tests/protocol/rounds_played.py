"""Rounds of one task on the pure twin, played step by step: what the journeys and the attacks begin with."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from flock.errors import ContractRefused
from flock.protocol.alliance import duties, membership
from flock.protocol.alliance import round_end as settlement
from flock.protocol.alliance import state as alliance
from flock.protocol.alliance.duties import Reveal
from flock.protocol.alliance.round_end import NO_PREIMAGE, Preimage
from flock.protocol.alliance.state import Alliance, Block
from flock.protocol.core import tasks
from flock.protocol.core.commitments import Domain, Vote, sealed_vote
from flock.protocol.core.units import Gm, Wei
from flock.protocol.economy import staking
from flock.protocol.economy.staking import StakingState
from tests.protocol.play import BOUNTY, MINIMUM, PHASE_SECONDS, terms

NOW = 1_800_000_000
CREATOR, KEEPER = "0x" + "c0" * 20, "0x" + "4e" * 20
MEMBERS = ["0x" + f"{i:02x}" * 20 for i in range(1, 41)]
DOMAIN = Domain(31337, "0x" + "aa" * 20)
P, V = 2, 3
SEED_HASH = b"\x01" * 32
LIE = Vote(b"\x09" * 32, 0, 0, supports=False)


def at(seconds: int, number: int = 100) -> Block:
    return Block(number, NOW + seconds)


def empty(**changes: int) -> Alliance:
    """An open task that nobody has joined."""
    return alliance.opened(
        DOMAIN, 1, tasks.create(CREATOR, terms(NOW, **changes), BOUNTY, NOW), StakingState()
    )


def gathered(stakes: list[int] | None = None, **changes: int) -> Alliance:
    """An open task with members who joined, each with a multiple of the minimum stake."""
    state = empty(**changes)
    for account, times in zip(MEMBERS, stakes or [1] * 5, strict=False):
        state = joined(state, account, times)
    return state


def staked(state: Alliance, account: str, times: int = 1) -> Alliance:
    """With so many times the minimum on the task."""
    stake = Gm(times * MINIMUM)
    held = staking.lock(state.staking, account, Wei(stake), 30, NOW)
    return replace(state, staking=staking.allocate(held, account, 1, stake, NOW, minimum=MINIMUM))


def joined(state: Alliance, account: str, times: int = 1, seconds: int = 0) -> Alliance:
    """With one more member."""
    return membership.join(staked(state, account, times), account, account, (), at(seconds))


def left(state: Alliance, account: str, seconds: int = 11) -> Alliance:
    return membership.leave(state, account, account, at(seconds))


def drawn(state: Alliance | None = None) -> Alliance:
    """The first round just opened."""
    started = alliance.start(state or gathered(), CREATOR, at(1, 100))
    return alliance.draw(started, KEEPER, SEED_HASH, at(10, 103))


def honest(state: Alliance) -> Vote:
    """The vote of those who computed what there was to compute."""
    digest = hashlib.sha256(b"candidate %d" % state.round.number).digest()
    return Vote(digest, 0, state.round.proposed, supports=True)


def proposed(state: Alliance, seats: Iterable[int] = range(P)) -> Alliance:
    for seat in seats:
        state = duties.propose(
            state, state.account_at(seat), state.round.number, seat, b"\x02" * 32, at(11, 104)
        )
    return state


def sealed(state: Alliance, votes: dict[int, Vote]) -> tuple[Alliance, list[Reveal]]:
    """Everyone proposes, attests and commits; ``votes`` by voter, honest where none is given."""
    state = proposed(state, range(state.round.proposers))
    number, first = state.round.number, state.round.proposers
    seats = range(first, first + state.round.voters)
    for seat in seats:
        state = duties.attest(state, state.account_at(seat), number, seat, state.round.proposed, at(12, 105))
    salts = {seat: hashlib.sha256(b"salt %d %d" % (number, seat)).digest() for seat in seats}
    reveals = [Reveal(seat, votes.get(seat - first, honest(state)), salts[seat]) for seat in seats]
    for reveal in reveals:
        account = state.account_at(reveal.seat)
        seal = sealed_vote(DOMAIN, 1, number, account, reveal.vote, reveal.salt)
        state = duties.commit_vote(state, account, number, reveal.seat, seal, at(13, 106))
    return state, reveals


def voted(state: Alliance, votes: dict[int, Vote] | None = None, seed_hash: bytes = SEED_HASH) -> Alliance:
    """A round up to its tally, in which everybody did what there was to do."""
    state, reveals = sealed(state, votes or {})
    return duties.reveal_votes(state, state.round.number, reveals, seed_hash, at(14, 108))


def finalised(state: Alliance) -> Alliance:
    """With the honest ballot as the one that won."""
    vote = honest(state)
    return settlement.finalise(state, Preimage(vote.candidate, vote.harmful, vote.rewarded), at(15, 109))


def deserted(state: Alliance) -> Alliance:
    """A round in which nobody did anything, finalised."""
    late = Block(state.drawn_block + 10, state.round.ends_at)
    return settlement.finalise(state, NO_PREIMAGE, late)


def drawn_next(state: Alliance) -> Alliance:
    """The next round, whatever the draw waits for; its first phase ends with the first round's."""
    number = max(200, state.seed_block + 1)
    opened = alliance.draw(state, KEEPER, SEED_HASH, at(20, number))
    return replace(opened, round=replace(opened.round, ends_at=NOW + 11 + PHASE_SECONDS))


def drawn_where(state: Alliance, wanted: Callable[[Alliance], bool]) -> Alliance:
    """The next round, on the first entropy with which it is as ``wanted``."""
    rounds = (drawn_next(replace(state, entropy=entropy)) for entropy in range(10_000))
    return next(opened for opened in rounds if wanted(opened))


def refused(error: str) -> "pytest.RaisesExc[ContractRefused]":
    """The act is refused under the contract's name for the reason."""
    return pytest.raises(ContractRefused, check=lambda raised: raised.error == error)
