"""How many submissions a trainer can make on a day."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flock.protocol.arena.quota import Quota


def test_a_day_has_its_quota_and_the_next_one_too() -> None:
    quota = Quota().with_use(20_000, 2).with_use(20_000, 2)
    assert quota.left(20_000, 2) == 0
    with pytest.raises(ValueError, match="more can be made from day 20001 on"):
        quota.with_use(20_000, 2)
    assert quota.left(20_001, 2) == 2


def test_what_comes_back_counts_on_the_day_it_comes_back() -> None:
    quota = Quota().with_use(20_000, 2).with_return(20_001, 2)
    assert quota.left(20_001, 2) == 3
    assert quota.left(20_002, 2) == 2


@given(st.lists(st.booleans(), max_size=60), st.integers(1, 5))
def test_cancelling_at_most_doubles_a_day(moves: list[bool], quota_a_day: int) -> None:
    quota, made = Quota(), 0
    for is_use in moves:
        if is_use and quota.left(1, quota_a_day):
            quota, made = quota.with_use(1, quota_a_day), made + 1
        if not is_use:
            quota = quota.with_return(1, quota_a_day)
    assert made <= 2 * quota_a_day
