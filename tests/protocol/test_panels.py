"""Who scores which submission of a window."""

from collections import Counter
from itertools import combinations
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flock.protocol.arena.panels import capacity, panel, shuffled, slots_of, substitutes, unshuffled

seeds = st.binary(min_size=32, max_size=32)
crews = st.tuples(st.integers(1, 300), st.sampled_from([3, 5, 7, 9])).filter(lambda crew: crew[0] >= crew[1])


def seed(number: int) -> bytes:
    return number.to_bytes(32, "big")


@given(seeds, st.integers(1, 700))
def test_the_shuffle_puts_everybody_somewhere_once(of: bytes, size: int) -> None:
    assert sorted(shuffled(of, index, size) for index in range(size)) == list(range(size))


@given(seeds, st.integers(1, 700), st.data())
def test_the_shuffle_can_be_undone(of: bytes, size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    assert unshuffled(of, shuffled(of, index, size), size) == index


@given(seeds, crews, st.integers(1, 60))
def test_a_validators_slots_are_those_of_the_panels_that_have_it(
    of: bytes, crew: tuple[int, int], count: int
) -> None:
    validators, seats = crew
    drawn = [position for order in range(count) for position in panel(of, order, seats, validators)]
    for position in {*drawn[:3], 0}:
        expected = tuple(slot for slot, holder in enumerate(drawn) if holder == position)
        assert slots_of(of, position, count * seats, validators) == expected


def test_nobody_stands_outside_of_the_list() -> None:
    with pytest.raises(ValueError, match="There is no place 3 among 3"):
        unshuffled(seed(1), 3, 3)


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_nobody_is_outside_of_the_shuffle(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="There is no index"):
        shuffled(seed(1), index, size)


@given(seeds, crews, st.integers(0, 500))
def test_a_panel_is_as_many_different_validators_as_it_has_seats(
    of: bytes, crew: tuple[int, int], order: int
) -> None:
    validators, seats = crew
    drawn = panel(of, order, seats, validators)
    assert len(set(drawn)) == seats
    assert all(0 <= position < validators for position in drawn)


@given(seeds, crews, st.integers(1, 60))
def test_nobody_has_more_than_one_slot_above_anybody_else(
    of: bytes, crew: tuple[int, int], count: int
) -> None:
    validators, seats = crew
    slots = Counter(position for order in range(count) for position in panel(of, order, seats, validators))
    loads = [slots[position] for position in range(validators)]
    assert max(loads) - min(loads) <= 1


@given(crews)
def test_a_window_filled_to_its_capacity_gives_nobody_too_many(crew: tuple[int, int]) -> None:
    validators, seats = crew
    count = capacity(seats, validators, 9)
    slots = Counter(
        position for order in range(count) for position in panel(seed(7), order, seats, validators)
    )
    assert max(slots.values(), default=0) <= 9


def test_too_few_validators_make_no_panel() -> None:
    with pytest.raises(ValueError, match="9 seats cannot be filled from 8"):
        panel(seed(1), 0, 9, 8)


def test_every_trio_is_as_likely_as_any_other() -> None:
    """The chance of a ring to have a panel is that of a fair draw, wherever its members stand in the list."""
    validators, draws = 7, 14_000
    met = Counter(frozenset(panel(seed(number), number % 5, 3, validators)) for number in range(draws))
    expected = draws / comb(validators, 3)
    chi_square = sum((met[frozenset(trio)] - expected) ** 2 / expected for trio in combinations(range(7), 3))
    assert chi_square < 65.2  # 34 degrees of freedom; a fair draw is above it once in a thousand


@given(seeds, seeds, crews, st.integers(0, 40), st.data())
def test_whoever_steps_in_has_committed_and_sits_on_no_other_seat_of_the_panel(
    of: bytes, later: bytes, crew: tuple[int, int], order: int, data: st.DataObject
) -> None:
    validators, seats = crew
    absent = data.draw(st.frozensets(st.integers(0, validators - 1)))
    drawn = panel(of, order, seats, validators)
    stand_ins = substitutes(later, order, drawn, absent, validators)
    entered = [each for each in stand_ins if each is not None]
    assert len(set(entered)) == len(entered)
    assert not set(entered) & (absent | set(drawn))
    assert all(
        stand_in is None for stand_in, holder in zip(stand_ins, drawn, strict=True) if holder not in absent
    )
