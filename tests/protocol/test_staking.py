"""The owner's position: fees, extending, poking, operators, and the bounds of what governance sets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flock.protocol.core.units import BPS, DAY, WAD, Gm, Wei
from flock.protocol.economy import locks, staking
from flock.protocol.economy.locks import EXIT_DELAY
from flock.protocol.economy.staking import BOUNDS, NOBODY, StakingState
from tests.protocol.owners import (
    HOT,
    MINIMUM,
    NOW,
    OTHER,
    OWN,
    OWNER,
    delegated,
    locked,
    refused,
    slashed,
    staked,
)

amounts = st.integers(WAD, 10**26).map(Wei)
days = st.integers(1, 365)
END = NOW + 365 * DAY


def test_the_entry_fee_goes_to_the_treasury_and_earns_no_gm() -> None:
    state = staking.set_number(StakingState(), "entry_fee_bps", 250)
    after = staking.lock(state, OWNER, Wei(1_001), 30, NOW)
    assert (after.position_of(OWNER).gm, after.balance, after.treasury) == (975, 975, 26)


@given(amounts, st.integers(0, 1_000))
def test_who_wants_so_much_locked_pays_the_fee_on_top_and_no_wei_more(flock: Wei, fee_bps: int) -> None:
    amount = locks.amount_for(flock, fee_bps)
    assert amount - locks.entry_fee(amount, fee_bps) >= flock
    assert amount - 1 - locks.entry_fee(Wei(amount - 1), fee_bps) < flock


def test_a_lock_that_the_fee_eats_up_is_no_lock() -> None:
    state = staking.set_number(StakingState(), "entry_fee_bps", 1)
    refused("AmountIsZero", staking.lock, state, OWNER, Wei(1), 30, NOW)


def test_extending_a_live_lock_rates_all_of_it_as_a_fresh_one() -> None:
    state = staking.extend(locked(lock_days=30), OWNER, 365, NOW + 29 * DAY)
    fresh = staking.lock(StakingState(), OWNER, Wei(1_000 * WAD), 365, NOW + 29 * DAY)
    assert state.position_of(OWNER) == fresh.position_of(OWNER)


@given(amounts, days, days, st.integers(0, 365 * DAY))
def test_extending_never_lowers(amount: Wei, first: int, second: int, later: int) -> None:
    before = staking.lock(StakingState(), OWNER, amount, first, NOW)
    extend = (staking.extend, before, OWNER, second, NOW + later)
    if later >= first * DAY:
        refused("LockHasExpired", *extend)
        return
    if second < first:
        refused("LockMayNotShorten", *extend)
        return
    after = staking.extend(*extend[1:]).position_of(OWNER)
    assert after.gm >= before.position_of(OWNER).gm
    assert after.unlock_at >= before.position_of(OWNER).unlock_at


def test_the_days_of_a_lock_come_first() -> None:
    for lock_days in (0, 366):
        refused("LockDaysOutOfRange", staking.lock, StakingState(), OWNER, Wei(0), lock_days, NOW)
        refused("LockDaysOutOfRange", staking.extend, StakingState(), OWNER, lock_days, NOW)


# --- The way out ---


def test_a_lock_is_poked_once_and_only_when_it_is_over() -> None:
    state = staked()
    refused("NothingToPoke", staking.poke, StakingState(), OWNER, END)
    refused("StillLocked", staking.poke, state, OWNER, END - 1)
    poked = staking.poke(state, OWNER, END)
    assert poked.position_of(OWNER).gm == poked.position_of(OWNER).flock
    assert poked.votes_of(OWNER) == 0
    refused("NothingToPoke", staking.poke, poked, OWNER, END)
    refused("LockHasExpired", staking.extend, poked, OWNER, 365, END)


def test_what_is_redeemed_was_poked_long_enough_ago() -> None:
    state, gm = locked(), Gm(1_000 * WAD)
    refused("StillLocked", staking.redeem, state, OWNER, gm, END - 1)
    refused("PokeFirst", staking.redeem, state, OWNER, gm, END + 30 * DAY)
    poked = staking.poke(state, OWNER, END + 30 * DAY)
    out = END + 30 * DAY + EXIT_DELAY
    refused("NotRedeemableBefore", staking.redeem, poked, OWNER, gm, out - 1)
    refused("AmountIsZero", staking.redeem, poked, OWNER, Gm(0), out)
    refused("NotEnoughAvailable", staking.redeem, poked, OWNER, Gm(gm + 1), out)
    refused("NotEnoughAvailable", staking.redeem, StakingState(), OWNER, gm, out)
    assert staking.redeem(poked, OWNER, gm, out).redeemed == 1_000 * WAD


def test_who_locks_again_while_it_waits_votes_again_and_waits_anew() -> None:
    poked = staking.poke(locked(), OWNER, END)
    again = staking.lock(poked, OWNER, Wei(WAD), 1, END + DAY)
    assert again.votes_of(OWNER) == again.position_of(OWNER).gm == 1_001 * WAD
    refused("PokeFirst", staking.redeem, again, OWNER, Gm(WAD), END + EXIT_DELAY)


# --- Stake on a task ---


def test_stake_on_a_task_carries_its_flock_and_keeps_its_votes() -> None:
    state = staked(2_000 * WAD)
    there, free = state.allocation_of(OWNER, 1), state.position_of(OWNER)
    assert there.flock == 1_000 * WAD * 2_000 // 3_010
    assert (there.flock + free.flock, there.gm + free.gm) == (1_000 * WAD, 3_010 * WAD)
    assert state.votes_of(OWNER) == 3_010 * WAD
    assert staking.deallocate(state, OWNER, 1, there.gm, NOW, minimum=MINIMUM).position_of(
        OWNER
    ) == locked().position_of(OWNER)


@pytest.mark.parametrize(
    ("error", "gm", "later", "is_alive"),
    [
        ("TaskIsNotAlive", WAD, 0, False),
        ("AmountIsZero", 0, 0, True),
        ("LockHasExpired", WAD, 365 * DAY, True),
        ("NotEnoughAvailable", 3_011 * WAD, 0, True),
        ("StakeBelowMinimum", WAD - 1, 0, True),
    ],
)
def test_stake_that_cannot_be(error: str, gm: int, later: int, is_alive: bool) -> None:
    named = {"minimum": MINIMUM, "is_alive": is_alive}
    refused(error, staking.allocate, locked(), OWNER, 1, Gm(gm), NOW + later, **named)


def test_what_stays_on_a_task_is_the_minimum_or_nothing() -> None:
    state = staked(10 * WAD)
    for gm, error in (
        (0, "AmountIsZero"),
        (9 * WAD + 1, "StakeBelowMinimum"),
        (11 * WAD, "NotEnoughAllocated"),
    ):
        refused(error, staking.deallocate, state, OWNER, 1, Gm(gm), NOW, minimum=MINIMUM)
    for gm in (9 * WAD, 10 * WAD):
        left = staking.deallocate(state, OWNER, 1, Gm(gm), NOW, minimum=MINIMUM)
        assert left.allocation_of(OWNER, 1).gm == 10 * WAD - gm


def test_stake_that_is_held_stays_until_it_is_let_go() -> None:
    state = staked(10 * WAD)
    refused("StakeBelowMinimum", staking.hold, state, OWNER, 1, Gm(10 * WAD + 1))
    held = staking.hold(staking.hold(state, OWNER, 1, MINIMUM), OWNER, 1, MINIMUM)
    take = (OWNER, 1, Gm(10 * WAD), NOW)
    refused("StakeIsHeld", staking.deallocate, held, *take, minimum=MINIMUM)
    free = staking.release(staking.release(held, OWNER, 1), OWNER, 1)
    assert staking.deallocate(free, *take, minimum=MINIMUM).staked_on(1) == state.staked_on(1) - 10 * WAD


def test_stake_that_outlives_its_lock_stands_but_does_not_vote() -> None:
    state = staking.poke(staked(2_000 * WAD), OWNER, END)
    assert state.allocation_of(OWNER, 1).gm == 2_000 * WAD
    assert state.votes_of(OWNER) == 0
    again = staking.lock(state, OWNER, Wei(WAD), 365, END)
    assert again.votes_of(OWNER) == again.position_of(OWNER).gm
    more = staking.allocate(again, OWNER, 1, Gm(WAD), END, minimum=MINIMUM)
    assert more.votes_of(OWNER) == more.position_of(OWNER).gm
    back = staking.deallocate(more, OWNER, 1, Gm(2_001 * WAD), END, minimum=MINIMUM)
    assert back.votes_of(OWNER) == back.position_of(OWNER).gm


def test_stake_put_on_a_task_from_a_later_lock_votes() -> None:
    later = staking.lock(staking.poke(locked(), OWNER, END), OWNER, Wei(WAD), 365, END)
    state = staking.allocate(later, OWNER, 1, Gm(WAD), END, minimum=MINIMUM)
    assert state.votes_of(OWNER) == later.votes_of(OWNER) > 0


def test_stake_that_comes_back_after_its_lock_is_worth_its_flock() -> None:
    state = staked(2_000 * WAD)
    for over in (state, staking.poke(state, OWNER, END)):
        back = staking.deallocate(over, OWNER, 1, Gm(2_000 * WAD), END, minimum=MINIMUM)
        came = back.position_of(OWNER).gm - over.position_of(OWNER).gm
        assert came == state.allocation_of(OWNER, 1).flock


@given(amounts, days, st.integers(0, 10**27), st.integers(0, BPS))
def test_a_slash_leaves_flock_behind_what_is_left(
    amount: Wei, lock_days: int, at_least: int, slash_bps: int
) -> None:
    state = staking.lock(StakingState(), OWNER, amount, lock_days, NOW)
    gm = state.position_of(OWNER).gm
    state = staking.allocate(state, OWNER, 1, gm, NOW, minimum=MINIMUM)
    slash = staking.slash(state, OWNER, 1, Gm(at_least), slash_bps)
    left = slash.staking.allocation_of(OWNER, 1)
    assert (left.gm + slash.taken.gm, left.flock + slash.taken.flock) == (gm, amount)
    assert slash.staking.owed_to_treasury == slash.taken.flock
    assert slash.staking.votes_of(OWNER) == left.gm == slash.left
    assert left.gm or not left.flock


def test_what_slashes_have_taken_is_paid_to_the_treasury_at_once() -> None:
    whole = staked(2_000 * WAD).allocation_of(OWNER, 1).flock
    state, owed = slashed(staked(2_000 * WAD), 1_000, OWNER), -(-whole // 10)
    assert (state.owed_to_treasury, state.balance) == (owed, 2_000 * WAD)
    paid = staking.pay_treasury(state)
    assert (paid.treasury, paid.balance, paid.owed_to_treasury) == (owed, 2_000 * WAD - owed, 0)
    refused("NothingToWithdraw", staking.pay_treasury, paid)


def test_the_last_wei_that_is_owed_is_paid_to_the_treasury() -> None:
    owing = staking.owing(locked(), Wei(1))
    assert staking.pay_treasury(owing).treasury == owing.treasury + 1


def test_no_slash_takes_more_than_there_is() -> None:
    slash = staking.slash(delegated(), OTHER, 1, Gm(10 * OWN), 2 * BPS)
    assert (slash.taken, slash.from_pool.gm) == ((OWN, OWN), 300 * WAD)
    assert staking.slash(slash.staking, OTHER, 1, OWN, BPS).staking == slash.staking


def test_a_pause_begins_and_ends_once() -> None:
    refused("ExpectedPause", staking.unpause, locked())
    paused = staking.pause(locked())
    refused("EnforcedPause", staking.pause, paused)
    assert staking.unpause(paused) == locked()


# --- Operators, and what governance sets ---


def test_a_first_operator_acts_at_once_and_its_successor_after_the_delay() -> None:
    first = staking.set_operator(StakingState(), OWNER, HOT, NOW)
    assert first.acts_for(OWNER, HOT, NOW)
    second = staking.set_operator(first, OWNER, "new", NOW + 5)
    delay = second.numbers.operator_delay
    assert not second.acts_for(OWNER, HOT, NOW + 5)
    assert not second.acts_for(OWNER, "new", NOW + 4 + delay)
    assert second.acts_for(OWNER, "new", NOW + 5 + delay)


def test_naming_nobody_in_between_does_not_dodge_the_delay() -> None:
    state = staking.set_operator(StakingState(), OWNER, HOT, NOW)
    state = staking.set_operator(state, OWNER, NOBODY, NOW)
    assert not state.acts_for(OWNER, NOBODY, NOW + 30 * DAY)
    state = staking.set_operator(state, OWNER, "new", NOW)
    assert not state.acts_for(OWNER, "new", NOW)


def test_naming_the_same_operator_again_changes_nothing() -> None:
    state = staking.set_operator(StakingState(), OWNER, HOT, NOW)
    assert staking.set_operator(state, OWNER, HOT, NOW + 5) == state


@pytest.mark.parametrize("name", BOUNDS)
def test_every_governed_number_is_bounded(name: str) -> None:
    least, most = BOUNDS[name]
    for value in (least, most):
        assert getattr(staking.set_number(StakingState(), name, value).numbers, name) == value
    for value in (least - 1, most + 1):
        refused("OutOfBounds", staking.set_number, StakingState(), name, value)
