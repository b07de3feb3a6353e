"""Locks of FLOCK and what they are worth."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flock.errors import ContractRefused
from flock.protocol.core.units import BPS, DAY, WAD, Gm, Wei
from flock.protocol.economy import locks
from flock.protocol.economy.locks import EXIT_DELAY, Position

amounts = st.integers(1, 10**27).map(Wei)
days = st.integers(1, 365)
NOW = 1_800_000_000


def test_a_month_gives_one_for_one_and_a_year_three() -> None:
    assert locks.multiplier(30) == WAD
    assert locks.multiplier(365) == WAD * 301 // 100


@given(amounts, days, days)
def test_locking_longer_never_gives_less(flock: Wei, one: int, other: int) -> None:
    shorter, longer = sorted((one, other))
    assert flock <= locks.gm_for(flock, shorter * DAY) <= locks.gm_for(flock, longer * DAY)


@given(amounts, amounts, days)
def test_splitting_a_lock_never_gains(one: Wei, other: Wei, lock_days: int) -> None:
    apart = locks.gm_for(one, lock_days * DAY) + locks.gm_for(other, lock_days * DAY)
    assert apart <= locks.gm_for(Wei(one + other), lock_days * DAY)


def test_adding_within_a_lock_rates_what_is_new_by_the_time_left_and_nothing_else() -> None:
    year = locks.add(Position(), Wei(1_000 * WAD), 365, NOW)
    after = locks.add(year, Wei(1_000 * WAD), 10, NOW + 355 * DAY)
    assert (after.gm, after.unlock_at, after.lock_days) == (year.gm + 1_000 * WAD, year.unlock_at, 365)


def test_adding_beyond_the_end_of_a_lock_rates_all_of_it_anew() -> None:
    month = locks.add(Position(), Wei(1_000 * WAD), 30, NOW)
    after = locks.add(month, Wei(1_000 * WAD), 365, NOW + 29 * DAY)
    assert after == locks.add(Position(), Wei(2_000 * WAD), 365, NOW + 29 * DAY)


@pytest.mark.parametrize("act", ["add", "extend"])
def test_a_long_lock_is_not_kept_alive_by_short_ones(act: str) -> None:
    year, later = locks.add(Position(), Wei(1_000 * WAD), 365, NOW), NOW + 364 * DAY
    with pytest.raises(ContractRefused, match="Lock may not shorten"):
        locks.add(year, Wei(1), 364, later) if act == "add" else locks.extend(year, 364, later)
    assert locks.extend(year, 365, later).unlock_at == later + 365 * DAY


@given(
    st.lists(
        st.tuples(st.sampled_from(["add", "extend", "poke"]), amounts, days, st.integers(0, 400 * DAY)),
        max_size=8,
    )
)
def test_a_lock_has_never_more_than_a_fresh_one_of_the_days_it_was_given_for(
    acts: list[tuple[str, Wei, int, int]],
) -> None:
    position, now = Position(), NOW
    for act, flock, lock_days, later in acts:
        position, now = _done(position, act, flock, lock_days, now), now + later
        assert position.gm <= locks.gm_for(position.flock, position.lock_days * DAY)
        assert position.gm >= position.flock


def _done(position: Position, act: str, flock: Wei, lock_days: int, now: int) -> Position:
    try:
        if act == "add":
            return locks.add(position, flock, lock_days, now)
        if locks.is_live(position, now):
            return locks.extend(position, lock_days, now) if act == "extend" else position
        return locks.poked(position, now)
    except ContractRefused:
        return position


@given(amounts, days, days, st.integers(0, 365 * DAY))
def test_a_lock_that_moves_ends_later_and_has_no_less(
    flock: Wei, first: int, second: int, later: int
) -> None:
    before = locks.add(Position(), flock, first, NOW)
    after = _done(before, "extend", flock, second, min(NOW + later, before.unlock_at - 1))
    assert after.unlock_at >= before.unlock_at
    assert after.gm >= before.gm
    assert after.lock_days >= before.lock_days


def test_an_expired_lock_is_not_revived_by_dust() -> None:
    year = locks.add(Position(), Wei(1000 * WAD), 365, NOW)
    revived = locks.add(year, Wei(1), 1, NOW + 366 * DAY)
    assert revived.gm == 1000 * WAD + 1


def test_a_lock_begun_anew_for_as_long_keeps_what_it_had() -> None:
    year = locks.add(Position(), Wei(WAD), 365, NOW)
    assert locks.add(year, Wei(0), 365, year.unlock_at).gm == year.gm > WAD


def test_each_lock_that_ended_counts_once_whether_poked_or_not() -> None:
    first = locks.add(Position(), Wei(WAD), 1, NOW)
    revived = locks.add(first, Wei(WAD), 1, NOW + DAY)
    poked = locks.poked(revived, NOW + 2 * DAY)
    assert [each.era for each in (first, revived, poked)] == [0, 1, 2]
    assert locks.add(poked, Wei(WAD), 1, NOW + 2 * DAY).era == 2


def test_a_poked_lock_has_its_flock_no_votes_and_a_delay() -> None:
    year = replace(locks.add(Position(), Wei(10), 365, NOW), allocated=Gm(7), delegated=Gm(5))
    assert (year.gm, year.votes) == (30, 42)
    poked = locks.poked(year, NOW + 400 * DAY)
    assert (poked.gm, poked.votes, poked.unlock_at) == (10, 0, NOW + 400 * DAY + EXIT_DELAY)
    assert not locks.is_live(poked, NOW + 400 * DAY)


def test_what_outlives_its_lock_elsewhere_votes_again_only_once_it_is_back() -> None:
    year = replace(locks.add(Position(), Wei(10), 365, NOW), allocated=Gm(7), delegated=Gm(5))
    revived = locks.add(year, Wei(10), 1, NOW + 400 * DAY)
    assert revived.votes == revived.gm == 20
    back = locks.arrive(locks.stand(revived, 0, allocated=-7), 0, Gm(7), Wei(3), NOW + 400 * DAY).position
    assert (back.votes, back.voteless) == (23, 5)


@given(amounts, days, st.data())
def test_redeeming_in_parts_pays_no_more_than_at_once_and_leaves_no_dust(
    flock: Wei, lock_days: int, data: st.DataObject
) -> None:
    position = locks.add(Position(), flock, lock_days, NOW)
    part = Gm(data.draw(st.integers(0, position.gm)))
    rest, first = locks.take(position, part)
    assert first <= flock
    if rest.gm:
        assert locks.take(rest, rest.gm) == (replace(rest, gm=Gm(0), flock=Wei(0)), flock - first)


@given(amounts, days, days, st.integers(0, 400 * DAY), st.integers(0, 2), st.integers(0, 2))
def test_what_comes_back_is_rated_by_the_time_left_unless_it_is_of_the_lock_that_lives(
    flock: Wei, first: int, second: int, later: int, era: int, era_now: int
) -> None:
    gm = locks.gm_for(flock, first * DAY)
    position = Position(era=era_now, lock_days=second, unlock_at=NOW + second * DAY)
    after, kept = locks.arrive(position, era, gm, flock, NOW + later)
    left = max(0, second * DAY - later)
    assert kept == (gm if era == era_now and left else min(gm, locks.gm_for(flock, left)))
    assert (after.gm, after.flock) == (kept, flock)


@given(st.integers(0, 10**27), st.integers(0, 10**27), st.integers(0, BPS))
def test_a_slash_takes_its_fraction_of_what_counts_and_never_more_than_there_is(
    own: int, at_least: int, slash_bps: int
) -> None:
    taken = locks.slash_of(Gm(own), Gm(at_least), slash_bps)
    due = max(own, at_least) * slash_bps
    assert taken == own < -(-due // BPS) or 0 <= taken * BPS - due < BPS


@given(amounts, days, st.data())
def test_the_flock_of_a_slash_rounds_up_within_what_is_there(
    flock: Wei, lock_days: int, data: st.DataObject
) -> None:
    gm = locks.gm_for(flock, lock_days * DAY)
    taken = Gm(data.draw(st.integers(0, gm)))
    assert locks.flock_down(flock, taken, gm) <= locks.flock_up(flock, taken, gm) <= flock
    assert 0 <= locks.flock_up(flock, taken, gm) * gm - flock * taken < gm
