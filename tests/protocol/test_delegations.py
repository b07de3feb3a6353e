"""Delegation as a whole: what is refused, what waits, what is slashed, and what a new lock makes of it."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flock.protocol.core.units import BPS, DAY, NO_GM, WAD, Gm, Wei
from flock.protocol.economy import delegations, locks, pools, staking, staking_numbers
from flock.protocol.economy.delegations import Circumstances, PoolKey
from flock.protocol.economy.staking import StakingState
from tests.protocol.owners import (
    ENDED,
    MINIMUM,
    NOW,
    OTHER,
    OWN,
    OWNER,
    POOL,
    RUNNING,
    delegated,
    locked,
    operating,
    refused,
    slashed,
    staked,
)

COOLDOWN = staking_numbers.DEFAULTS.cooldown
amounts = st.integers(WAD, 10**26).map(Wei)
days = st.integers(1, 365)


def busy(duty: int) -> Circumstances:
    """The task runs, and the operator has a duty."""
    return replace(RUNNING, duty=duty)


def test_votes_stay_with_who_delegates() -> None:
    before, after = locked(), delegated()
    assert after.votes_of(OWNER) == before.votes_of(OWNER) == before.position_of(OWNER).gm
    assert after.position_of(OWNER).gm == before.position_of(OWNER).gm - 300 * WAD


def test_delegated_stake_leaves_with_the_flock_behind_it() -> None:
    state = delegated()
    there, left = state.pool_of(*POOL), state.position_of(OWNER)
    assert there.flock + left.flock == 1_000 * WAD
    assert there.flock == 1_000 * WAD * 300 // 3_010
    assert there.gm == 300 * WAD
    assert state.staked_on(1) == OWN + 300 * WAD


@pytest.mark.parametrize(
    ("error", "delegator", "of", "gm", "later"),
    [
        ("TaskIsNotAlive", OWNER, ENDED, WAD, 0),
        ("DelegationBelowMinimum", OWNER, RUNNING, 0, 0),
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


def test_adding_nothing_to_a_delegation_is_none() -> None:
    refused("AmountIsZero", delegations.delegate_to, delegated(), OWNER, POOL, Gm(0), of=RUNNING, now=NOW)


def test_no_more_is_delegated_than_the_operator_s_own_stake_stands_for() -> None:
    state = locked(10_000 * WAD)
    most = delegations.most_in_pool(state, POOL)
    assert most == 10 * OWN
    full = delegations.delegate_to(state, OWNER, POOL, most, of=RUNNING, now=NOW)
    refused("DelegationAboveCap", delegations.delegate_to, full, OWNER, POOL, Gm(1), of=RUNNING, now=NOW)
    lower = staking.set_number(full, "delegation_ratio", 9)
    leaving = delegations.undelegate(lower, OWNER, POOL, OWN, NOW)
    back = delegations.collect(leaving, OWNER, POOL, of=RUNNING, now=NOW + COOLDOWN)
    assert back.pool_of(*POOL).gm == delegations.most_in_pool(back, POOL)


def test_who_has_no_stake_of_its_own_takes_no_delegation() -> None:
    state = delegations.set_pool(locked(), PoolKey(OTHER, 2), 0, is_open=True, of=RUNNING, now=NOW)
    come = (state, OWNER, PoolKey(OTHER, 2), Gm(WAD))
    refused("DelegationAboveCap", delegations.delegate_to, *come, of=RUNNING, now=NOW)


def test_a_closed_pool_takes_no_more_and_gives_back() -> None:
    state = delegations.set_pool(delegated(), POOL, 5_000, is_open=False, of=RUNNING, now=NOW)
    refused("PoolIsClosed", delegations.delegate_to, state, OWNER, POOL, Gm(WAD), of=RUNNING, now=NOW)
    leaving = delegations.undelegate(state, OWNER, POOL, Gm(WAD), NOW)
    back = delegations.collect(leaving, OWNER, POOL, of=RUNNING, now=NOW + COOLDOWN)
    assert back.delegation_of(OWNER, *POOL).gm == 299 * WAD


def test_a_worn_pool_takes_no_more_until_it_is_empty() -> None:
    state = delegated()
    while state.pool_of(*POOL).factor >= pools.WORN:
        state = slashed(state, 9_000)
    more = staking.lock(state, OTHER, OWN, 30, NOW)
    state = staking.allocate(more, OTHER, 1, OWN, NOW, minimum=MINIMUM)
    come = (OWNER, POOL, Gm(WAD))
    refused("PoolIsWorn", delegations.delegate_to, state, *come, of=RUNNING, now=NOW)
    left = delegations.undelegate(state, OWNER, POOL, state.delegation_of(OWNER, *POOL).gm, NOW)
    empty = delegations.collect(left, OWNER, POOL, of=RUNNING, now=NOW + COOLDOWN)
    again = delegations.delegate_to(empty, *come, of=RUNNING, now=NOW)
    assert again.delegation_of(OWNER, *POOL).gm == again.pool_of(*POOL).gm == WAD


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
            delegations.set_pool(state, POOL, 1, is_open=True, of=of, now=now).pool_of(*POOL).commission_bps
            == 1
        )


def test_sigma_only_falls_while_anything_is_in_the_pool() -> None:
    state = delegated()
    refused("SigmaMayNotRise", delegations.set_pool, state, POOL, 5_001, is_open=True, of=RUNNING, now=NOW)
    lower = delegations.set_pool(state, POOL, 1_000, is_open=True, of=RUNNING, now=NOW)
    refused("SigmaMayNotRise", delegations.set_pool, lower, POOL, 5_000, is_open=True, of=RUNNING, now=NOW)
    leaving = delegations.undelegate(lower, OWNER, POOL, Gm(300 * WAD), NOW)
    empty = delegations.collect(leaving, OWNER, POOL, of=RUNNING, now=NOW + COOLDOWN)
    free = delegations.set_pool(empty, POOL, 9_000, is_open=True, of=RUNNING, now=NOW)
    assert free.pool_of(*POOL).commission_bps == 9_000


def test_sigma_is_a_share() -> None:
    refused("OutOfBounds", delegations.set_pool, locked(), POOL, 10_001, is_open=True, of=RUNNING, now=NOW)
    most = delegations.set_pool(locked(), POOL, BPS, is_open=True, of=RUNNING, now=NOW)
    assert most.pool_of(*POOL).commission_bps == BPS


def test_nobody_sets_up_a_pool_on_a_task_that_has_ended() -> None:
    refused("TaskIsNotAlive", delegations.set_pool, locked(), POOL, 0, is_open=True, of=ENDED, now=NOW)


def test_what_leaves_waits_and_is_slashed_while_it_waits() -> None:
    state = delegations.undelegate(delegated(), OWNER, POOL, Gm(100 * WAD), NOW)
    refused("StillCoolingDown", delegations.collect, state, OWNER, POOL, of=RUNNING, now=NOW + COOLDOWN - 1)
    back = delegations.collect(slashed(state, 5_000), OWNER, POOL, of=RUNNING, now=NOW + COOLDOWN)
    assert back.delegation_of(OWNER, *POOL).gm == 100 * WAD
    assert back.position_of(OWNER).gm == (3_010 - 300 + 50) * WAD
    assert back.votes_of(OWNER) == (3_010 - 150) * WAD


def test_f07_asking_for_more_makes_all_of_it_wait_anew() -> None:
    state = delegations.undelegate(delegated(), OWNER, POOL, Gm(WAD), NOW)
    state = delegations.undelegate(state, OWNER, POOL, Gm(WAD), NOW + COOLDOWN - 1)
    refused("StillCoolingDown", delegations.collect, state, OWNER, POOL, of=RUNNING, now=NOW + COOLDOWN)
    assert state.delegation_of(OWNER, *POOL).leaving == 2 * WAD


def test_the_least_amount_can_leave() -> None:
    state = delegations.undelegate(delegated(), OWNER, POOL, Gm(1), NOW)
    back = delegations.collect(state, OWNER, POOL, of=RUNNING, now=NOW + COOLDOWN)
    assert back.delegation_of(OWNER, *POOL).gm == 300 * WAD - 1


def test_no_more_leaves_than_is_there() -> None:
    state = delegations.undelegate(delegated(), OWNER, POOL, Gm(200 * WAD), NOW)
    refused("NotEnoughDelegated", delegations.undelegate, state, OWNER, POOL, Gm(100 * WAD + 1), NOW)
    refused("AmountIsZero", delegations.undelegate, state, OWNER, POOL, Gm(0), NOW)
    refused("NothingIsLeaving", delegations.collect, delegated(), OWNER, POOL, of=RUNNING, now=NOW)


def test_what_leaves_waits_for_one_duty_and_for_no_later_one() -> None:
    state = delegations.undelegate(delegated(), OWNER, POOL, Gm(WAD), NOW)
    now = NOW + COOLDOWN
    refused("StillCoolingDown", delegations.collect, state, OWNER, POOL, of=busy(7), now=now - 1)
    queued = delegations.collect(state, OWNER, POOL, of=busy(7), now=now)
    assert queued.delegation_of(OWNER, *POOL).gm == 300 * WAD
    refused("OperatorHasADuty", delegations.collect, queued, OWNER, POOL, of=busy(7), now=now)
    for then in (busy(8), RUNNING, ENDED):
        back = delegations.collect(queued, OWNER, POOL, of=then, now=now)
        assert back.delegation_of(OWNER, *POOL).gm == (0 if then == ENDED else 299 * WAD)
        assert back.delegation_of(OWNER, *POOL).queued_behind == 0


def test_who_asks_for_more_queues_anew() -> None:
    state = delegations.undelegate(delegated(), OWNER, POOL, Gm(WAD), NOW)
    queued = delegations.collect(state, OWNER, POOL, of=busy(7), now=NOW + COOLDOWN)
    more = delegations.undelegate(queued, OWNER, POOL, Gm(WAD), NOW + COOLDOWN)
    later = NOW + 2 * COOLDOWN
    refused("StillCoolingDown", delegations.collect, more, OWNER, POOL, of=busy(8), now=later - 1)
    again = delegations.collect(more, OWNER, POOL, of=busy(8), now=later)
    refused("OperatorHasADuty", delegations.collect, again, OWNER, POOL, of=busy(8), now=later)


def test_what_is_queued_is_slashed_until_it_is_paid() -> None:
    state = delegations.undelegate(delegated(), OWNER, POOL, Gm(100 * WAD), NOW)
    queued = delegations.collect(state, OWNER, POOL, of=busy(7), now=NOW + COOLDOWN)
    back = delegations.collect(slashed(queued, 5_000), OWNER, POOL, of=busy(8), now=NOW + COOLDOWN)
    assert back.position_of(OWNER).gm == (3_010 - 300 + 50) * WAD


def test_once_the_task_has_ended_all_of_it_comes_back_at_once() -> None:
    back = delegations.collect(delegated(), OWNER, POOL, of=replace(ENDED, duty=7), now=NOW)
    assert back.position_of(OWNER) == locked().position_of(OWNER)
    assert back.staked_on(1) == OWN


def test_nobody_comes_in_at_a_higher_share_than_agreed_to() -> None:
    state = delegations.set_pool(locked(), POOL, 4_001, is_open=True, of=RUNNING, now=NOW)
    come = (state, OWNER, POOL, Gm(WAD))
    refused("SigmaIsAbove", delegations.delegate_to, *come, of=RUNNING, now=NOW, max_commission_bps=4_000)
    inside = delegations.delegate_to(*come, of=RUNNING, now=NOW, max_commission_bps=4_001)
    assert inside.delegation_of(OWNER, *POOL).gm == WAD


ELSEWHERE = PoolKey(OTHER, 2)


def with_another_pool(state: StakingState, commission_bps: int = 0) -> StakingState:
    """The other has a stake on task 2 as well, and takes delegation there."""
    state = staking.lock(state, OTHER, OWN, 30, NOW)
    state = staking.allocate(state, OTHER, 2, OWN, NOW, minimum=MINIMUM)
    return delegations.set_pool(state, ELSEWHERE, commission_bps, is_open=True, of=RUNNING, now=NOW)


def moved_on(state: StakingState, gm: int, max_commission_bps: int = BPS) -> StakingState:
    return delegations.redelegate(
        state,
        OWNER,
        POOL,
        ELSEWHERE,
        Gm(gm),
        of=ENDED,
        of_target=RUNNING,
        now=NOW,
        max_commission_bps=max_commission_bps,
    )


def test_no_more_moves_on_than_is_there_and_not_nothing() -> None:
    state = with_another_pool(delegated())
    refused("AmountIsZero", moved_on, state, 0)
    refused("NotEnoughDelegated", moved_on, state, 300 * WAD + 1)
    whole = moved_on(state, 300 * WAD)
    assert (whole.staked_on(1), whole.staked_on(2)) == (OWN, OWN + 300 * WAD)


def test_the_least_amount_can_follow_what_has_moved_on() -> None:
    state = moved_on(with_another_pool(delegated()), 200 * WAD)
    assert moved_on(state, 1).delegation_of(OWNER, *ELSEWHERE).gm == 200 * WAD + 1


def test_who_moves_on_agrees_to_the_share_of_the_new_pool_too() -> None:
    state = with_another_pool(delegated(), commission_bps=4_001)
    refused("SigmaIsAbove", moved_on, state, 200 * WAD, 4_000)
    assert moved_on(state, 200 * WAD, 4_001).staked_on(2) == OWN + 200 * WAD


def test_who_moves_on_takes_what_was_slashed_with_its_votes() -> None:
    state = slashed(with_another_pool(delegated()), 5_000)
    refused("NotEnoughDelegated", moved_on, state, 151 * WAD)
    moved = moved_on(state, 150 * WAD)
    assert moved.delegation_of(OWNER, *ELSEWHERE).gm == 150 * WAD
    assert moved.votes_of(OWNER) == 2_860 * WAD


def test_stake_moves_from_an_ended_task_straight_to_another() -> None:
    target = ELSEWHERE
    state = with_another_pool(delegated())
    move = (OWNER, POOL, target, Gm(200 * WAD))
    refused("TaskHasNotEnded", delegations.redelegate, state, *move, of=RUNNING, of_target=RUNNING, now=NOW)
    moved = delegations.redelegate(state, *move, of=ENDED, of_target=RUNNING, now=NOW)
    assert (moved.staked_on(1), moved.staked_on(2)) == (OWN + 100 * WAD, OWN + 200 * WAD)
    assert moved.votes_of(OWNER) == 3_010 * WAD


def test_a_slash_takes_the_same_fraction_of_the_own_stake_and_of_the_pool() -> None:
    slash = staking.slash(delegated(), OTHER, 1, NO_GM, 1_000)
    assert (slash.taken.gm, slash.left, slash.from_pool.gm) == (OWN // 10, OWN - OWN // 10, 30 * WAD)
    assert slash.staking.owed_to_treasury == slash.taken.flock + slash.from_pool.flock


def test_repeated_slashes_take_the_same_of_the_own_stake_and_only_their_fraction_of_the_pool() -> None:
    state = delegated()
    for count in range(1, 12):
        slash = staking.slash(state, OTHER, 1, OWN, 1_000)
        state = slash.staking
        assert slash.left == max(0, OWN - count * OWN // 10)
    assert state.delegation_of(OWNER, *POOL).gm == pytest.approx(300 * WAD * 0.9**10, rel=1e-12)


def test_of_a_pool_beyond_what_the_own_stake_stands_for_the_rest_is_not_touched() -> None:
    state = delegated(3_000 * WAD)
    back = staking.deallocate(state, OTHER, 1, Gm(900 * WAD), NOW, minimum=MINIMUM)
    slash = staking.slash(back, OTHER, 1, NO_GM, 1_000)
    assert (slash.taken.gm, slash.from_pool.gm) == (10 * WAD, 100 * WAD)


def test_who_has_no_own_stake_left_is_slashed_no_more_and_neither_is_its_pool() -> None:
    state = slashed(delegated(), BPS)
    assert state.delegation_of(OWNER, *POOL).gm == 0
    bare = staking.deallocate(delegated(), OTHER, 1, OWN, NOW, minimum=MINIMUM)
    assert slashed(bare, 5_000) == bare


def test_who_brings_a_record_up_to_date_takes_the_votes_that_were_slashed() -> None:
    state = slashed(delegated(), 5_000)
    assert state.votes_of(OWNER) == 3_010 * WAD
    assert delegations.sync(state, OWNER, POOL).votes_of(OWNER) == 2_860 * WAD


def test_who_comes_back_to_a_record_worn_to_nothing_begins_anew_and_counts_once() -> None:
    state = delegations.delegate_to(locked(), OWNER, POOL, Gm(WAD), of=RUNNING, now=NOW)
    state = delegations.undelegate(state, OWNER, POOL, Gm(WAD - 1), NOW)
    state = delegations.collect(state, OWNER, POOL, of=RUNNING, now=NOW + COOLDOWN)
    state = staking.lock(state, "third", Wei(100 * WAD), 30, NOW)
    state = delegations.delegate_to(state, "third", POOL, Gm(100 * WAD), of=RUNNING, now=NOW)
    less = slashed(state, 1_000)
    assert less.delegation_of(OWNER, *POOL).gm == 0
    back = delegations.delegate_to(less, OWNER, POOL, Gm(2 * WAD), of=RUNNING, now=NOW)
    assert back.delegation_of(OWNER, *POOL).gm == 2 * WAD
    assert back.pool_of(*POOL).delegators == 2


def _to_pool(state: StakingState, gm: Gm) -> StakingState:
    return delegations.delegate_to(state, OWNER, POOL, gm, of=RUNNING, now=NOW)


def _to_task(state: StakingState, gm: Gm) -> StakingState:
    return staking.allocate(state, OWNER, 1, gm, NOW, minimum=MINIMUM)


def _back(state: StakingState, now: int) -> StakingState:
    if state.allocation_of(OWNER, 1).gm:
        there = state.allocation_of(OWNER, 1).gm
        return staking.deallocate(state, OWNER, 1, there, now, minimum=MINIMUM)
    return delegations.collect(state, OWNER, POOL, of=ENDED, now=now)


@pytest.mark.parametrize("park", [_to_pool, _to_task])
@given(
    amounts,
    days,
    days,
    st.integers(0, 400 * DAY),
    st.integers(0, 400 * DAY),
    st.fractions(0, 1),
    st.booleans(),
)
def test_parking_gm_over_the_end_of_a_lock_gains_nothing(
    park: Callable[[StakingState, Gm], StakingState],
    amount: Wei,
    first: int,
    second: int,
    wait: int,
    later: int,
    part: Fraction,
    poked: bool,
) -> None:
    """Whatever is parked, after a new lock of a wei the parker has no more gm than who did not park."""
    end = NOW + first * DAY + wait
    honest = staking.lock(staking.set_number(operating(), "delegation_ratio", 100), OWNER, amount, first, NOW)
    gm = Gm(min(max(WAD, int(honest.position_of(OWNER).gm * part)), 100 * OWN))
    parked = park(honest, gm)
    if poked:
        honest, parked = (staking.poke(state, OWNER, end) for state in (honest, parked))
        assert parked.votes_of(OWNER) == 0
    honest, parked = (staking.lock(state, OWNER, Wei(1), second, end) for state in (honest, parked))
    assert parked.votes_of(OWNER) == parked.position_of(OWNER).gm
    back = _back(parked, end + later)
    if later < second * DAY:
        honest, back = (staking.extend(state, OWNER, second, end + later) for state in (honest, back))
    least = locks.gm_for(Wei(amount + 1), second * DAY)
    assert back.position_of(OWNER).gm <= max(least, honest.position_of(OWNER).gm)
    assert back.position_of(OWNER).flock == amount + 1
    assert back.votes_of(OWNER) == back.position_of(OWNER).gm


def test_what_is_added_to_a_record_of_an_older_lock_does_not_vote() -> None:
    state = staking.lock(delegated(), OWNER, Wei(WAD), 30, NOW + 365 * DAY)
    before = state.votes_of(OWNER)
    more = delegations.delegate_to(state, OWNER, POOL, Gm(WAD), of=RUNNING, now=NOW + 365 * DAY)
    assert more.votes_of(OWNER) == before - WAD
    back = delegations.collect(more, OWNER, POOL, of=ENDED, now=NOW + 365 * DAY)
    assert back.votes_of(OWNER) == back.position_of(OWNER).gm


def test_f46_a_pause_stops_what_begins_and_nothing_that_gives_back() -> None:
    state = delegations.undelegate(delegated(), OWNER, POOL, Gm(300 * WAD), NOW)
    state = staking.pause(staking.allocate(state, OWNER, 1, Gm(WAD), NOW, minimum=MINIMUM))
    refused("EnforcedPause", staking.lock, state, OWNER, Wei(1), 1, NOW)
    refused("EnforcedPause", staking.allocate, state, OWNER, 1, Gm(1), NOW, minimum=MINIMUM)
    refused("EnforcedPause", staking.hold, state, OWNER, 1, Gm(1))
    refused("EnforcedPause", delegations.delegate_to, state, OWNER, POOL, Gm(WAD), of=RUNNING, now=NOW)
    state = delegations.collect(state, OWNER, POOL, of=RUNNING, now=NOW + COOLDOWN)
    state = slashed(state, 5, OWNER)
    state = staking.deallocate(state, OWNER, 1, state.allocation_of(OWNER, 1).gm, NOW, minimum=MINIMUM)
    over = NOW + 365 * DAY
    poked = staking.poke(state, OWNER, over)
    out = staking.redeem(poked, OWNER, poked.position_of(OWNER).gm, over + locks.EXIT_DELAY)
    assert out.position_of(OWNER).flock == 0
    assert staking.pay_treasury(out).owed_to_treasury == 0


def test_stake_on_a_task_and_in_a_pool_are_of_one_lock() -> None:
    state = delegations.delegate_to(staked(), OWNER, POOL, Gm(300 * WAD), of=RUNNING, now=NOW)
    assert state.votes_of(OWNER) == 3_010 * WAD
    flocks = (
        state.position_of(OWNER).flock,
        state.allocation_of(OWNER, 1).flock,
        state.pool_of(*POOL).flock,
    )
    assert sum(flocks) == 1_000 * WAD
