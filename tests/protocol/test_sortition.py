"""Who is drawn."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flock.protocol.alliance import sortition
from flock.protocol.core.units import WAD, Gm

seeds = st.binary(min_size=32, max_size=32)
sizes = st.tuples(st.integers(0, 95), st.integers(0, 1000)).map(lambda pair: (pair[0], sum(pair)))


@given(seeds, sizes)
def test_no_one_sits_twice(seed: bytes, size: tuple[int, int]) -> None:
    seats, members = size
    drawn = sortition.draw(seed, members, seats)
    assert len(set(drawn)) == seats
    assert all(0 <= position < members for position in drawn)


@given(seeds, sizes)
def test_fewer_seats_are_the_first_of_more(seed: bytes, size: tuple[int, int]) -> None:
    seats, members = size
    assert sortition.draw(seed, members, seats)[: seats // 2] == sortition.draw(seed, members, seats // 2)


def test_every_member_is_drawn_about_as_often() -> None:
    draws = 4_000
    seen = Counter(p for i in range(draws) for p in sortition.draw(i.to_bytes(32, "big"), 10, 4))
    expected, tolerance = draws * 4 / 10, 5 * (draws * 0.4 * 0.6) ** 0.5
    assert all(abs(seen[position] - expected) < tolerance for position in range(10))


def test_too_few_members_cannot_fill_the_seats() -> None:
    with pytest.raises(ValueError, match="9 seats cannot be filled from 8 members"):
        sortition.draw(bytes(32), 8, 9)


@given(st.integers(0, 10**29), st.integers(WAD, 10**26))
def test_weight_is_at_most_four_and_at_least_one_from_the_minimum_on(stake: int, minimum: int) -> None:
    weight = sortition.weight(Gm(stake), Gm(minimum))
    assert 0 <= weight <= 4
    assert (weight == 0) == (stake < minimum)


@given(st.lists(st.integers(1, 4), max_size=95))
def test_weights_fit_one_word_and_come_back(weights: list[int]) -> None:
    packed = sortition.weights_word(weights)
    assert packed < 1 << 256
    assert sortition.weights_of(packed, len(weights)) == tuple(weights)
