"""One pool of delegated stake: what a slash costs whom, and what rounding does to it."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flock.errors import ContractRefused
from flock.protocol.core.units import BPS, WAD, Gm, Wei
from flock.protocol.economy import pools
from flock.protocol.economy.pools import FULL, LEAST_FACTOR, MINIMUM_DELEGATION, WORN, Delegation, Pool

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


def worn(pool: Pool) -> Pool:
    """The pool after so many slashes of nine tenths that it takes nothing more in."""
    while pool.factor >= WORN:
        pool = slashed(pool, Fraction(9, 10))
    return pool


def test_who_comes_and_goes_without_a_slash_has_what_it_had() -> None:
    pool, record = pools.deposit(Pool(), Delegation(), Gm(3 * WAD), Wei(WAD + 1), 4)
    back = pools.withdraw(pool, record, Gm(3 * WAD))
    assert (back.gm, back.flock, back.dust) == (3 * WAD, WAD + 1, 0)
    assert back.pool == Pool(generation=1)


def test_who_takes_a_part_out_keeps_the_rest_with_its_flock_and_what_of_it_is_leaving() -> None:
    pool, record = pools.deposit(Pool(), Delegation(), Gm(9 * WAD), Wei(6 * WAD), 4)
    leaving = pools.leave(record, Gm(5 * WAD), NOW)
    out = pools.withdraw(pool, leaving, Gm(3 * WAD))
    assert (out.gm, out.flock, out.dust) == (3 * WAD, 2 * WAD, 0)
    assert out.delegation == replace(leaving, gm=Gm(6 * WAD), flock=Wei(4 * WAD), leaving=Gm(2 * WAD))
    assert out.pool == replace(pool, gm=Gm(6 * WAD), flock=Wei(4 * WAD))


def test_who_takes_out_more_than_was_leaving_has_nothing_leaving_any_more() -> None:
    pool, record = pools.deposit(Pool(), Delegation(), Gm(9 * WAD), Wei(9 * WAD), 0)
    leaving = pools.leave(record, Gm(4 * WAD), NOW)
    assert pools.withdraw(pool, leaving, Gm(5 * WAD)).delegation.leaving == 0


def test_a_new_generation_is_empty_and_keeps_the_terms_of_the_pool() -> None:
    pool, _ = pools.deposit(
        Pool(commission_bps=700, is_open=True), Delegation(), Gm(9 * WAD), Wei(9 * WAD), 0
    )
    assert pools.slash(pool, pool.gm).pool == Pool(generation=1, commission_bps=700, is_open=True)


def test_an_empty_pool_that_is_all_but_worn_is_left_as_it_is() -> None:
    brink = Pool(flock=Wei(2), factor=WORN, delegators=1)
    assert pools.refreshed(brink) == (brink, 0)


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
def test_all_that_came_in_leaves_to_delegators_or_treasury(
    deposited: tuple[Pool, list[Delegation]], slashes: list[Fraction]
) -> None:
    pool, records = deposited
    came, gone = pool.flock, 0
    for fraction in slashes:
        after = pools.slash(pool, Gm(int(pool.gm * fraction)))
        pool, gone = after.pool, gone + after.taken.flock
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
def test_nobody_gains_by_rounding_and_nobody_loses_more_than_a_few_units_of_it(
    own: Gm, others: Gm, slashes: list[Fraction]
) -> None:
    pool, record = pools.deposit(Pool(), Delegation(), own, Wei(own), 0)
    pool, _ = pools.deposit(pool, Delegation(), others, Wei(others), 0)
    kept = Fraction(1)
    for count, fraction in enumerate(slashes, 1):
        taken = int(pool.gm * fraction)
        kept *= 1 - Fraction(taken, pool.gm)
        pool = pools.slash(pool, Gm(taken)).pool
        now = pools.current(record, pool)
        for amount in (now.gm, now.flock):
            assert own * kept - 2 * count <= amount <= own * kept
        if pool.generation:
            return


@given(amounts, st.integers(0, 10**24), st.integers(1, 40), st.integers(1, 5_000))
def test_a_record_written_when_a_pool_was_all_but_worn_loses_its_fraction_and_no_more(
    gm: Gm, others: int, slashes: int, slash_bps: int
) -> None:
    pool = replace(Pool(), gm=Gm(others), flock=Wei(others), factor=WORN, delegators=1)
    pool, record = pools.deposit(pool, Delegation(), gm, Wei(gm // 2), 0)
    for _ in range(slashes):
        before = pools.current(record, pool)
        pool = pools.slash(pool, pools.slash_of(pool.gm, pool.gm, 1, slash_bps)).pool
        lost = before.gm - pools.current(record, pool).gm
        assert lost <= Fraction(before.gm * slash_bps, BPS) + 3
        assert before.flock - pools.current(record, pool).flock <= lost + 3


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
    pool = slashed(pool, lost)
    if pool.factor < WORN:
        return
    pool, record = pools.deposit(pool, Delegation(), second, Wei(second), 0)
    assert pools.current(record, pool).gm == second


def test_f20_a_slash_of_next_to_all_leaves_what_it_leaves() -> None:
    pool, record = pools.deposit(Pool(), Delegation(), Gm(10**26), Wei(10**26), 0)
    after = pools.slash(pool, Gm(10**26 - 1))
    assert after.pool.factor == FULL // 10**26
    assert (after.taken.gm, after.pool.generation) == (10**26 - 1, 0)
    assert pools.current(record, after.pool).gm == 1


def test_a_generation_ends_when_nothing_is_left_of_the_pool_or_of_its_factor() -> None:
    pool, record = pools.deposit(Pool(), Delegation(), Gm(10**26), Wei(10**26), 0)
    for end in (
        pools.slash(pool, pool.gm),
        pools.slash(replace(pool, factor=LEAST_FACTOR), Gm(1)),
    ):
        assert (end.pool.generation, end.pool.factor, end.taken) == (1, FULL, (10**26, 10**26))
        assert pools.current(record, end.pool).gm == 0


def test_a_worn_pool_takes_nothing_more_in_and_gives_back() -> None:
    pool, record = pools.deposit(Pool(), Delegation(), Gm(10**26), Wei(10**26), 0)
    pool = worn(pool)
    now = pools.current(record, pool)
    assert now.gm == pool.gm > 0
    for known in (now, Delegation()):
        with pytest.raises(ContractRefused, match="Pool is worn"):
            pools.deposit(pool, known, Gm(10**26), Wei(1), 0)
    out = pools.withdraw(pool, now, now.gm)
    assert out.flock + out.dust == pool.flock
    assert out.pool.factor == FULL


def test_a_worn_pool_of_nothing_begins_anew_with_the_next_deposit() -> None:
    """One record is worth nothing by now and nobody has said so, the other has left."""
    pool = worn(Pool(Gm(10**26), Wei(10**26), delegators=2))
    pool = replace(pool, gm=Gm(0), flock=Wei(2), delegators=1)
    assert pools.refreshed(pool) == (Pool(generation=1), 2)
    fresh, record = pools.deposit(pool, Delegation(), Gm(WAD), Wei(WAD), 3)
    assert (fresh.gm, fresh.flock, fresh.delegators, fresh.generation) == (WAD, WAD, 1, 1)
    assert record == Delegation(Gm(WAD), Wei(WAD), era=3, generation=1)


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


def test_the_least_deposit_is_worth_something_even_when_the_pool_is_worn() -> None:
    record = Delegation(MINIMUM_DELEGATION, Wei(MINIMUM_DELEGATION))
    assert pools.current(record, Pool(factor=WORN)).gm == 10**10


@given(st.integers(0, 10**27), st.integers(0, 10**27), st.integers(1, 100), st.integers(0, BPS))
def test_a_slash_takes_its_fraction_of_what_the_own_stake_stands_for(
    gm: int, own: int, ratio: int, slash_bps: int
) -> None:
    taken = pools.slash_of(Gm(gm), Gm(own), ratio, slash_bps)
    assert 0 <= taken - Fraction(min(gm, ratio * own) * slash_bps, BPS) < 1
    assert taken <= gm


def test_asking_again_and_being_paid_end_the_place_in_the_queue() -> None:
    pool, record = pools.deposit(Pool(), Delegation(), Gm(9 * WAD), Wei(9 * WAD), 0)
    queued = replace(pools.leave(record, Gm(4 * WAD), NOW), queued_behind=3)
    assert pools.leave(queued, Gm(WAD), NOW).queued_behind == 0
    assert pools.withdraw(pool, queued, queued.leaving).delegation.queued_behind == 0
    assert pools.current(queued, pools.slash(pool, Gm(WAD)).pool).queued_behind == 3


def test_an_older_era_in_a_record_is_not_washed_off_by_adding() -> None:
    pool, record = pools.deposit(Pool(), Delegation(), Gm(3 * WAD), Wei(WAD), 0)
    _, record = pools.deposit(pool, record, Gm(WAD), Wei(WAD), 1)
    assert record.era == 0


def test_a_record_of_an_older_generation_begins_anew_in_the_present_era() -> None:
    pool, record = pools.deposit(Pool(), Delegation(), Gm(3 * WAD), Wei(WAD), 0)
    ended = pools.slash(pool, pool.gm).pool
    _, fresh = pools.deposit(ended, record, Gm(2 * WAD), Wei(WAD), 1)
    assert fresh == Delegation(Gm(2 * WAD), Wei(WAD), era=1, generation=1)
