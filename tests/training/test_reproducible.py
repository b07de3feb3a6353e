"""Sums by halving, and products that are exact."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from flock.training import reproducible
from flock.training.reproducible import (
    blocks,
    common_scale,
    exact_gram,
    halved_sum,
    quantised,
    squared_distance,
)

vectors = hnp.arrays(np.float32, 24, elements=st.floats(-1e6, 1e6, width=32))


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 7, 8, 31])
def test_halving_adds_every_row_once(n):
    assert halved_sum(2.0 ** np.arange(n)) == 2.0**n - 1


def test_halving_adds_the_second_half_to_the_first():
    rows = np.array([1e16, 1.0, -1e16, 1.0])
    assert halved_sum(rows) == (1e16 - 1e16) + (1.0 + 1.0)


@pytest.mark.parametrize("size", [0, 1, 5, 10, 11])
def test_blocks_cover_everything_once(size):
    assert [i for part in blocks(size, 5) for i in range(size)[part]] == list(range(size))


@given(st.lists(vectors, min_size=1, max_size=5))
def test_the_scale_is_a_power_of_two_at_least_four_times_the_median_of_the_largest(flats):
    scale = common_scale(flats)
    tops = sorted(float(np.abs(flat).max()) for flat in flats)
    assert np.frexp(scale)[0] == 0.5
    assert scale >= 4 * tops[len(tops) // 2]


def test_quantising_rounds_half_to_even_and_saturates():
    steps = quantised(np.float32([0.5, 1.5, -2.5, 40_000, -40_000]), 32768.0)
    assert steps.tolist() == [0, 2, -2, 32767, -32767]


@given(st.lists(vectors, min_size=2, max_size=4))
def test_products_are_those_of_python_integers_however_blocks_fall(flats):
    scale = common_scale(flats)
    steps = [[int(x) for x in quantised(flat, scale)] for flat in flats]
    expected = [[sum(a * b for a, b in zip(x, y, strict=True)) for y in steps] for x in steps]
    assert exact_gram(flats, scale) == expected
    assert squared_distance(expected, 0, 1) == sum((a - b) ** 2 for a, b in zip(*steps[:2], strict=True))


def test_a_full_block_of_the_largest_quanta_is_exact():
    flat = np.full(reproducible.BLOCK + 1, 8.0, np.float32)
    saturated = exact_gram([flat, -flat], 1.0)
    assert saturated[0][1] == -((reproducible.BLOCK + 1) * 32767**2)
    assert reproducible.BLOCK * 32767**2 < 2**53
