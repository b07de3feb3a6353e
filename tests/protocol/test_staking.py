"""The owner's position: fees, extending, poking, operators, and the bounds of what governance sets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flock.protocol import locks, staking
from flock.protocol.staking import BOUNDS, NOBODY, Staking
from flock.protocol.units import DAY, WAD, Gm, Wei
from tests.protocol.owners import HOT, NOW, OWNER, locked, refused

amounts = st.integers(WAD, 10**26).map(Wei)
days = st.integers(1, 365)


def test_the_entry_fee_goes_to_the_treasury_and_earns_no_gm() -> None:
    state = staking.set_number(Staking(), "entry_fee_bps", 250)
    after = staking.lock(state, OWNER, Wei(1_001), 30, NOW)
    assert (after.position_of(OWNER).gm, after.balance, after.treasury) == (975, 975, 26)


@given(amounts, st.integers(0, 1_000))
def test_who_wants_so_much_locked_pays_the_fee_on_top_and_no_wei_more(flock: Wei, fee_bps: int) -> None:
    amount = locks.amount_for(flock, fee_bps)
    assert amount - locks.entry_fee(amount, fee_bps) >= flock
    assert amount - 1 - locks.entry_fee(Wei(amount - 1), fee_bps) < flock


def test_a_lock_that_the_fee_eats_up_is_no_lock() -> None:
    state = staking.set_number(Staking(), "entry_fee_bps", 1)
    refused("AmountIsZero", staking.lock, state, OWNER, Wei(1), 30, NOW)


def test_extending_a_live_lock_rates_all_of_it_as_a_fresh_one() -> None:
    state = staking.extend(locked(lock_days=30), OWNER, 365, NOW + 29 * DAY)
    fresh = staking.lock(Staking(), OWNER, Wei(1_000 * WAD), 365, NOW + 29 * DAY)
    assert state.position_of(OWNER) == fresh.position_of(OWNER)


@given(amounts, days, days, st.integers(0, 365 * DAY))
def test_extending_never_lowers(amount: Wei, first: int, second: int, later: int) -> None:
    before = staking.lock(Staking(), OWNER, amount, first, NOW)
    if later >= first * DAY:
        refused("LockHasExpired", staking.extend, before, OWNER, second, NOW + later)
        return
    after = staking.extend(before, OWNER, second, NOW + later).position_of(OWNER)
    assert after.gm >= before.position_of(OWNER).gm
    assert after.unlock_at >= before.position_of(OWNER).unlock_at


def test_poking_takes_the_multiplier_of_a_lock_that_is_over_but_nothing_from_tasks() -> None:
    state = staking.allocate(locked(), OWNER, 1, Gm(2_000 * WAD), NOW)
    refused("StillLocked", staking.poke, state, OWNER, NOW + 365 * DAY - 1)
    poked = staking.poke(state, OWNER, NOW + 365 * DAY)
    assert poked.position_of(OWNER).gm == poked.position_of(OWNER).allocated == 2_000 * WAD
    refused("NothingToPoke", staking.poke, poked, OWNER, NOW + 365 * DAY)
    freed = staking.deallocate(poked, OWNER, 1, Gm(2_000 * WAD))
    assert staking.poke(freed, OWNER, NOW + 365 * DAY).position_of(OWNER).gm == 1_000 * WAD


def test_a_first_operator_acts_at_once_and_its_successor_after_the_delay() -> None:
    first = staking.set_operator(Staking(), OWNER, HOT, NOW)
    assert first.acts_for(OWNER, HOT, NOW)
    second = staking.set_operator(first, OWNER, "new", NOW + 5)
    delay = second.numbers.operator_delay
    assert not second.acts_for(OWNER, HOT, NOW + 5)
    assert not second.acts_for(OWNER, "new", NOW + 4 + delay)
    assert second.acts_for(OWNER, "new", NOW + 5 + delay)


def test_naming_nobody_in_between_does_not_dodge_the_delay() -> None:
    state = staking.set_operator(Staking(), OWNER, HOT, NOW)
    state = staking.set_operator(state, OWNER, NOBODY, NOW)
    assert not state.acts_for(OWNER, NOBODY, NOW + 30 * DAY)
    state = staking.set_operator(state, OWNER, "new", NOW)
    assert not state.acts_for(OWNER, "new", NOW)


def test_naming_the_same_operator_again_changes_nothing() -> None:
    state = staking.set_operator(Staking(), OWNER, HOT, NOW)
    assert staking.set_operator(state, OWNER, HOT, NOW + 5) == state


@pytest.mark.parametrize("name", BOUNDS)
def test_every_governed_number_is_bounded(name: str) -> None:
    least, most = BOUNDS[name]
    for value in (least, most):
        assert getattr(staking.set_number(Staking(), name, value).numbers, name) == value
    for value in (least - 1, most + 1):
        refused("OutOfBounds", staking.set_number, Staking(), name, value)
