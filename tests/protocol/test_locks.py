"""Locks of FLOCK and what they are worth."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flock.errors import ContractRefused
from flock.protocol import locks, staking
from flock.protocol.locks import Position
from flock.protocol.units import DAY, WAD, Gm, Wei

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


@given(amounts, days, amounts, days, st.integers(0, 800 * DAY))
def test_adding_never_unlocks_sooner_and_never_mints_beyond_the_new_lock(
    first: Wei, first_days: int, more: Wei, more_days: int, later: int
) -> None:
    before = locks.add(Position(), first, first_days, NOW)
    after = locks.add(before, more, more_days, NOW + later)
    assert after.unlock_at >= before.unlock_at
    assert after.gm - before.gm <= locks.gm_for(more, after.unlock_at - NOW - later)


def test_an_expired_lock_is_not_revived_by_dust() -> None:
    year = locks.add(Position(), Wei(1000 * WAD), 365, NOW)
    revived = locks.add(year, Wei(1), 1, NOW + 366 * DAY)
    assert revived.gm == 1000 * WAD + 1


def test_a_lock_too_short_for_what_stands_on_tasks_is_refused() -> None:
    year = staking.lock(staking.Staking(), "owner", Wei(1000 * WAD), 365, NOW)
    staked = staking.allocate(year, "owner", 1, year.position_of("owner").gm, NOW)
    with pytest.raises(ContractRefused, match="Lock too short for stake"):
        staking.lock(staked, "owner", Wei(WAD), 1, NOW + 366 * DAY)


@given(amounts, days, st.data())
def test_redeeming_in_parts_pays_no_more_than_at_once_and_leaves_no_dust(
    flock: Wei, lock_days: int, data: st.DataObject
) -> None:
    position = locks.add(Position(), flock, lock_days, NOW)
    part = Gm(data.draw(st.integers(0, position.gm)))
    first = locks.flock_for(position, part)
    rest = Position(Wei(flock - first), Gm(position.gm - part))
    assert first <= flock
    if rest.gm:
        assert first + locks.flock_for(rest, rest.gm) == flock


@given(amounts, days, st.data())
def test_a_slash_never_takes_more_than_there_is_and_shares_it_whole(
    flock: Wei, lock_days: int, data: st.DataObject
) -> None:
    position = locks.add(Position(), flock, lock_days, NOW)
    allocation = Gm(data.draw(st.integers(0, position.gm)))
    taken = locks.slash(position, allocation, Gm(data.draw(st.integers(0, 2 * position.gm))))
    assert taken.gm <= allocation
    assert taken.flock <= flock
    assert taken.keeper_cut + taken.to_treasury == taken.flock
    assert taken.flock * position.gm >= min(taken.gm * flock, flock * position.gm)
