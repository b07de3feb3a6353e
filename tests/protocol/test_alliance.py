"""Journeys through a task on the pure twin, and what acts out of place are refused with."""

import hashlib
from dataclasses import replace

import pytest

from flock.errors import ContractRefused
from flock.protocol import alliance, duties, merkle, settlement, staking, tasks
from flock.protocol.alliance import Alliance, Block, MemberState
from flock.protocol.commitments import Domain, Vote, sealed_vote
from flock.protocol.duties import Reveal
from flock.protocol.rounds import Phase
from flock.protocol.settlement import NO_PREIMAGE, Preimage
from flock.protocol.staking import Staking
from flock.protocol.tasks import TaskState
from flock.protocol.units import DAY, WAD, Gm, Wei
from flock.protocol.votes import Outcome
from tests.protocol.play import BOUNTY, MINIMUM, PHASE_SECONDS, terms

NOW = 1_800_000_000
CREATOR, KEEPER = "0x" + "c0" * 20, "0x" + "4e" * 20
MEMBERS = ["0x" + f"{i:02x}" * 20 for i in range(1, 7)]
DOMAIN = Domain(31337, "0x" + "aa" * 20)
P, V = 2, 3


def at(seconds: int, number: int = 100) -> Block:
    return Block(number, NOW + seconds)


def gathered(stakes: list[int] | None = None, **changes: int) -> Alliance:
    """An open task with members who joined, each with a multiple of the minimum stake."""
    state = alliance.opened(DOMAIN, 1, tasks.create(CREATOR, terms(NOW, **changes), BOUNTY, NOW), Staking())
    for account, times in zip(MEMBERS, stakes or [1] * 5, strict=False):
        held = staking.lock(state.staking, account, Wei(times * MINIMUM), 30, NOW)
        held = staking.allocate(held, account, 1, Gm(times * MINIMUM), NOW)
        state = alliance.join(replace(state, staking=held), account, account, (), at(0))
    return state


def drawn(state: Alliance | None = None) -> Alliance:
    """A round just opened."""
    started = alliance.start(state or gathered(), at(1, 100))
    return alliance.draw(started, KEEPER, b"\x01" * 32, at(10, 103))


def honest(state: Alliance) -> Vote:
    """The vote of those who computed what there was to compute."""
    digest = hashlib.sha256(b"candidate %d" % state.round.number).digest()
    return Vote(digest, 0, state.round.proposed, supports=True)


def proposed(state: Alliance, seats: range = range(P)) -> Alliance:
    for seat in seats:
        state = duties.propose(
            state, state.account_at(seat), state.round.number, seat, b"\x02" * 32, at(11, 104)
        )
    return state


def voted(state: Alliance, votes: dict[int, Vote]) -> Alliance:
    """Everyone proposes, attests, commits and reveals; ``votes`` by voter, honest where none is given."""
    state = proposed(state)
    number, seats = state.round.number, range(P, P + V)
    for seat in seats:
        state = duties.attest(state, state.account_at(seat), number, seat, 0b11, at(12, 105))
    reveals = [Reveal(seat, votes.get(seat - P, honest(state)), b"\x03" * 32) for seat in seats]
    for reveal in reveals:
        account = state.account_at(reveal.seat)
        sealed = sealed_vote(DOMAIN, 1, number, account, reveal.vote, reveal.salt)
        state = duties.commit_vote(state, account, number, reveal.seat, sealed, at(13, 106))
    return duties.reveal_votes(state, number, reveals, at(14, 107))


def finalised(state: Alliance) -> Alliance:
    vote = honest(state)
    spelt = Preimage(vote.candidate, vote.harmful, vote.rewarded)
    return settlement.finalise(state, KEEPER, spelt, at(15, 108))


def test_an_honest_round_pays_everyone_in_it_and_the_keeper_and_seeds_the_next() -> None:
    state = finalised(voted(drawn(), {}))
    record = state.records[0]
    assert (record.outcome, record.struck, record.judged) == (Outcome.ACCEPTED, 0, 0b11111)
    assert all(state.member(member_id).credit > 0 for member_id in state.seats.members)
    assert state.keeper_credits[KEEPER] == 2 * state.parameters.keeper_fee
    assert state.model == record.candidate
    assert (state.round.phase, state.decided, state.opened) == (Phase.SEEDED, 1, 1)


def test_a_lone_liar_is_struck_twice_then_slashed_and_dropped() -> None:
    lie = Vote(b"\x09" * 32, 0, 0, supports=False)
    state = drawn()
    liar = state.seats.members[P]
    for expected in (0b1, 0):
        seat = state.seats.members.index(liar)
        assert seat >= P or expected, "the seeds below seat the liar as a voter twice"
        state = finalised(voted(state, {seat - P: lie}))
        assert state.records[-1].struck == 1 << seat
        assert state.member(liar).strikes == expected
        if expected:
            state = drawn_with_voter(state, liar)
    slash = state.records[-1].slashes[0]
    assert (slash.member, slash.gm) == (liar, -(-MINIMUM * 3_333 // 10_000))
    assert state.member(liar).state is MemberState.DROPPED
    assert state.round.phase is Phase.WAITING
    assert state.staking.keeper_credits[KEEPER] == slash.flock // 10


def drawn_with_voter(state: Alliance, member: int) -> Alliance:
    """The next round, on the first seed that seats the member as a voter."""
    seeds = (bytes([n]) * 32 for n in range(256))
    rounds = (alliance.draw(state, KEEPER, seed, at(20, 200)) for seed in seeds)
    found = next(state for state in rounds if state.seats.members.index(member) >= P)
    return replace(found, round=replace(found.round, ends_at=NOW + 11 + PHASE_SECONDS))


def test_stake_added_while_joined_does_not_raise_the_weight_after_a_slash() -> None:
    lie = Vote(b"\x09" * 32, 0, 0, supports=False)
    state = drawn(gathered(strike_limit=1))
    liar = state.seats.members[P]
    account = state.member(liar).account
    richer = staking.lock(state.staking, account, Wei(10 * MINIMUM), 30, NOW)
    richer = staking.allocate(richer, account, 1, Gm(10 * MINIMUM), NOW)
    slashed = finalised(voted(replace(state, staking=richer), {0: lie}))
    assert [slash.member for slash in slashed.records[0].slashes] == [liar]
    assert (slashed.member(liar).weight, slashed.member(liar).state) == (1, MemberState.ACTIVE)


def test_a_round_in_which_everyone_stays_away_blames_no_one_and_is_repeated() -> None:
    state = settlement.finalise(drawn(), KEEPER, NO_PREIMAGE, at(10 + PHASE_SECONDS, 110))
    record = state.records[0]
    assert (record.outcome, record.judged, record.pool_left) == (Outcome.VOID, 0, BOUNTY - 3 * WAD)
    assert (state.opened, state.decided, state.round.phase) == (1, 0, Phase.SEEDED)


def test_a_task_that_never_opens_a_round_refunds_its_whole_bounty() -> None:
    started = alliance.start(gathered(), at(1))
    closed = settlement.close(started, at(20_000))
    assert (closed.task.refunded, closed.task.treasury, closed.task.balance) == (BOUNTY, 0, 0)
    assert closed.task.state is TaskState.CLOSED


def test_what_rejected_and_void_rounds_left_goes_to_the_treasury() -> None:
    state = drawn(gathered(planned_rounds=1))
    for number in (1, 2):
        state = settlement.finalise(state, KEEPER, NO_PREIMAGE, at(number * 100, 110 * number))
        if number == 1:
            state = alliance.draw(state, KEEPER, b"\x01" * 32, at(150, 120))
    closed = settlement.close(state, at(300, 400))
    assert (closed.task.refunded, closed.task.treasury) == (0, BOUNTY - 4 * 3 * WAD)
    paid = settlement.withdraw(closed, KEEPER)
    assert (paid.task.balance, paid.task.paid) == (0, {KEEPER: 4 * 3 * WAD})


def test_strikes_and_credit_outlive_leaving_and_joining_again() -> None:
    lie = Vote(b"\x09" * 32, 0, 0, supports=False)
    state = finalised(voted(drawn(gathered([1] * 6)), {0: lie}))
    liar = state.seats.members[P]
    ended = replace(state, round=replace(state.round, phase=Phase.WAITING))
    account = state.member(liar).account
    left = alliance.leave(ended, account, account, at(16))
    back = alliance.join(left, account, account, (), at(17))
    assert back.id_of(account) == liar
    assert back.member(liar).strikes == state.member(liar).strikes == 1


def test_only_those_on_the_allow_list_join() -> None:
    root = merkle.allow_list_root(MEMBERS[:3])
    state = gathered([1] * 2)
    listed = replace(
        state, task=replace(state.task, parameters=replace(state.parameters, allow_list_root=root))
    )
    for account in MEMBERS[2:4]:
        stakes = staking.lock(listed.staking, account, Wei(MINIMUM), 30, NOW)
        listed = replace(listed, staking=staking.allocate(stakes, account, 1, MINIMUM, NOW))
    proof = merkle.allow_list_proof(MEMBERS[:3], MEMBERS[2])
    assert proof is not None
    assert alliance.join(listed, MEMBERS[2], MEMBERS[2], proof, at(1)).id_of(MEMBERS[2]) == 3
    with refused("NotOnTheAllowList"):
        alliance.join(listed, MEMBERS[3], MEMBERS[3], proof, at(1))


def test_an_operator_acts_for_its_owner_and_no_one_else_does() -> None:
    state = drawn()
    owner = state.account_at(0)
    with refused("NotActingFor"):
        duties.propose(state, KEEPER, 1, 0, b"\x02" * 32, at(11))
    state = replace(state, staking=staking.set_operator(state.staking, owner, KEEPER, NOW))
    assert duties.propose(state, KEEPER, 1, 0, b"\x02" * 32, at(11)).round.proposed == 1


def test_a_cancelled_task_cannot_be_started() -> None:
    state = gathered()
    cancelled = replace(state, task=tasks.cancel(state.task, CREATOR, NOW))
    assert cancelled.task.refunded == BOUNTY
    with refused("TaskIsNotOpen"):
        alliance.start(cancelled, at(1))


def test_a_second_join_is_refused() -> None:
    with refused("AlreadyJoined"):
        alliance.join(gathered(), MEMBERS[0], MEMBERS[0], (), at(1))


def test_a_late_proposal_is_refused() -> None:
    state = drawn()
    with refused("WrongPhase"):
        duties.propose(state, state.account_at(0), 1, 0, b"\x02" * 32, at(10 + PHASE_SECONDS))
    with refused("RoundIsOver"):
        duties.propose(finalised(voted(state, {})), MEMBERS[0], 2, 0, b"\x02" * 32, at(16))


def test_an_attestation_from_a_proposer_is_refused() -> None:
    state = proposed(drawn())
    with refused("NoSuchSeat"):
        duties.attest(state, state.account_at(0), 1, 0, 0b11, at(12))


def test_attesting_what_was_not_proposed_is_refused() -> None:
    state = proposed(drawn(), range(1))
    with refused("AttestsAMissingProposal"):
        duties.attest(state, state.account_at(P), 1, P, 0b10, at(11 + PHASE_SECONDS))


def test_a_vote_without_an_attestation_is_refused() -> None:
    state = proposed(drawn())
    state = duties.attest(state, state.account_at(P), 1, P, 0b11, at(12))
    with refused("AttestFirst"):
        duties.commit_vote(state, state.account_at(P + 1), 1, P + 1, b"\x04" * 32, at(12 + PHASE_SECONDS))


def test_a_reveal_that_does_not_match_is_refused() -> None:
    state = proposed(drawn())
    for seat in range(P, P + V):
        state = duties.attest(state, state.account_at(seat), 1, seat, 0b11, at(12))
    for seat in range(P, P + V):
        state = duties.commit_vote(state, state.account_at(seat), 1, seat, b"\x04" * 32, at(13))
    with refused("RevealDoesNotMatch"):
        duties.reveal_votes(state, 1, [Reveal(P, honest(state), b"\x03" * 32)], at(14))


def test_finalising_with_another_ballot_than_the_winner_is_refused() -> None:
    with refused("WrongPreimage"):
        settlement.finalise(voted(drawn(), {}), KEEPER, NO_PREIMAGE, at(15))


def left(state: Alliance, account: str) -> Alliance:
    return alliance.leave(state, account, account, at(11))


def test_who_sits_in_no_open_round_leaves_at_once_unless_a_draw_is_pending() -> None:
    state = drawn(gathered([1] * 6))
    (bystander,) = set(MEMBERS) - {state.account_at(seat) for seat in range(P + V)}
    gone = left(state, bystander)
    assert gone.member(gone.id_of(bystander)).state is MemberState.LEFT
    assert len(gone.listed) == P + V
    with refused("TheDrawIsPending"):
        alliance.leave(finalised(voted(state, {})), bystander, bystander, at(16))


def test_a_seated_member_stays_for_the_round_is_paid_and_gone_with_it() -> None:
    state = drawn()
    leaver = state.seats.members[P]
    account = state.account_at(P)
    marked = left(state, account)
    assert marked.member(leaver).state is MemberState.LEAVING
    assert (leaver in marked.listed, marked.staking.allocation_of(account, 1).held) == (True, True)
    with refused("AlreadyLeaving"):
        left(marked, account)
    with refused("AlreadyJoined"):
        alliance.join(marked, account, account, (), at(11))
    after = finalised(voted(marked, {}))
    assert after.member(leaver).state is MemberState.LEFT
    assert after.member(leaver).credit > 0
    assert (leaver in after.listed, after.staking.allocation_of(account, 1).held) == (False, False)
    assert after.round.phase is Phase.WAITING


def test_a_leaving_member_is_slashed_before_it_is_let_go_and_never_dropped() -> None:
    lie = Vote(b"\x09" * 32, 0, 0, supports=False)
    state = drawn(gathered(strike_limit=1))
    liar = state.seats.members[P]
    account = state.account_at(P)
    after = finalised(voted(left(state, account), {0: lie}))
    (slash,) = after.records[0].slashes
    assert (slash.member, after.member(liar).state) == (liar, MemberState.LEFT)
    stake = after.staking.allocation_of(account, 1)
    assert (stake.held, stake.amount) == (False, MINIMUM - slash.gm)
    assert len(after.listed) == P + V - 1


def test_a_seed_can_be_read_for_256_blocks_and_then_named_anew() -> None:
    started = alliance.start(gathered(), at(1, 100))
    with refused("SeedIsNotReady"):
        alliance.draw(started, KEEPER, b"\x01" * 32, at(2, 102))
    with refused("SeedIsStillReadable"):
        alliance.reseed(started, at(3, 358))
    with refused("SeedIsGone"):
        alliance.draw(started, KEEPER, b"\x01" * 32, at(3, 359))
    assert alliance.reseed(started, at(3, 359)).block_number == 361


def test_stake_that_is_held_cannot_be_taken_off_and_locked_flock_not_redeemed() -> None:
    state = gathered()
    with refused("StakeIsHeld"):
        staking.deallocate(state.staking, MEMBERS[0], 1, Gm(1))
    with refused("StillLocked"):
        staking.redeem(state.staking, MEMBERS[0], Gm(1), NOW)
    with refused("NotEnoughAvailable"):
        staking.redeem(state.staking, MEMBERS[0], Gm(1), NOW + 30 * DAY)


def refused(error: str) -> "pytest.RaisesExc[ContractRefused]":
    """The act is refused under the contract's name for the reason."""
    return pytest.raises(ContractRefused, check=lambda raised: raised.error == error)
