"""Sums by halving, and sums and products that are exact."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from flock.training import reproducible
from flock.training.arrays import Update
from flock.training.combining import mixed
from flock.training.proposals import Proposals
from flock.training.reproducible import (
    adds_exactly,
    blocks,
    common_scale,
    halved_sum,
    inner_products,
    quantise,
    sum_of_rows,
    tiled,
)

vectors = hnp.arrays(np.float32, 24, elements=st.floats(-1e6, 1e6, width=32))
anything = st.floats(allow_nan=False, allow_infinity=False, width=32)


def quanta(row, scale):
    return quantise(np.array(row), scale)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 7, 8, 31])
def test_halving_adds_every_row_once(n):
    rows = 2.0 ** np.arange(n)[:, np.newaxis]
    assert halved_sum(rows) == sum_of_rows(n, rows.__getitem__) == 2.0**n - 1


def test_halving_adds_the_second_half_to_the_first():
    rows = np.array([1e16, 1.0, -1e16, 1.0])
    assert halved_sum(rows) == (1e16 - 1e16) + (1.0 + 1.0)


@given(hnp.arrays(np.float32, st.tuples(st.integers(1, 33), st.just(3)), elements=anything))
def test_depth_first_is_the_same_sum(rows):
    wide = rows.astype(np.float64)
    assert sum_of_rows(len(rows), rows.__getitem__).tobytes() == halved_sum(wide).tobytes()
    assert sum_of_rows(len(rows), wide.__getitem__).tobytes() == halved_sum(wide).tobytes()


@pytest.mark.parametrize("size", [0, 1, 5, 10, 11])
def test_blocks_cover_everything_once(size):
    assert [i for part in blocks(size, 5) for i in range(size)[part]] == list(range(size))


@given(st.lists(st.floats(0, 1e38), min_size=1, max_size=5))
def test_the_scale_is_a_power_of_two_at_least_four_times_the_median_of_the_largest(tops):
    scale = common_scale(tops)
    assert np.frexp(scale)[0] == 0.5
    assert scale >= 4 * sorted(tops)[len(tops) // 2]


def test_quantising_rounds_half_to_even_and_saturates():
    for dtype in (np.float32, np.float64):
        steps = quanta(dtype([0.5, 1.5, -2.5, 40_000, -40_000]), 32768.0)
        assert steps.tolist() == [0, 2, -2, 32767, -32767]


@given(st.lists(anything, min_size=1, max_size=9), st.integers(-146, 131))
def test_quantising_narrow_numbers_is_quantising_wide_ones(values, exponent):
    scale = 2.0**exponent
    expected = [max(-32767, min(32767, round(Fraction(x) * 2**15 / Fraction(scale)))) for x in values]
    assert quanta(np.float32(values), scale).tolist() == expected
    assert quanta(np.float64(values), scale).tolist() == expected


@given(st.lists(vectors, min_size=1, max_size=4))
def test_products_are_those_of_python_integers(rows):
    proposals = Proposals({seat: Update({"w": row}, b"", 1) for seat, row in enumerate(rows)})
    steps = [[int(x) for x in quanta(row, proposals.scale)] for row in rows]
    expected = [[sum(a * b for a, b in zip(x, y, strict=True)) for y in steps] for x in steps]
    assert proposals.gram == expected


def test_products_do_not_depend_on_where_blocks_end(monkeypatch):
    made = np.random.default_rng(3).standard_normal((3, 70_000)).astype(np.float32)
    updates = {seat: Update({"a": row[:7], "b": row[7:]}, b"", 1) for seat, row in enumerate(made)}
    whole = Proposals(updates)
    cut = Proposals(updates)
    cut.parts = list(blocks(70_000, 999))
    assert len(whole.parts) < len(cut.parts)
    assert whole.gram == cut.gram


def test_a_full_block_of_the_largest_quanta_is_exact():
    row = np.full((1, reproducible.BLOCK), reproducible.LARGEST_QUANTUM, np.float64)
    assert inner_products(tiled(row), tiled(-row)).tolist() == [[-(reproducible.BLOCK * 32767**2)]]
    assert reproducible.BLOCK * 32767**2 < 2**53


@settings(max_examples=40)
@given(hnp.arrays(np.float32, st.tuples(st.integers(1, 9), st.just(4)), elements=anything))
def test_columns_said_to_add_exactly_do(rows):
    sums = sum_of_rows(len(rows), rows.__getitem__)
    for column, found, exact in zip(rows.T, sums, adds_exactly(rows), strict=True):
        numbers = [Fraction(float(x)) for x in column]
        total, absolute = sum(numbers), sum(map(abs, numbers))
        unit = min((abs(x) for x in numbers if x), default=Fraction(1)) / 2**24
        assert not exact or Fraction(float(found)) == total
        assert exact or absolute > unit * 2**47


@pytest.mark.parametrize("spread", [0, 8, 30])
@pytest.mark.parametrize("n", [1, 2, 3, 8, 33])
def test_mixing_by_matrix_product_is_mixing_by_halving(n, spread):
    rng = np.random.default_rng(n)
    rows = (rng.standard_normal((n, 700)) * 10.0 ** rng.uniform(-spread, spread, (n, 700))).astype(np.float32)
    rows[rng.random(rows.shape) < 0.2] = 0
    keep = n - (n - 1) // 2
    groups = [sorted(rng.choice(n, keep, replace=False).tolist()) for _ in range(n)]
    expected = [halved_sum(rows[group].astype(np.float64)) / keep + 0.0 for group in groups]
    assert (mixed(rows, groups, slice(0, 700)) + 0.0).tobytes() == np.array(expected).tobytes()
