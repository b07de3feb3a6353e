"""Those who would gain by the rules' gaps play on the pure twin, and gain nothing.

Each class is about one fault that an audit of the rounds found (docs/security.md); what it was is said first.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import pytest

from flock.protocol.alliance import duties, membership, sortition
from flock.protocol.alliance import round_end as settlement
from flock.protocol.alliance import state as alliance
from flock.protocol.alliance.round_end import NO_PREIMAGE
from flock.protocol.alliance.rounds import Phase
from flock.protocol.alliance.state import Alliance, MemberSlash, MemberState
from flock.protocol.alliance.votes import FREE_OUTAGES, Outcome
from flock.protocol.core import tasks
from flock.protocol.core.commitments import Vote
from flock.protocol.core.units import DAY, Gm, Wei
from flock.protocol.economy import delegations, staking
from flock.protocol.economy.delegations import PoolKey
from tests.protocol.play import BOUNTY, MINIMUM, circumstances
from tests.protocol.rounds_played import (
    CREATOR,
    DOMAIN,
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
    joined,
    left,
    proposed,
    refused,
    sealed,
    staked,
    voted,
)

CREW = MEMBERS[:5]
"""Accounts of one party."""


class TestTheFirstToComeTakeATask:
    """Five accounts of one party joined as soon as a task was made, started it, and shared its bounty among them."""

    def task(self) -> Alliance:
        state = empty(minimum_members=10, max_members=40, starts_at=NOW + 100)
        for account in CREW:
            state = joined(state, account)
        return state

    def test_F47_a_crew_that_could_fill_the_seats_cannot_start_without_the_others(self) -> None:
        for caller in (CREW[0], CREATOR):
            with refused("TooFewMembers"):
                alliance.start(self.task(), caller, at(200))

    def test_F47_others_have_until_the_announced_moment_to_come(self) -> None:
        state = self.task()
        for account in MEMBERS[5:10]:
            state = joined(state, account, seconds=5)
        with refused("OnlyTheCreatorMayStartBefore"):
            alliance.start(state, CREW[0], at(99))

    def test_F47_then_the_crew_fills_its_share_of_seats(self) -> None:
        state = self.task()
        for account in MEMBERS[5:10]:
            state = joined(state, account, seconds=5)
        started = alliance.start(state, CREW[0], at(100))
        draws = [alliance.draw(started, KEEPER, hash_of(n), at(110, 103)) for n in range(400)]
        taken = sum(len(seats_of(CREW, draw)) for draw in draws)
        assert taken == pytest.approx(len(draws) * (P + V) / 2, rel=0.1)


class TestDelegatingASlash:
    """Own stake went first for the pool too: whoever delegated to a member multiplied what a slash took of it."""

    def slashed(self, delegated: Gm) -> tuple[MemberSlash, Alliance]:
        """A member is slashed, to whom somebody delegated so much while it sat in the round."""
        state = drawn(gathered(strike_limit=1))
        operator, backer = state.account_at(P), MEMBERS[9]
        place, of = PoolKey(operator, 1), circumstances(state, operator, at(11))
        stakes = delegations.set_pool(state.staking, place, 0, is_open=True, of=of, now=NOW)
        if delegated:
            stakes = staking.lock(stakes, backer, Wei(delegated), 30, NOW)
            stakes = delegations.delegate_to(stakes, backer, place, delegated, of=of, now=NOW)
        after = finalised(voted(replace(state, staking=stakes), {0: LIE}))
        return after.records[0].slashes[0], after

    def test_F49_delegation_adds_nothing_to_what_a_member_loses(self) -> None:
        alone, _ = self.slashed(Gm(0))
        backed, after = self.slashed(Gm(10 * MINIMUM))
        assert backed == alone
        assert after.staking.pool_of(after.account_at(P), 1).gm == 10 * (MINIMUM - alone.gm)

    def test_F49_what_is_put_on_later_is_slashed_like_the_rest(self) -> None:
        state = drawn(gathered(strike_limit=1))
        after = finalised(voted(staked(state, state.account_at(P), 9), {0: LIE}))
        assert after.records[0].slashes[0].gm == -(-10 * MINIMUM * 3_333 // 10_000)


class TestKeepersSpinVoidRounds:
    """Whoever drew and finalised was paid from the pool: void rounds in a row took it from those who work."""

    def test_F54_void_rounds_take_nothing_from_the_pool_and_are_as_many_as_were_planned(self) -> None:
        state = drawn()
        whole = state.pool
        while (state := deserted(state)).round.phase is Phase.SEEDED:
            state = drawn_next(state)
        assert (state.opened, state.round.phase, state.pool) == (3, Phase.ENDED, whole)
        assert state.ledger_of(KEEPER).owed == 3 * state.parameters.keeper_fee <= BOUNTY // 10

    def test_F50_finalising_pays_nobody_and_slashing_neither(self) -> None:
        state = voted(drawn(gathered(strike_limit=1)), {0: LIE})
        after = finalised(state)
        assert after.records[0].slashes
        assert after.ledger_of(KEEPER) == state.ledger_of(KEEPER)
        assert after.staking.owed_to_treasury == after.records[0].slashes[0].flock


class TestVoidRoundsRobTheCreator:
    """The refund was for rounds never opened, so whoever kept rounds void left the bounty to the treasury."""

    def test_F54_what_void_rounds_left_goes_back_to_those_who_put_it_in(self) -> None:
        state = deserted(drawn())
        for _ in range(2):
            state = deserted(drawn_next(state))
        task = settlement.close(state, at(1_000)).task
        assert (task.refund.left, task.owed_to_treasury) == (BOUNTY - 3 * state.parameters.keeper_fee, 0)
        assert tasks.withdraw_refund(task, CREATOR).refunded[CREATOR] == task.refund.left

    def test_F54_a_creator_gets_no_more_back_than_the_share_of_rounds_that_were_not_decided(self) -> None:
        """However many rounds its own accounts make void after others have worked."""
        state = finalised(voted(drawn()))
        while state.round.phase is Phase.SEEDED:
            state = deserted(drawn_next(state))
        task = settlement.close(state, at(1_000)).task
        assert (state.decided, state.opened) == (1, 4)
        assert task.refund.left <= BOUNTY * 2 // 3
        assert task.balance == sum(ledger.owed for ledger in state.ledgers.values())


class TestStayingAwayTogether:
    """Whoever held over half of the seats of a role stayed away for ever: an outage blamed nobody."""

    def absent(self, state: Alliance) -> Alliance:
        """A round in which all propose and no voter does anything."""
        return settlement.finalise(proposed(state), NO_PREIMAGE, at(200, 300))

    def test_F54_two_outages_in_a_row_are_excused_and_a_third_is_not(self) -> None:
        state = drawn(gathered(planned_rounds=9, strike_limit=4))
        judged = []
        for _ in range(FREE_OUTAGES + 2):
            state = self.absent(state)
            judged.append(state.records[-1].judged >> P)
            state = drawn_next(state)
        assert judged == [0, 0, 0b111, 0b111]

    def test_F54_staying_away_long_enough_costs_stake(self) -> None:
        state = drawn(gathered(planned_rounds=9, strike_window=4, strike_limit=2, minimum_members=5))
        rounds = 0
        while not any(record.slashes for record in state.records):
            state = self.absent(state)
            rounds += 1
            if state.round.phase is Phase.SEEDED:
                state = drawn_next(state)
        assert rounds <= FREE_OUTAGES + 4

    def test_F54_many_small_seats_that_stay_away_are_no_outage(self) -> None:
        """By seats they were over half: two of three voters. By weight they are a third."""
        started = alliance.start(gathered([1, 1, 1, 1, 4]), CREATOR, at(1))
        state = drawn_where(started, lambda state: state.seats.weights[P:] == (4, 1, 1))
        state, reveals = sealed(state, {})
        opened = duties.reveal_votes(state, 1, reveals[:1], SEED_HASH, at(14, 108))
        after = settlement.finalise(opened, preimage_of(reveals[0].vote), at(300, 310))
        record = after.records[0]
        assert record.outcome is Outcome.ACCEPTED
        assert record.struck >> P == 0b110


class TestWashingStrikes:
    """Who had strikes left the task, and put its stake on it again under another name or none of them counted."""

    def liar(self, **changes: int) -> tuple[Alliance, str]:
        state = drawn(gathered([1] * 6, **changes))
        return finalised(voted(left(state, state.account_at(P)), {0: LIE})), state.account_at(P)

    def test_F55_the_stake_of_who_has_strikes_stays_where_they_stand(self) -> None:
        state, liar = self.liar()
        assert state.member(state.id_of(liar)).state is MemberState.RETAINED
        with refused("StakeIsHeld"):
            staking.deallocate(state.staking, liar, 1, MINIMUM, NOW + 60, minimum=MINIMUM)
        with refused("RetainedUntil"):
            left(state, liar)

    def test_F55_over_the_end_of_its_lock_too(self) -> None:
        state, liar = self.liar()
        over = NOW + 31 * DAY
        poked = staking.poke(state.staking, liar, over)
        with refused("NotEnoughAvailable"):
            staking.redeem(poked, liar, Gm(1), over + 8 * DAY)

    def test_F55_coming_back_brings_the_strikes_along(self) -> None:
        state, liar = self.liar(strike_limit=2, planned_rounds=9)
        back = membership.join(state, liar, liar, (), at(16))
        member = back.id_of(liar)
        second = finalised(voted(drawn_next(back)))
        third = drawn_where(second, lambda drawn: member in drawn.seats.members[P:])
        after = finalised(voted(third, {third.seats.members.index(member) - P: LIE}))
        assert [slash.member for slash in after.records[-1].slashes] == [member]


class TestChoosingTheSeats:
    """Who was drawn depended on a block after votes were known: on who makes it, and on when one acts."""

    def ready(self) -> tuple[Alliance, list[duties.Reveal]]:
        return sealed(drawn(crowd()), {})

    def next_seats(self, state: Alliance, seconds: int = 16, number: int = 109) -> tuple[int, ...]:
        return alliance.draw(finalised(state), KEEPER, hash_of(number), at(seconds, number)).seats.members

    def test_F58_whoever_makes_the_block_does_not_know_what_it_chooses(self) -> None:
        """For one hash the seats depend on every honest salt, which nobody knows while the hash can be chosen."""
        state, _ = self.ready()
        chosen = int.from_bytes(SEED_HASH, "big")
        salts = range(20)
        seeds = [sortition.seed(bytes(32), chosen ^ salt, DOMAIN, 1, 2) for salt in salts]
        assert len({sortition.draw(seed, state.eligible, P + V) for seed in seeds}) > 15

    def test_F58_once_votes_are_open_neither_the_moment_nor_a_block_changes_the_draw(self) -> None:
        state, reveals = self.ready()
        opened = duties.reveal_votes(state, 1, reveals, SEED_HASH, at(14, 108))
        draws = {self.next_seats(opened, seconds, number) for seconds, number in ((16, 109), (90, 5_000))}
        assert len(draws) == 1

    def test_F58_nobody_comes_or_goes_to_change_it(self) -> None:
        state, reveals = self.ready()
        opened = duties.reveal_votes(state, 1, reveals[:1], SEED_HASH, at(14, 108))
        bystander = next(
            account for account in MEMBERS[:20] if state.id_of(account) not in state.seats.members
        )
        for account in (bystander, state.account_at(0)):
            with refused("TheDrawIsPending"):
                left(opened, account, 14)
        fuller = joined(opened, MEMBERS[20], seconds=14)
        done, more = (
            duties.reveal_votes(each, 1, reveals, SEED_HASH, at(14, 109)) for each in (opened, fuller)
        )
        assert self.next_seats(done) == self.next_seats(more)

    def test_F58_opening_in_another_order_or_by_others_changes_nothing(self) -> None:
        state, reveals = self.ready()
        one = duties.reveal_votes(state, 1, reveals[::-1], SEED_HASH, at(14, 108))
        other = duties.reveal_votes(state, 1, reveals[:2], SEED_HASH, at(14, 108))
        other = duties.reveal_votes(other, 1, reveals, hash_of(9), at(15, 109))
        assert self.next_seats(one) == self.next_seats(other)

    def test_F58_who_keeps_votes_back_chooses_no_draw_among_many(self) -> None:
        """Who opens k votes last would have 2^k draws to choose from. All but one of them hang on a block to come."""
        state, reveals = self.ready()
        honest, crew = reveals[:1], reveals[1:]
        seen = duties.reveal_votes(state, 1, honest, SEED_HASH, at(14, 108))
        for size in range(len(crew)):
            for kept in combinations(crew, size):
                opened = duties.reveal_votes(seen, 1, kept, SEED_HASH, at(14, 109))
                after = settlement.finalise(opened, preimage_of(honest[0].vote), at(200, 300))
                assert (after.round.phase, after.seed_block) == (Phase.SEEDED, 302)
                draws = [alliance.draw(after, KEEPER, hash_of(n), at(210, 303)) for n in range(9)]
                assert len({draw.seats.members for draw in draws}) > 5
        everything = duties.reveal_votes(seen, 1, crew, SEED_HASH, at(14, 109))
        assert finalised(everything).seed_block == 0


class TestWearingOutTheIds:
    """Ids were for good and of sixteen bits: whoever came and went often enough closed the task to everybody."""

    def test_F62_coming_and_going_uses_no_more_ids_than_there_are_members(self) -> None:
        state = staked(gathered([1] * 5), MEMBERS[5])
        for _ in range(50):
            state = membership.join(state, MEMBERS[5], MEMBERS[5], (), at(1))
            state = left(state, MEMBERS[5], 1)
        assert len(state.members) == 6

    def test_F62_under_ever_new_names_neither(self) -> None:
        state = gathered([1] * 5)
        for account in MEMBERS[5:40]:
            state = left(joined(state, account), account, 1)
        assert len(state.members) == 6


def hash_of(number: int) -> bytes:
    return number.to_bytes(32, "big")


def preimage_of(vote: Vote) -> settlement.Preimage:
    return settlement.Preimage(vote.candidate, vote.harmful, vote.rewarded)


def crowd() -> Alliance:
    """A task of many members."""
    return gathered([1] * 20, max_members=40, planned_rounds=9)


def seats_of(crew: Sequence[str], state: Alliance) -> list[int]:
    """The seats of the open round that these accounts have."""
    return [seat for seat in range(P + V) if state.account_at(seat) in crew]
