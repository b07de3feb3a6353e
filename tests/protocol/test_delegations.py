"""Delegation as a whole: what is refused, what waits, what is slashed, and what a new lock makes of it."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flock.protocol import delegations, locks, staking, staking_numbers
from flock.protocol.delegations import Circumstances, Place
from flock.protocol.staking import Staking
from flock.protocol.units import DAY, WAD, Gm, Wei
from tests.protocol.owners import (
    ENDED,
    KEEPER,
    NOW,
    OTHER,
    OWNER,
    POOL,
    RUNNING,
    delegated,
    locked,
    refused,
    slashed,
)

COOLDOWN = staking_numbers.DEFAULTS.cooldown
amounts = st.integers(WAD, 10**26).map(Wei)
days = st.integers(1, 365)


def test_votes_stay_with_who_delegates() -> None:
    before, after = locked().position_of(OWNER), delegated().position_of(OWNER)
    assert after.votes == before.votes == before.gm
    assert after.gm == before.gm - 300 * WAD


def test_delegated_stake_leaves_with_the_flock_behind_it() -> None:
    state = delegated()
    there, left = state.pool_of(*POOL), state.position_of(OWNER)
    assert there.flock + left.flock == 1_000 * WAD
    assert there.flock == 1_000 * WAD * 300 // 3_010
    assert state.staked_on(1) == there.gm == 300 * WAD


@pytest.mark.parametrize(
    ("error", "delegator", "of", "gm", "later"),
    [
        ("TaskIsNotAlive", OWNER, ENDED, WAD, 0),
        ("AmountIsZero", OWNER, RUNNING, 0, 0),
        ("CannotDelegateToOneself", OTHER, RUNNING, WAD, 0),
        ("LockHasExpired", OWNER, RUNNING, WAD, 365 * DAY),
        ("NotEnoughAvailable", OWNER, RUNNING, 3_011 * WAD, 0),
        ("DelegationBelowMinimum", OWNER, RUNNING, WAD - 1, 0),
    ],
)
def test_delegation_that_cannot_be(
    error: str, delegator: str, of: Circumstances, gm: int, later: int
) -> None:
    refused(error, delegations.delegate_to, locked(), delegator, POOL, Gm(gm), of=of, now=NOW + later)


def test_a_closed_pool_takes_no_more_and_gives_back() -> None:
    state = delegations.set_pool(delegated(), POOL, 5_000, is_open=False, of=RUNNING, now=NOW)
    refused("PoolIsClosed", delegations.delegate_to, state, OWNER, POOL, Gm(WAD), of=RUNNING, now=NOW)
    leaving = delegations.undelegate(state, OWNER, POOL, Gm(WAD), NOW)
    back = delegations.collect(leaving, OWNER, POOL, of=RUNNING, now=NOW + COOLDOWN)
    assert back.delegation_of(OWNER, *POOL).gm == 299 * WAD


def test_sigma_is_frozen_around_the_end_of_the_task_and_opening_is_not() -> None:
    of = replace(RUNNING, ends_at=NOW + 10 * DAY)
    state = delegated()
    for now in (NOW + 8 * DAY, NOW + 10 * DAY, NOW + 12 * DAY):
        refused("SigmaIsFrozen", delegations.set_pool, state, POOL, 1, is_open=True, of=of, now=now)
        assert (
            not delegations.set_pool(state, POOL, 5_000, is_open=False, of=of, now=now).pool_of(*POOL).is_open
        )
    for now in (NOW + 8 * DAY - 1, NOW + 12 * DAY + 1):
        assert (
            delegations.set_pool(state, POOL, 1, is_open=True, of=of, now=now).pool_of(*POOL).sigma_bps == 1
        )


def test_sigma_only_falls_while_anything_is_in_the_pool() -> None:
    state = delegated()
    refused("SigmaMayNotRise", delegations.set_pool, state, POOL, 5_001, is_open=True, of=RUNNING, now=NOW)
    lower = delegations.set_pool(state, POOL, 1_000, is_open=True, of=RUNNING, now=NOW)
    refused("SigmaMayNotRise", delegations.set_pool, lower, POOL, 5_000, is_open=True, of=RUNNING, now=NOW)
    leaving = delegations.undelegate(lower, OWNER, POOL, Gm(300 * WAD), NOW)
    empty = delegations.collect(leaving, OWNER, POOL, of=RUNNING, now=NOW + COOLDOWN)
    free = delegations.set_pool(empty, POOL, 9_000, is_open=True, of=RUNNING, now=NOW)
    assert free.pool_of(*POOL).sigma_bps == 9_000


def test_sigma_is_a_share() -> None:
    refused("OutOfBounds", delegations.set_pool, locked(), POOL, 10_001, is_open=True, of=RUNNING, now=NOW)


def test_what_leaves_waits_and_is_slashed_while_it_waits() -> None:
    state = delegations.undelegate(delegated(), OWNER, POOL, Gm(100 * WAD), NOW)
    refused("StillCoolingDown", delegations.collect, state, OWNER, POOL, of=RUNNING, now=NOW + COOLDOWN - 1)
    back = delegations.collect(slashed(state, 150 * WAD), OWNER, POOL, of=RUNNING, now=NOW + COOLDOWN)
    assert back.delegation_of(OWNER, *POOL).gm == 100 * WAD
    assert back.position_of(OWNER).gm == (3_010 - 300 + 50) * WAD
    assert back.position_of(OWNER).votes == (3_010 - 150) * WAD


def test_f07_asking_for_more_makes_all_of_it_wait_anew() -> None:
    state = delegations.undelegate(delegated(), OWNER, POOL, Gm(WAD), NOW)
    state = delegations.undelegate(state, OWNER, POOL, Gm(WAD), NOW + COOLDOWN - 1)
    refused("StillCoolingDown", delegations.collect, state, OWNER, POOL, of=RUNNING, now=NOW + COOLDOWN)
    assert state.delegation_of(OWNER, *POOL).leaving == 2 * WAD


def test_no_more_leaves_than_is_there() -> None:
    state = delegations.undelegate(delegated(), OWNER, POOL, Gm(200 * WAD), NOW)
    refused("NotEnoughDelegated", delegations.undelegate, state, OWNER, POOL, Gm(100 * WAD + 1), NOW)
    refused("AmountIsZero", delegations.undelegate, state, OWNER, POOL, Gm(0), NOW)
    refused("NothingIsLeaving", delegations.collect, delegated(), OWNER, POOL, of=RUNNING, now=NOW)


def test_nothing_is_collected_while_the_operator_has_a_duty() -> None:
    state = delegations.undelegate(delegated(), OWNER, POOL, Gm(WAD), NOW)
    busy = replace(RUNNING, has_duty=True)
    refused("OperatorHasADuty", delegations.collect, state, OWNER, POOL, of=busy, now=NOW + COOLDOWN)


def test_once_the_task_has_ended_all_of_it_comes_back_at_once() -> None:
    back = delegations.collect(delegated(), OWNER, POOL, of=ENDED, now=NOW)
    assert back.position_of(OWNER) == locked().position_of(OWNER)
    assert back.staked_on(1) == 0


def test_nobody_comes_in_at_a_higher_share_than_agreed_to() -> None:
    state = delegations.set_pool(locked(), POOL, 4_001, is_open=True, of=RUNNING, now=NOW)
    come = (state, OWNER, POOL, Gm(WAD))
    refused("SigmaIsAbove", delegations.delegate_to, *come, of=RUNNING, now=NOW, most_sigma_bps=4_000)
    inside = delegations.delegate_to(*come, of=RUNNING, now=NOW, most_sigma_bps=4_001)
    assert inside.delegation_of(OWNER, *POOL).gm == WAD


def test_stake_moves_from_an_ended_task_straight_to_another() -> None:
    target = Place(OTHER, 2)
    state = delegations.set_pool(delegated(), target, 0, is_open=True, of=RUNNING, now=NOW)
    move = (OWNER, POOL, target, Gm(200 * WAD))
    refused("TaskHasNotEnded", delegations.redelegate, state, *move, of=RUNNING, of_target=RUNNING, now=NOW)
    moved = delegations.redelegate(state, *move, of=ENDED, of_target=RUNNING, now=NOW)
    assert (moved.staked_on(1), moved.staked_on(2)) == (100 * WAD, 200 * WAD)
    assert moved.position_of(OWNER).votes == 3_010 * WAD


def test_a_slash_of_a_pool_pays_keeper_and_treasury_like_any_other() -> None:
    before = delegated()
    after = slashed(before, 100 * WAD)
    taken = before.pool_of(*POOL).flock - after.pool_of(*POOL).flock
    assert after.keeper_credits[KEEPER] == taken // 10
    assert after.treasury == taken - taken // 10


def test_who_brings_a_record_up_to_date_takes_the_votes_that_were_slashed() -> None:
    state = slashed(delegated(), 150 * WAD)
    assert state.position_of(OWNER).votes == 3_010 * WAD
    assert delegations.bring_up_to_date(state, OWNER, POOL).position_of(OWNER).votes == 2_860 * WAD


def test_who_comes_back_to_a_record_worn_to_nothing_begins_anew_and_counts_once() -> None:
    state = delegations.delegate_to(locked(), OWNER, POOL, Gm(WAD), of=RUNNING, now=NOW)
    state = delegations.undelegate(state, OWNER, POOL, Gm(WAD - 1), NOW)
    state = delegations.collect(state, OWNER, POOL, of=RUNNING, now=NOW + COOLDOWN)
    state = staking.lock(state, KEEPER, Wei(100 * WAD), 30, NOW)
    state = delegations.delegate_to(state, KEEPER, POOL, Gm(100 * WAD), of=RUNNING, now=NOW)
    worn = slashed(state, 10 * WAD)
    assert worn.delegation_of(OWNER, *POOL).gm == 0
    back = delegations.delegate_to(worn, OWNER, POOL, Gm(2 * WAD), of=RUNNING, now=NOW)
    assert back.delegation_of(OWNER, *POOL).gm == 2 * WAD
    assert back.pool_of(*POOL).delegators == 2


@given(
    amounts,
    days,
    days,
    st.integers(0, 400 * DAY),
    st.integers(0, 400 * DAY),
    st.fractions(0, 1),
    st.booleans(),
)
def test_parking_gm_in_a_pool_over_the_end_of_a_lock_gains_nothing(
    amount: Wei, first: int, second: int, wait: int, later: int, part: Fraction, poked: bool
) -> None:
    """Whatever is parked, after a new lock of a wei the parker has no more gm than who did not park."""
    end = NOW + first * DAY + wait
    honest = staking.lock(Staking(), OWNER, amount, first, NOW)
    gm = Gm(max(WAD, int(honest.position_of(OWNER).gm * part)))
    parked = delegations.set_pool(honest, POOL, 0, is_open=True, of=RUNNING, now=NOW)
    parked = delegations.delegate_to(parked, OWNER, POOL, gm, of=RUNNING, now=NOW)
    if poked and honest.position_of(OWNER).gm > amount:
        honest = staking.poke(honest, OWNER, end)
    honest, parked = (staking.lock(state, OWNER, Wei(1), second, end) for state in (honest, parked))
    back = delegations.collect(parked, OWNER, POOL, of=ENDED, now=end + later)
    if later < second * DAY:
        honest, back = (staking.extend(state, OWNER, second, end + later) for state in (honest, back))
    least = locks.gm_for(Wei(amount + 1), second * DAY)
    assert back.position_of(OWNER).gm <= max(least, honest.position_of(OWNER).gm)
    assert back.position_of(OWNER).flock == amount + 1


def test_f46_a_pause_stops_what_begins_and_nothing_that_gives_back() -> None:
    state = delegations.undelegate(delegated(), OWNER, POOL, Gm(300 * WAD), NOW)
    state = staking.pause(staking.allocate(state, OWNER, 1, Gm(WAD), NOW))
    refused("EnforcedPause", staking.lock, state, OWNER, Wei(1), 1, NOW)
    refused("EnforcedPause", staking.allocate, state, OWNER, 1, Gm(1), NOW)
    refused("EnforcedPause", staking.hold, state, OWNER, 1, Gm(1))
    refused("EnforcedPause", delegations.delegate_to, state, OWNER, POOL, Gm(WAD), of=RUNNING, now=NOW)
    state = delegations.collect(state, OWNER, POOL, of=RUNNING, now=NOW + COOLDOWN)
    state = staking.slash(state, OWNER, 1, Gm(5), KEEPER).staking
    state = staking.deallocate(state, OWNER, 1, Gm(WAD - 5))
    gm = state.position_of(OWNER).gm
    assert staking.redeem(state, OWNER, gm, NOW + 365 * DAY).position_of(OWNER).flock == 0
