"""What rounds pay."""

import random

from hypothesis import given
from hypothesis import strategies as st

from flock.protocol.core.units import WAD, Gm, Wei
from flock.protocol.economy import rewards
from flock.protocol.economy.rewards import Backed, Pay, Points

BUDGET = Wei(600 * WAD)
pools = st.integers(0, 10**27).map(Wei)
frequencies = st.integers(1, 15)


@given(pools, st.integers(1, 10_000), st.booleans(), frequencies, st.integers(0, 128), st.integers(0, 252))
def test_what_is_paid_and_what_is_left_is_the_pool(
    pool: Wei, left: int, accepted: bool, sixteenths: int, proposers: int, voters: int
) -> None:
    pay = _share(pool, left, accepted, sixteenths, proposers, voters)
    paid = pay.proposer_unit * proposers + pay.voter_unit * voters
    assert paid + pay.pool_left == pool
    assert pay.pool_left >= 0


@given(pools, st.integers(1, 100), frequencies, st.integers(0, 128), st.integers(1, 252))
def test_a_rejected_round_pays_no_proposer(
    pool: Wei, left: int, sixteenths: int, proposers: int, voters: int
) -> None:
    assert _share(pool, left, False, sixteenths, proposers, voters).proposer_unit == 0


@given(st.lists(st.booleans(), max_size=100))
def test_the_running_frequency_stays_between_one_and_fifteen_sixteenths(outcomes: list[bool]) -> None:
    sixteenths = rewards.EVEN
    for accepted in outcomes:
        sixteenths = rewards.next_sixteenths(sixteenths, accepted=accepted)
        assert 1 <= sixteenths <= 15


@given(st.lists(st.booleans(), min_size=1, max_size=30), pools)
def test_a_whole_task_of_decided_rounds_never_pays_more_than_its_pool(
    outcomes: list[bool], bounty: Wei
) -> None:
    pool, sixteenths, paid = bounty, rewards.EVEN, 0
    for index, accepted in enumerate(outcomes):
        pay = _share(pool, len(outcomes) - index, accepted, sixteenths, 4, 5)
        paid += pay.proposer_unit * 4 + pay.voter_unit * 5
        pool, sixteenths = pay.pool_left, rewards.next_sixteenths(sixteenths, accepted=accepted)
    assert paid + pool == bounty


def test_the_rarer_outcome_pays_its_voters_more() -> None:
    usual = _share(Wei(100 * WAD), 10, True, 12, 4, 5)
    rare = _share(Wei(100 * WAD), 10, False, 12, 4, 5)
    assert rare.voter_unit > usual.voter_unit


def test_always_accepting_does_not_beat_looking() -> None:
    """A voter who accepts blindly is paid only when it happens to be right, and then the least."""
    dice = random.Random(7)
    for good_share in (0.5, 0.7, 0.9):
        blind, looking = _income(dice, good_share)
        assert looking > 1.4 * blind


@given(pools, pools, st.integers(1, 10_000), st.data())
def test_a_refund_is_within_what_is_left_and_falls_with_every_round_decided(
    bounty: Wei, left: Wei, planned: int, data: st.DataObject
) -> None:
    decided = data.draw(st.integers(0, planned - 1))
    refund = rewards.refund(bounty, planned, decided, left)
    assert refund <= left
    assert rewards.refund(bounty, planned, decided + 1, left) <= refund
    assert rewards.refund(bounty, planned, planned, left) == 0


@given(st.booleans(), frequencies, st.integers(0, 128), st.integers(0, 252))
def test_points_are_the_units_of_a_round_worth_one_flock(
    accepted: bool, sixteenths: int, proposers: int, voters: int
) -> None:
    """Of two rounds that are left, so that the pool never cuts what the voters of a rare outcome get."""
    pay = _share(Wei(2 * WAD), 2, accepted, sixteenths, proposers, voters)
    assert _points(accepted, sixteenths, proposers, voters) == (pay.proposer_unit, pay.voter_unit)


def test_a_round_counts_the_same_for_every_bounty_and_at_every_time() -> None:
    assert _points(True, 8, 4, 5) == (7 * WAD // 40, 6 * WAD // 100)
    assert _points(True, 1, 4, 5) == (7 * WAD // 40, 18 * WAD // 100)
    assert _points(False, 8, 4, 5) == (0, 6 * WAD // 100)
    assert _points(True, 8, 0, 0) == (0, 0)


def test_nothing_is_shared_where_nobody_has_earned() -> None:
    assert _backed(effective=0, own=0, total=0, commission_bps=500) == (0, 0)
    assert _backed(effective=3 * WAD, own=WAD, total=0, commission_bps=500) == (0, 0)


def test_the_smallest_total_is_shared_like_any_other() -> None:
    assert _backed(effective=1, own=1, total=1, commission_bps=0) == (BUDGET, 0)


def test_an_operator_without_own_stake_that_earns_alone_gets_its_commission_only() -> None:
    assert _backed(effective=WAD, own=0, total=WAD, commission_bps=500) == (BUDGET // 20, BUDGET * 19 // 20)
    assert _backed(effective=WAD, own=0, total=WAD, commission_bps=0) == (0, BUDGET)


def test_of_what_delegation_adds_the_operator_keeps_its_commission() -> None:
    """By itself it would earn half; with delegation it is two thirds."""
    shares = _backed(effective=2 * WAD, own=WAD, total=3 * WAD, commission_bps=1_000)
    added = BUDGET * 2 // 3 - BUDGET // 2
    assert shares == (BUDGET // 2 + added // 10, BUDGET * 2 // 3 - BUDGET // 2 - added // 10)


def _backed(effective: int, own: int, total: int, commission_bps: int) -> Backed:
    return rewards.share_with_pool(
        BUDGET, 1, effective=Gm(effective), own=Gm(own), total=total, commission_bps=commission_bps
    )


def _points(accepted: bool, sixteenths: int, proposers: int, voters: int) -> Points:
    return rewards.points(
        accepted=accepted, sixteenths=sixteenths, proposer_weight=proposers, voter_weight=voters
    )


def _share(pool: Wei, left: int, accepted: bool, sixteenths: int, proposers: int, voters: int) -> Pay:
    return rewards.share_out(
        pool,
        left,
        accepted=accepted,
        sixteenths=sixteenths,
        proposer_weight=proposers,
        voter_weight=voters,
    )


def _income(dice: random.Random, good_share: float) -> tuple[int, int]:
    """Voter units of a blind accepter and of one who looks, over many rounds from an even pool."""
    sixteenths, blind, looking = rewards.EVEN, 0, 0
    for _ in range(4_000):
        accepted = dice.random() < good_share
        unit = _share(Wei(1000 * WAD), 100, accepted, sixteenths, 4, 5).voter_unit
        looking += unit
        blind += unit if accepted else 0
        sixteenths = rewards.next_sixteenths(sixteenths, accepted=accepted)
    return blind, looking
