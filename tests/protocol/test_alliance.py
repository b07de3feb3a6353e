"""Journeys through a task on the pure twin, and what acts out of place are refused with."""

from dataclasses import replace

from flock.protocol.alliance import duties, membership
from flock.protocol.alliance import round_end as settlement
from flock.protocol.alliance import state as alliance
from flock.protocol.alliance.duties import Reveal
from flock.protocol.alliance.round_end import NO_PREIMAGE
from flock.protocol.alliance.rounds import Phase
from flock.protocol.alliance.state import Block, MemberState
from flock.protocol.alliance.votes import Outcome
from flock.protocol.core import merkle, tasks
from flock.protocol.core.commitments import Vote
from flock.protocol.core.tasks import MAX_BOUNTY, TaskState
from flock.protocol.core.units import WAD, Gm, Wei
from flock.protocol.economy import staking
from tests.protocol.play import BOUNTY, MINIMUM, PHASE_SECONDS
from tests.protocol.rounds_played import (
    CREATOR,
    KEEPER,
    LIE,
    MEMBERS,
    NOW,
    SEED_HASH,
    P,
    V,
    at,
    deserted,
    drawn,
    drawn_next,
    drawn_where,
    empty,
    finalised,
    gathered,
    honest,
    joined,
    left,
    proposed,
    refused,
    sealed,
    staked,
    voted,
)

FEE = 3 * WAD
RESERVE = 2 * 3 * FEE


class TestMoney:
    def test_a_round_whose_votes_are_all_kept_back_pays_nobody_and_calls_no_proposal_anything(self) -> None:
        state, _ = sealed(drawn(), {})
        late = Block(state.drawn_block + 20, state.round.ends_at + PHASE_SECONDS)
        [record] = settlement.finalise(state, NO_PREIMAGE, late).records
        assert (record.outcome, record.attested) == (Outcome.VOID, 0b11)
        assert (record.candidate, record.harmful, record.rewarded) == (bytes(32), 0, 0)
        assert (record.proposer_unit, record.voter_unit, record.pool_left) == (0, 0, state.pool)

    def test_an_honest_round_pays_everyone_in_it_and_its_draw_pays_the_keeper(self) -> None:
        state = finalised(voted(drawn()))
        record = state.records[0]
        assert (record.outcome, record.struck, record.judged) == (Outcome.ACCEPTED, 0, 0b11111)
        for account in MEMBERS[:5]:
            ledger = state.ledger_of(account)
            assert ledger.earned == ledger.owed > 0
        assert (state.ledger_of(KEEPER).owed, state.ledger_of(KEEPER).earned) == (FEE, 0)
        assert state.total_earned == BOUNTY - RESERVE - state.pool
        assert state.model == state.result == record.candidate
        assert (state.round.phase, state.decided, state.opened) == (Phase.SEEDED, 1, 1)

    def test_each_accepted_round_shares_out_about_as_much_as_the_one_before(self) -> None:
        first = finalised(voted(drawn()))
        second = finalised(voted(drawn_next(first)))
        spent = BOUNTY - RESERVE - first.pool, first.pool - second.pool
        assert 9 * spent[0] < 10 * spent[1] <= 10 * spent[0]

    def test_the_last_wei_can_be_withdrawn(self) -> None:
        state = alliance.with_ledger(gathered(), MEMBERS[0], alliance.Earnings(owed=Wei(1)))
        assert settlement.withdraw(state, MEMBERS[0]).task.paid == {MEMBERS[0]: 1}

    def test_a_withdrawal_pays_once_and_does_not_erase_what_was_earned(self) -> None:
        state = finalised(voted(drawn()))
        member = MEMBERS[0]
        earned = state.ledger_of(member).earned
        paid = settlement.withdraw(state, member)
        assert (paid.task.paid, paid.ledger_of(member).owed) == ({member: earned}, 0)
        assert (paid.ledger_of(member).earned, paid.total_earned) == (earned, state.total_earned)
        with refused("NothingToWithdraw"):
            settlement.withdraw(paid, member)

    def test_a_task_that_never_opens_a_round_refunds_its_whole_bounty(self) -> None:
        closed = settlement.close(alliance.start(gathered(), CREATOR, at(1)), at(20_000))
        refunded = tasks.withdraw_refund(closed.task, CREATOR)
        assert (refunded.refunded, refunded.owed_to_treasury, refunded.custody) == ({CREATOR: BOUNTY}, 0, 0)
        assert (closed.task.state, closed.result) == (TaskState.CLOSED, bytes(32))
        assert (closed.task.closed_at, closed.task.model) == (NOW + 20_000, bytes(32))
        assert (closed.round.phase, closed.seed_block) == (Phase.ENDED, 0)

    def test_what_a_rejected_round_left_goes_to_the_treasury(self) -> None:
        """It was decided, so nothing of it is refunded."""
        state = drawn(gathered(planned_rounds=1))
        against = replace(honest(proposed(state)), supports=False)
        closed = settlement.close(finalised(voted(state, dict.fromkeys(range(V), against))), at(16))
        assert closed.records[0].outcome is Outcome.REJECTED
        spent = closed.total_earned + FEE
        assert (closed.task.refund.left, closed.task.owed_to_treasury) == (0, BOUNTY - spent)
        assert tasks.pay_treasury(closed.task).treasury == BOUNTY - spent
        assert closed.result == bytes(32)

    def test_backers_get_back_in_proportion_and_to_the_wei(self) -> None:
        state = gathered()
        funded = replace(state, task=tasks.fund(state.task, MEMBERS[7], Wei(BOUNTY // 3)))
        closed = settlement.close(deserted(drawn(funded)), at(20_000)).task
        left_over = closed.refund.left
        assert left_over == closed.bounty - FEE
        first = tasks.withdraw_refund(closed, MEMBERS[7])
        assert first.refunded == {MEMBERS[7]: left_over * (BOUNTY // 3) // (BOUNTY + BOUNTY // 3)}
        both = tasks.withdraw_refund(first, CREATOR)
        assert (sum(both.refunded.values()), both.custody) == (left_over, FEE)
        with refused("NothingToWithdraw"):
            tasks.withdraw_refund(both, CREATOR)

    def test_of_a_refund_less_than_its_backers_the_last_takes_what_is_left(self) -> None:
        task = tasks.create(CREATOR, empty(keeper_fee=0).parameters, Wei(1), NOW)
        running = tasks.begin(tasks.fund(task, KEEPER, Wei(1)), CREATOR, NOW)
        closed = tasks.close(running, Wei(1), Wei(1), bytes(32), NOW)
        first = tasks.withdraw_refund(closed, CREATOR)
        assert (first.refunded, first.refund.left) == ({CREATOR: 0}, 1)
        assert tasks.withdraw_refund(first, KEEPER).refunded == {CREATOR: 0, KEEPER: 1}

    def test_a_cancelled_task_gives_every_backer_its_own_and_cannot_be_started(self) -> None:
        state = gathered()
        cancelled = tasks.cancel(tasks.fund(state.task, KEEPER, Wei(7)), CREATOR, NOW)
        refunded = tasks.withdraw_refund(tasks.withdraw_refund(cancelled, KEEPER), CREATOR)
        assert (refunded.refunded, refunded.custody) == ({KEEPER: 7, CREATOR: BOUNTY}, 0)
        with refused("TaskIsNotOpen"):
            alliance.start(replace(state, task=cancelled), CREATOR, at(1))

    def test_a_bounty_beyond_all_credits_is_never_reached(self) -> None:
        state = gathered()
        with refused("OutOfBounds"):
            tasks.fund(state.task, KEEPER, Wei(MAX_BOUNTY))


class TestStrikes:
    def test_a_lone_liar_is_struck_twice_then_slashed_and_gone_as_its_stake_is_below_the_minimum(
        self,
    ) -> None:
        state = drawn()
        liar = state.seats.members[P]
        account = state.account_at(P)
        for expected in (0b1, 0):
            seat = state.seats.members.index(liar)
            state = finalised(voted(state, {seat - P: LIE}))
            assert state.records[-1].struck == 1 << seat
            assert state.member(liar).strikes == expected
            if expected:
                state = drawn_where(state, lambda drawn: liar in drawn.seats.members[P:])
        (slash,) = state.records[-1].slashes
        assert (slash.member, slash.gm) == (liar, -(-MINIMUM * 3_333 // 10_000))
        assert (state.id_of(account), state.free) == (0, (liar,))
        assert not state.staking.allocation_of(account, 1).held
        assert (state.staking.owed_to_treasury, state.round.phase) == (slash.flock, Phase.WAITING)

    def test_a_slash_lowers_the_weight_to_what_the_stake_that_is_left_gives(self) -> None:
        state = drawn(gathered([2] * 5, strike_limit=1))
        liar = state.seats.members[P]
        assert state.member(liar).weight == 2
        assert finalised(voted(state, {0: LIE})).member(liar).weight == 1

    def test_stake_added_while_joined_does_not_raise_the_weight_after_a_slash(self) -> None:
        state = drawn(gathered(strike_limit=1))
        liar = state.seats.members[P]
        richer = staked(state, state.member(liar).account, 10)
        slashed = finalised(voted(richer, {0: LIE}))
        assert [slash.member for slash in slashed.records[0].slashes] == [liar]
        assert (slashed.member(liar).weight, slashed.member(liar).state) == (1, MemberState.ACTIVE)

    def test_a_round_in_which_everyone_stays_away_blames_no_one_and_is_repeated(self) -> None:
        state = deserted(drawn())
        record = state.records[0]
        assert (record.outcome, record.judged, record.candidate) == (Outcome.VOID, 0, bytes(32))
        assert record.pool_left == BOUNTY - RESERVE
        assert (state.opened, state.decided, state.round.phase) == (1, 0, Phase.SEEDED)


class TestJoining:
    def test_only_those_on_the_allow_list_join(self) -> None:
        root = merkle.allow_list_root(MEMBERS[:3])
        state = staked(staked(gathered([1] * 2), MEMBERS[2]), MEMBERS[3])
        parameters = replace(state.parameters, allow_list_root=root)
        listed = replace(state, task=replace(state.task, parameters=parameters))
        proof = merkle.allow_list_proof(MEMBERS[:3], MEMBERS[2])
        assert proof is not None
        assert membership.join(listed, MEMBERS[2], MEMBERS[2], proof, at(1)).id_of(MEMBERS[2]) == 3
        with refused("NotOnTheAllowList"):
            membership.join(listed, MEMBERS[3], MEMBERS[3], proof, at(1))

    def test_a_second_join_is_refused_and_so_is_one_too_many(self) -> None:
        with refused("AlreadyJoined"):
            membership.join(gathered(), MEMBERS[0], MEMBERS[0], (), at(1))
        with refused("TaskIsFull"):
            joined(gathered([1] * 6), MEMBERS[6])

    def test_who_joins_during_a_round_is_in_the_draws_after_the_next(self) -> None:
        state = joined(drawn(), MEMBERS[5], seconds=11)
        newcomer = state.id_of(MEMBERS[5])
        assert (state.listed[state.eligible :], len(state.listed)) == ((newcomer,), 6)
        second = drawn_next(finalised(voted(state)))
        assert newcomer not in second.seats.members
        assert second.eligible == 6

    def test_who_leaves_makes_no_room_among_the_eligible_for_one_that_came_since(self) -> None:
        state = drawn(gathered([1] * 6, max_members=8))
        (bystander,) = set(MEMBERS[:6]) - {state.account_at(seat) for seat in range(P + V)}
        state = joined(joined(state, MEMBERS[6], seconds=11), MEMBERS[7], seconds=11)
        before, gone = state.listed, left(state, bystander)
        assert (gone.eligible, len(gone.listed)) == (5, 7)
        assert set(gone.listed[:5]) == set(before[:6]) - {state.id_of(bystander)}
        assert gone.listed[5:] == (before[7], before[6])

    def test_an_id_that_is_free_is_given_again_the_last_first(self) -> None:
        state = gathered([1] * 6, max_members=9)
        gone = left(left(state, MEMBERS[1]), MEMBERS[3])
        assert (gone.free, gone.id_of(MEMBERS[1])) == ((2, 4), 0)
        back = joined(joined(joined(gone, MEMBERS[6]), MEMBERS[7]), MEMBERS[1])
        assert [back.id_of(MEMBERS[n]) for n in (6, 7, 1)] == [4, 2, 7]

    def test_what_was_earned_outlives_the_membership_and_its_id(self) -> None:
        state = drawn()
        leaver, account = state.seats.members[P], state.account_at(P)
        gone = finalised(voted(left(state, account)))
        earned = gone.ledger_of(account)
        again = joined(gone, MEMBERS[8], seconds=16)
        assert (again.id_of(account), again.id_of(MEMBERS[8])) == (0, leaver)
        assert again.ledger_of(account) == earned
        assert again.ledger_of(MEMBERS[8]).earned == 0
        assert settlement.withdraw(again, account).task.paid == {account: earned.owed}


class TestLeaving:
    def test_who_sits_in_no_open_round_leaves_at_once_until_votes_are_opened(self) -> None:
        state = drawn(gathered([1] * 6))
        (bystander,) = set(MEMBERS[:6]) - {state.account_at(seat) for seat in range(P + V)}
        gone = left(state, bystander)
        assert (gone.id_of(bystander), len(gone.listed)) == (0, P + V)
        revealing, _ = sealed(state, {})
        for pending, seconds in ((revealing, 13), (voted(state), 14), (finalised(voted(state)), 16)):
            with refused("TheDrawIsPending"):
                left(pending, bystander, seconds)
        assert left(drawn_next(finalised(voted(state))), bystander) is not None

    def test_a_seated_member_stays_for_the_round_is_paid_and_gone_with_it(self) -> None:
        state = drawn()
        leaver, account = state.seats.members[P], state.account_at(P)
        marked = left(state, account)
        assert marked.member(leaver).state is MemberState.LEAVING
        assert (leaver in marked.listed, marked.staking.allocation_of(account, 1).held) == (True, True)
        with refused("AlreadyLeaving"):
            left(marked, account)
        with refused("AlreadyJoined"):
            membership.join(marked, account, account, (), at(11))
        after = finalised(voted(marked))
        assert after.ledger_of(account).owed > 0
        assert (after.id_of(account), after.staking.allocation_of(account, 1).held) == (0, False)
        assert after.round.phase is Phase.WAITING

    def test_a_leaving_member_is_slashed_before_it_is_let_go(self) -> None:
        state = drawn(gathered(strike_limit=1))
        liar, account = state.seats.members[P], state.account_at(P)
        after = finalised(voted(left(state, account), {0: LIE}))
        (slash,) = after.records[0].slashes
        assert (slash.member, after.id_of(account)) == (liar, 0)
        stake = after.staking.allocation_of(account, 1)
        assert (stake.held, stake.gm) == (False, MINIMUM - slash.gm)
        assert len(after.listed) == P + V - 1

    def test_strikes_retain_the_stake_for_as_many_rounds_as_they_are_remembered(self) -> None:
        state = drawn(gathered([1] * 6, strike_window=2))
        liar, account = state.seats.members[P], state.account_at(P)
        after = finalised(voted(left(state, account), {0: LIE}))
        kept = after.member(liar)
        assert (kept.state, kept.strikes, kept.retained_until) == (MemberState.RETAINED, 1, 3)
        assert (liar in after.listed, after.staking.allocation_of(account, 1).held) == (False, True)
        with refused("RetainedUntil"):
            left(after, account)
        second = finalised(voted(drawn_next(after)))
        third = left(drawn_next(second), account)
        assert (third.id_of(account), third.staking.allocation_of(account, 1).held) == (0, False)

    def test_a_retained_member_comes_back_with_its_id_and_its_strikes(self) -> None:
        state = drawn(gathered([1] * 6))
        liar, account = state.seats.members[P], state.account_at(P)
        after = finalised(voted(left(state, account), {0: LIE}))
        back = membership.join(after, account, account, (), at(16))
        member = back.member(liar)
        assert (member.state, member.strikes, member.retained_until) == (MemberState.ACTIVE, 1, 0)
        assert back.listed[-1] == back.id_of(account) == liar

    def test_nothing_retains_a_stake_once_the_rounds_are_over(self) -> None:
        state = drawn(gathered(planned_rounds=1))
        liar, account = state.seats.members[P], state.account_at(P)
        over = finalised(voted(state, {0: LIE}))
        assert (over.round.phase, over.member(liar).strikes) == (Phase.ENDED, 1)
        gone = left(over, account, 16)
        assert (gone.id_of(account), gone.staking.allocation_of(account, 1).held) == (0, False)
        retained = drawn(gathered(planned_rounds=1))
        retained = finalised(voted(left(retained, account), {0: LIE}))
        assert retained.member(liar).state is MemberState.RETAINED
        assert left(retained, account, 16).id_of(account) == 0


class TestStarting:
    def test_a_task_waits_for_the_members_it_asks_for(self) -> None:
        state = gathered([1] * 6, minimum_members=7, max_members=9)
        with refused("TooFewMembers"):
            alliance.start(state, CREATOR, at(1))
        assert alliance.start(joined(state, MEMBERS[6]), KEEPER, at(1)).round.phase is Phase.SEEDED

    def test_a_task_waits_again_when_too_few_are_left(self) -> None:
        state = drawn()
        after = finalised(voted(left(state, state.account_at(0))))
        assert (after.round.phase, len(after.listed)) == (Phase.WAITING, 4)
        again = alliance.start(joined(after, MEMBERS[5], seconds=16), MEMBERS[3], at(17, 120))
        assert (again.round.phase, again.eligible, again.seed_block) == (Phase.SEEDED, 5, 122)

    def test_those_who_came_meanwhile_are_drawn_on_a_new_seed_where_too_few_of_the_others_are_left(
        self,
    ) -> None:
        state = drawn()
        state = joined(left(state, state.account_at(0)), MEMBERS[5], seconds=11)
        after = finalised(voted(state))
        assert (after.round.phase, after.eligible, after.seed_block) == (Phase.SEEDED, 5, 111)

    def test_before_the_first_moment_only_the_creator_starts(self) -> None:
        state = gathered(starts_at=NOW + 50)
        with refused("OnlyTheCreatorMayStartBefore"):
            alliance.start(state, KEEPER, at(49))
        assert alliance.start(state, CREATOR, at(1)).task.state is TaskState.RUNNING
        assert alliance.start(state, KEEPER, at(50)).task.began_at == NOW + 50
        with refused("TooLateToStart"):
            alliance.start(state, CREATOR, at(2_001))

    def test_nobody_joins_a_task_whose_rounds_are_over(self) -> None:
        over = finalised(voted(drawn(gathered(planned_rounds=1))))
        with refused("TaskIsNotJoinable"):
            joined(over, MEMBERS[6], seconds=16)


class TestSeeds:
    def test_a_seed_can_be_read_for_256_blocks_and_then_named_anew(self) -> None:
        started = alliance.start(gathered(), CREATOR, at(1, 100))
        with refused("SeedIsNotReady"):
            alliance.draw(started, KEEPER, SEED_HASH, at(2, 102))
        with refused("SeedIsStillReadable"):
            alliance.reseed(started, at(3, 358))
        with refused("SeedIsGone"):
            alliance.draw(started, KEEPER, SEED_HASH, at(3, 359))
        assert alliance.reseed(started, at(3, 359)).seed_block == 361

    def test_after_votes_were_opened_the_next_draw_waits_for_no_block(self) -> None:
        state = finalised(voted(drawn()))
        assert (state.round.phase, state.seed_block) == (Phase.SEEDED, 0)
        with refused("SeedIsStillReadable"):
            alliance.reseed(state, at(15, 10_000))
        one, other = (
            alliance.draw(state, KEEPER, seed, at(15, 109)) for seed in (b"\x01" * 32, b"\x02" * 32)
        )
        assert one.seats == other.seats

    def test_after_a_round_without_votes_the_next_draw_waits_for_a_block(self) -> None:
        state = deserted(drawn())
        assert (state.round.phase, state.seed_block) == (Phase.SEEDED, 115)
        with refused("SeedIsNotReady"):
            alliance.draw(state, KEEPER, SEED_HASH, at(60, 115))

    def test_votes_are_opened_only_once_the_block_after_the_last_seal_is_there(self) -> None:
        state, reveals = sealed(drawn(), {})
        assert state.seed_block == 107
        with refused("SeedIsNotReady"):
            duties.reveal_votes(state, 1, reveals, SEED_HASH, at(14, 107))
        one, other = (
            duties.reveal_votes(state, 1, reveals, seed, at(14, 108)) for seed in (b"\x01" * 32, b"\x02" * 32)
        )
        assert (one.seed_block, one.entropy ^ other.entropy) == (0, int.from_bytes(b"\x03" * 32, "big"))

    def test_the_hash_goes_in_once_whoever_opens_how_many(self) -> None:
        state, reveals = sealed(drawn(), {})
        nothing = duties.reveal_votes(state, 1, (), SEED_HASH, at(14, 108))
        assert (nothing.entropy, nothing.seed_block) == (0, 107)
        step = state
        for reveal in reveals:
            step = duties.reveal_votes(step, 1, [reveal], SEED_HASH, at(14, 108))
        assert step.entropy == duties.reveal_votes(state, 1, reveals, SEED_HASH, at(14, 108)).entropy

    def test_a_forgotten_hash_is_not_used_and_another_block_is_named(self) -> None:
        state, reveals = sealed(drawn(), {})
        again = duties.reveal_votes(state, 1, reveals, None, at(14, 400))
        assert (again.work.votes, again.entropy, again.seed_block) == ({}, 0, 401)
        with refused("SeedIsNotReady"):
            duties.reveal_votes(again, 1, reveals, SEED_HASH, at(14, 401))
        assert duties.reveal_votes(again, 1, reveals, SEED_HASH, at(14, 402)).round.phase is Phase.TALLY


class TestDuties:
    def test_an_operator_acts_for_its_owner_and_no_one_else_does(self) -> None:
        state = drawn()
        owner = state.account_at(0)
        with refused("NotActingFor"):
            duties.propose(state, KEEPER, 1, 0, b"\x02" * 32, at(11))
        state = replace(state, staking=staking.set_operator(state.staking, owner, KEEPER, NOW))
        assert duties.propose(state, KEEPER, 1, 0, b"\x02" * 32, at(11)).round.proposed == 1

    def test_a_duty_is_the_number_of_the_open_round_for_whoever_sits_in_it(self) -> None:
        state = drawn(gathered([1] * 6))
        seated = [state.account_at(seat) for seat in range(P + V)]
        assert {account: duties.duty_of(state, account, at(11)) for account in MEMBERS[:6]} == {
            account: int(account in seated) for account in MEMBERS[:6]
        }
        after = finalised(voted(state))
        assert all(duties.duty_of(after, account, at(16)) == 0 for account in MEMBERS[:6])
        assert duties.duty_of(drawn_next(after), drawn_next(after).account_at(0), at(21)) == 2

    def test_a_late_proposal_is_refused(self) -> None:
        state = drawn()
        with refused("WrongPhase"):
            duties.propose(state, state.account_at(0), 1, 0, b"\x02" * 32, at(10 + PHASE_SECONDS))
        with refused("RoundIsOver"):
            duties.propose(finalised(voted(state)), MEMBERS[0], 2, 0, b"\x02" * 32, at(16))

    def test_an_attestation_from_a_proposer_is_refused(self) -> None:
        state = proposed(drawn())
        with refused("NoSuchSeat"):
            duties.attest(state, state.account_at(0), 1, 0, 0b11, at(12))

    def test_attesting_what_was_not_proposed_is_refused(self) -> None:
        state = proposed(drawn(), range(1))
        with refused("AttestsAMissingProposal"):
            duties.attest(state, state.account_at(P), 1, P, 0b10, at(11 + PHASE_SECONDS))

    def test_a_vote_without_an_attestation_is_refused(self) -> None:
        state = proposed(drawn())
        state = duties.attest(state, state.account_at(P), 1, P, 0b11, at(12))
        with refused("AttestFirst"):
            duties.commit_vote(state, state.account_at(P + 1), 1, P + 1, b"\x04" * 32, at(12 + PHASE_SECONDS))

    def test_a_reveal_that_does_not_match_is_refused(self) -> None:
        state, _ = sealed(drawn(), {})
        with refused("RevealDoesNotMatch"):
            duties.reveal_votes(state, 1, [Reveal(P, honest(state), b"\x03" * 32)], SEED_HASH, at(14, 108))

    def test_finalising_with_another_ballot_than_the_winner_is_refused(self) -> None:
        with refused("WrongPreimage"):
            settlement.finalise(voted(drawn()), NO_PREIMAGE, at(15))

    def test_nobody_proposes_twice_for_another_kind_of_seat_or_nothing(self) -> None:
        state = proposed(drawn(), [1])
        with refused("AlreadyDone"):
            duties.propose(state, state.account_at(1), 1, 1, b"\x05" * 32, at(11))
        with refused("NoSuchSeat"):
            duties.propose(state, state.account_at(P), 1, P, b"\x05" * 32, at(11))
        with refused("CommitmentIsZero"):
            duties.propose(state, state.account_at(0), 1, 0, bytes(32), at(11))

    def test_nobody_attests_or_seals_twice(self) -> None:
        state = proposed(drawn())
        voter = state.account_at(P)
        attested = duties.attest(state, voter, 1, P, 0b11, at(12))
        with refused("AlreadyDone"):
            duties.attest(attested, voter, 1, P, 0b01, at(12))
        for seat in range(P + 1, P + V):
            attested = duties.attest(attested, state.account_at(seat), 1, seat, 0b11, at(12))
        voted_once = duties.commit_vote(attested, voter, 1, P, b"\x04" * 32, at(13))
        with refused("AlreadyDone"):
            duties.commit_vote(voted_once, voter, 1, P, b"\x05" * 32, at(13))

    def test_there_is_no_seat_after_the_last(self) -> None:
        state = proposed(drawn())
        with refused("NoSuchSeat"):
            duties.attest(state, state.account_at(P), 1, P + V, 0b11, at(12))

    def test_what_was_not_sealed_cannot_be_opened(self) -> None:
        state, reveals = sealed(drawn(), {})
        missing = replace(state, round=replace(state.round, voter_states=0))
        with refused("CommitFirst"):
            duties.reveal_votes(missing, 1, reveals, SEED_HASH, at(14, 108))

    def test_no_proposal_is_called_harmful_and_rewarded_at_once(self) -> None:
        both = Vote(b"\x07" * 32, harmful=0b01, rewarded=0b11, supports=True)
        state, reveals = sealed(drawn(), {0: both})
        with refused("HarmfulAndRewardedOverlap"):
            duties.reveal_votes(state, 1, reveals, SEED_HASH, at(14, 108))

    def test_each_salt_that_is_opened_turns_the_entropy(self) -> None:
        state, reveals = sealed(drawn(), {})
        seed = int.from_bytes(SEED_HASH, "big")
        salts = [int.from_bytes(reveal.salt, "big") for reveal in reveals]
        for opened in range(1, len(reveals) + 1):
            after = duties.reveal_votes(state, 1, reveals[:opened], SEED_HASH, at(14, 108))
            expected = seed
            for salt in salts[:opened]:
                expected ^= salt
            assert after.entropy == expected

    def test_who_is_no_member_cannot_leave(self) -> None:
        with refused("NotAMember"):
            left(gathered(), KEEPER)

    def test_stake_that_is_held_cannot_be_taken_off(self) -> None:
        with refused("StakeIsHeld"):
            staking.deallocate(gathered().staking, MEMBERS[0], 1, Gm(1), NOW, minimum=MINIMUM)

    def test_a_close_in_the_middle_is_refused(self) -> None:
        with refused("TaskHasNotEnded"):
            settlement.close(finalised(voted(drawn())), at(16))
        with refused("WrongPhase"):
            settlement.close(drawn(), Block(200, NOW + 11))
        with refused("TaskIsNotRunning"):
            settlement.close(empty(), at(20_000))
