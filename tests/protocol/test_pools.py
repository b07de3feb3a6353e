"""One pool of delegated stake: what a slash costs whom, and what rounding does to it."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flock.errors import ContractRefused
from flock.protocol import locks, pools
from flock.protocol.locks import Position
from flock.protocol.pools import LEAST_FACTOR, MINIMUM_DELEGATION, RAY, Delegation, Pool
from flock.protocol.units import DAY, WAD, Gm, Wei

NOW = 1_800_000_000
amounts = st.integers(MINIMUM_DELEGATION, 10**26).map(Gm)
fractions = st.fractions(0, 1)
some_fractions = st.lists(fractions, max_size=6)


@st.composite
def deposits(draw: st.DrawFn) -> tuple[Pool, list[Delegation]]:
    """A pool with up to five delegators, each with its own FLOCK behind its gm."""
    pool, records = Pool(is_open=True), []
    for gm in draw(st.lists(amounts, min_size=1, max_size=5)):
        flock = Wei(draw(st.integers(gm // 3, gm)))
        pool, record = pools.deposit(pool, Delegation(), gm, flock, 0)
        records.append(record)
    return pool, records


def slashed(pool: Pool, fraction: Fraction) -> Pool:
    """The pool after losing a fraction of its gm."""
    return pools.slash(pool, Gm(int(pool.gm * fraction))).pool


def test_who_comes_and_goes_without_a_slash_has_what_it_had() -> None:
    pool, record = pools.deposit(Pool(), Delegation(), Gm(3 * WAD), Wei(WAD + 1), 4)
    back = pools.withdraw(pool, record, Gm(3 * WAD))
    assert (back.gm, back.flock, back.dust) == (3 * WAD, WAD + 1, 0)
    assert back.pool == Pool(generation=1)


@given(deposits(), some_fractions)
def test_records_never_sum_to_more_gm_than_the_pool_has(
    deposited: tuple[Pool, list[Delegation]], slashes: list[Fraction]
) -> None:
    pool, records = deposited
    for fraction in slashes:
        pool = slashed(pool, fraction)
        assert sum(pools.current(record, pool).gm for record in records) <= pool.gm
        over = sum(pools.current(record, pool).flock for record in records) - pool.flock
        assert over <= len(slashes)


@given(deposits(), some_fractions)
def test_all_that_came_in_leaves_to_delegators_keeper_or_treasury(
    deposited: tuple[Pool, list[Delegation]], slashes: list[Fraction]
) -> None:
    pool, records = deposited
    came, gone = pool.flock, 0
    for fraction in slashes:
        after = pools.slash(pool, Gm(int(pool.gm * fraction)))
        pool, gone = after.pool, gone + after.taken.keeper_cut + after.taken.to_treasury
    for record in records:
        now = pools.current(record, pool)
        if now.gm:
            out = pools.withdraw(pool, now, now.gm)
            pool, gone = out.pool, gone + out.flock + out.dust
        elif record.generation == pool.generation:
            left = pools.forget(pool)
            pool, gone = left.pool, gone + left.dust
    assert (pool.gm, pool.flock, pool.delegators) == (0, 0, 0)
    assert gone == came


@given(amounts, amounts, some_fractions)
def test_nobody_gains_by_rounding(own: Gm, others: Gm, slashes: list[Fraction]) -> None:
    pool, record = pools.deposit(Pool(), Delegation(), own, Wei(own), 0)
    pool, _ = pools.deposit(pool, Delegation(), others, Wei(others), 0)
    kept = Fraction(1)
    for fraction in slashes:
        taken = int(pool.gm * fraction)
        kept *= 1 - Fraction(taken, pool.gm)
        pool = pools.slash(pool, Gm(taken)).pool
        if pool.generation:
            assert pools.current(record, pool).gm == 0
            return
        assert pools.current(record, pool).gm <= own * kept
        assert pools.current(record, pool).flock <= own * kept


@given(amounts, amounts, st.lists(fractions, min_size=1, max_size=5), st.data())
def test_bringing_a_record_up_to_date_in_between_never_gains(
    own: Gm, others: Gm, slashes: list[Fraction], data: st.DataObject
) -> None:
    pool, record = pools.deposit(Pool(), Delegation(), own, Wei(own), 0)
    pool, _ = pools.deposit(pool, Delegation(), others, Wei(others), 0)
    often, writes = record, 0
    for fraction in slashes:
        pool = slashed(pool, fraction)
        if data.draw(st.booleans()):
            often, writes = pools.current(often, pool), writes + 1
    late, early = pools.current(record, pool), pools.current(often, pool)
    assert late.gm - writes <= early.gm <= late.gm
    assert late.flock - writes <= early.flock <= late.flock


@given(amounts, fractions, fractions)
def test_slashes_in_any_order_leave_the_same_but_for_dust(gm: Gm, one: Fraction, other: Fraction) -> None:
    pool, record = pools.deposit(Pool(), Delegation(), gm, Wei(gm // 2), 0)
    ends = [slashed(slashed(pool, first), second) for first, second in ((one, other), (other, one))]
    values = [pools.current(record, end).gm for end in ends]
    if {end.generation for end in ends} == {0}:
        # Each slash is whole gm: the two orders round it by a gm at most, and a record by one more.
        assert abs(values[0] - values[1]) <= 2
        assert abs(ends[0].flock - ends[1].flock) <= 3


@given(amounts, amounts, fractions)
def test_who_comes_after_a_slash_pays_nothing_of_it(first: Gm, second: Gm, lost: Fraction) -> None:
    pool, _ = pools.deposit(Pool(), Delegation(), first, Wei(first), 0)
    pool, record = pools.deposit(slashed(pool, lost), Delegation(), second, Wei(second), 0)
    assert pools.current(record, pool).gm == second


def test_f20_a_slash_of_next_to_all_ends_the_generation_instead_of_rounding_away() -> None:
    pool, record = pools.deposit(Pool(), Delegation(), Gm(10**26), Wei(10**26), 0)
    after = pools.slash(pool, Gm(10**26 - 1))
    assert after.pool.factor == RAY
    assert after.pool.generation == 1
    assert (after.taken.gm, after.taken.flock) == (10**26, 10**26)
    assert pools.current(record, after.pool).gm == 0


def test_f16_what_was_leaving_is_gone_after_a_full_slash() -> None:
    pool, record = pools.deposit(Pool(), Delegation(), Gm(10 * WAD), Wei(10 * WAD), 0)
    leaving = pools.leave(record, Gm(4 * WAD), NOW)
    now = pools.current(leaving, pools.slash(pool, pool.gm).pool)
    assert (now.gm, now.leaving, now.leaves_at) == (0, 0, 0)


def test_f23_what_is_leaving_is_slashed_like_the_rest() -> None:
    pool, record = pools.deposit(Pool(), Delegation(), Gm(10 * WAD), Wei(10 * WAD), 0)
    leaving = pools.leave(record, Gm(4 * WAD), NOW)
    now = pools.current(leaving, pools.slash(pool, Gm(5 * WAD)).pool)
    assert (now.gm, now.leaving) == (5 * WAD, 2 * WAD)


def test_the_last_to_leave_finds_what_is_there_if_rounding_took_more() -> None:
    pool, record = pools.deposit(Pool(), Delegation(), Gm(WAD + 2), Wei(10), 0)
    for _ in range(3):
        pool = pools.slash(pool, Gm(pool.gm // 7)).pool
    now = pools.current(record, pool)
    out = pools.withdraw(pool, now, now.gm)
    assert out.flock == pool.flock < now.flock
    assert out.delegation == Delegation()


def test_a_first_deposit_is_at_least_the_minimum_and_a_later_one_need_not_be() -> None:
    with pytest.raises(ContractRefused, match="Delegation below minimum"):
        pools.deposit(Pool(), Delegation(), Gm(MINIMUM_DELEGATION - 1), Wei(1), 0)
    pool, record = pools.deposit(Pool(), Delegation(), MINIMUM_DELEGATION, Wei(1), 0)
    assert pools.deposit(pool, record, Gm(1), Wei(1), 0).delegation.gm == MINIMUM_DELEGATION + 1


def test_the_least_deposit_is_worth_something_at_the_least_factor() -> None:
    record = Delegation(MINIMUM_DELEGATION, Wei(MINIMUM_DELEGATION))
    assert pools.current(record, Pool(factor=LEAST_FACTOR)).gm == 1


@given(st.integers(0, 10**27), st.integers(1, 10**27), st.integers(0, 10**27))
def test_a_slash_falls_on_own_and_delegated_stake_as_one_fraction_own_first(
    gm: int, own: int, delegated: int
) -> None:
    fallen = pools.split(Gm(gm), Gm(own), Gm(delegated))
    fraction = min(Fraction(1), Fraction(gm, own))
    assert 0 <= fallen.own + fallen.pool - fraction * (own + delegated) < 1
    assert fallen.own >= min(gm, own)
    assert fallen.pool == 0 or fallen.own == own


@given(st.integers(0, 10**27), st.integers(0, 10**27))
def test_a_slash_without_own_stake_falls_on_the_pool(gm: int, delegated: int) -> None:
    assert pools.split(Gm(gm), Gm(0), Gm(delegated)) == (0, min(gm, delegated))


@given(st.integers(1, 10**27), st.integers(0, 10**27), st.integers(0, 10**27), st.integers(0, 10**27))
def test_delegation_in_front_of_a_slash_never_spares_the_own_stake(
    own: int, gm: int, delegated: int, more: int
) -> None:
    with_less = pools.split(Gm(gm), Gm(own), Gm(delegated))
    with_more = pools.split(Gm(gm), Gm(own), Gm(delegated + more))
    assert with_more.own >= with_less.own


@given(st.integers(1, 10**26), st.integers(1, 365), st.integers(1, 365), st.integers(0, 400 * DAY))
def test_a_revived_lock_rates_what_comes_back_by_the_time_it_has_left(
    flock: int, first: int, second: int, later: int
) -> None:
    gm = locks.gm_for(Wei(flock), first * DAY)
    position = Position(era=1, unlock_at=NOW + second * DAY)
    kept = pools.returned(position, Delegation(gm, Wei(flock)), gm, Wei(flock), NOW + later)
    assert kept <= gm
    assert kept <= locks.gm_for(Wei(flock), max(0, second * DAY - later))


def test_an_older_era_in_a_record_is_not_washed_off_by_adding() -> None:
    pool, record = pools.deposit(Pool(), Delegation(), Gm(3 * WAD), Wei(WAD), 0)
    _, record = pools.deposit(pool, record, Gm(WAD), Wei(WAD), 1)
    assert record.era == 0


def test_a_record_of_an_older_generation_begins_anew_in_the_present_era() -> None:
    pool, record = pools.deposit(Pool(), Delegation(), Gm(3 * WAD), Wei(WAD), 0)
    ended = pools.slash(pool, pool.gm).pool
    _, fresh = pools.deposit(ended, record, Gm(2 * WAD), Wei(WAD), 1)
    assert fresh == replace(Delegation(Gm(2 * WAD), Wei(WAD)), era=1, generation=1)
