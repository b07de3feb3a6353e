"""Arrays as one long vector, whatever their formats and wherever a part begins."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from flock.errors import BadArrays
from flock.training import reproducible
from flock.training.dtypes import BFLOAT16, FLOAT16
from flock.training.flat import Flat, largest, norm

MIXED = {
    "c": np.arange(5, dtype=np.float16),
    "a": np.arange(6, dtype=np.float32).reshape(2, 3) + 10,
    "b": (np.arange(4) + 20).astype(BFLOAT16),
    "empty": np.zeros((0, 3), np.float32),
}
WHOLE = [10, 11, 12, 13, 14, 15, 20, 21, 22, 23, 0, 1, 2, 3, 4]
vectors = hnp.arrays(np.float32, st.integers(1, 24), elements=st.floats(-1e6, 1e6, width=32))


@given(st.integers(0, 15), st.integers(0, 15))
def test_a_part_is_what_it_would_be_of_the_whole(start, stop):
    flat, part = Flat(MIXED), slice(min(start, stop), max(start, stop))
    out = np.empty(part.stop - part.start, np.float32)
    flat.read(part, out)
    assert flat.part(part).tolist() == out.tolist() == WHOLE[part]
    assert flat.size == len(WHOLE)


def test_a_part_of_one_float32_array_is_no_copy():
    assert np.shares_memory(Flat(MIXED).part(slice(1, 5)), MIXED["a"])


def test_with_float64_among_them_parts_are_float64():
    assert Flat({**MIXED, "d": np.array([1e300])}).part(slice(14, 16)).tolist() == [4, 1e300]


@pytest.mark.parametrize("dtype", [FLOAT16, BFLOAT16, np.float32, np.float64], ids=str)
def test_arrays_that_do_not_begin_at_a_multiple_of_their_width_are_read(dtype):
    data = bytes(1) + np.arange(4).astype(dtype).tobytes()
    assert Flat({"a": np.frombuffer(data, dtype, 4, 1)}).part(slice(0, 4)).tolist() == [0, 1, 2, 3]


@given(vectors)
def test_the_norm_is_the_norm_and_the_largest_the_largest(vector):
    wide = vector.astype(np.float64)
    assert norm(Flat({"a": vector})) == pytest.approx(float(np.linalg.norm(wide)))
    assert largest(Flat({"a": vector})) == np.abs(wide).max()


def test_the_norm_of_many_arrays_is_that_of_one(monkeypatch):
    whole = np.random.default_rng(0).standard_normal(3 * reproducible.BLOCK // 2).astype(np.float32)
    cut = {"a": whole[:7], "b": whole[7:1_000_001].reshape(2, -1), "c": whole[1_000_001:]}
    assert norm(Flat(cut)) == norm(Flat({"w": whole}))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_shows_in_the_largest(value):
    assert not np.isfinite(largest(Flat({"a": np.float32([1, value, 3])})))


def test_nothing_is_refused_and_no_coordinates_are_zero():
    with pytest.raises(BadArrays, match="no arrays"):
        Flat({})
    empty = Flat({"a": np.zeros(0, np.float32)})
    assert (norm(empty), largest(empty), empty.size) == (0.0, 0.0, 0)
