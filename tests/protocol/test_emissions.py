"""The budget of a day, how it falls, and how it is split; and streams of what vests."""

from hypothesis import given
from hypothesis import strategies as st

from flock.protocol.core.units import DAY, WAD, Wei
from flock.protocol.economy.emissions import MAX_DAYS, Schedule, Weighted, day_of, due_days, split
from flock.protocol.economy.vesting import VESTING_SECONDS, opened, releasable

BUDGET = Wei(50_000 * WAD)
days = st.integers(0, 20)
weights = st.dictionaries(
    st.integers(1, 64),
    st.builds(Weighted, st.integers(1, 10_000), days, st.none() | days, st.none() | days, st.none() | days),
    max_size=10,
)


def test_the_budget_falls_by_a_hundredth_every_thirty_days() -> None:
    schedule = Schedule(first_day=100, next_day=100, budget=BUDGET)
    assert schedule.budget_on(129) == BUDGET
    assert schedule.budget_on(130) == BUDGET * 99 // 100
    assert schedule.budget_on(160) == BUDGET * 99 // 100 * 99 // 100


@given(weights, st.integers(0, 10**24).map(Wei), days)
def test_a_days_parts_never_exceed_its_budget(tasks: dict[int, Weighted], budget: Wei, day: int) -> None:
    assert sum(split(budget, day, tasks).values()) <= budget


def test_F45_what_falls_on_a_task_without_stake_is_not_emitted() -> None:
    bare = Weighted(300, staked_since=None)
    assert split(BUDGET, 5, {1: Weighted(100), 2: bare}) == {1: BUDGET // 4, 2: 0}


def test_a_day_emitted_late_counts_the_stake_of_that_day() -> None:
    tasks = {1: Weighted(300, staked_since=5, staked_until=7)}
    assert [split(BUDGET, day, tasks)[1] for day in (4, 5, 7, 8)] == [0, BUDGET, BUDGET, 0]


def test_a_task_gets_nothing_for_days_before_it_had_a_weight() -> None:
    assert split(BUDGET, 5, {1: Weighted(100), 2: Weighted(300, since=6)}) == {1: BUDGET}


def test_a_task_takes_part_on_the_day_on_which_it_is_closed_and_on_none_after_it() -> None:
    tasks = {1: Weighted(100), 2: Weighted(300, since=4, until=5)}
    assert split(BUDGET, 3, tasks) == {1: BUDGET}
    assert split(BUDGET, 5, tasks) == {1: BUDGET // 4, 2: BUDGET * 3 // 4}
    assert split(BUDGET, 6, tasks) == {1: BUDGET}


def test_a_missed_month_is_caught_up_and_no_more() -> None:
    assert due_days(100, 100 * DAY + 1) == range(100, 100)
    assert due_days(100, 103 * DAY) == range(100, 103)
    assert len(due_days(100, 1_000 * DAY)) == MAX_DAYS
    assert day_of(100 * DAY - 1) == 99


@given(st.integers(0, 2**96).map(Wei), st.lists(st.integers(0, 2 * VESTING_SECONDS), max_size=6).map(sorted))
def test_a_stream_pays_all_of_itself_and_never_more(amount: Wei, times: list[int]) -> None:
    stream, paid = opened(amount, 0), 0
    for time in times:
        paid += stream.releasable(time)
        stream = stream.after_release(time)
        assert paid <= amount * min(time, VESTING_SECONDS) // VESTING_SECONDS
    assert paid + stream.releasable(VESTING_SECONDS) == amount


def test_nothing_has_vested_when_a_stream_begins_nor_before_it() -> None:
    stream = opened(Wei(100 * WAD), 1_000)
    assert [stream.vested(now) for now in (0, 999, 1_000)] == [0, 0, 0]
    assert stream.vested(1_001) == 100 * WAD // VESTING_SECONDS


def test_half_of_a_stream_has_vested_after_half_its_time() -> None:
    streams = [opened(Wei(100), 0), opened(Wei(10), VESTING_SECONDS // 2)]
    assert releasable(streams, VESTING_SECONDS // 2) == 50
    assert releasable(streams, VESTING_SECONDS) == 105
    assert releasable([opened(Wei(7), 3, vesting_seconds=0)], 3) == 7
