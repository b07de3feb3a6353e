"""Narrowing rounds once; widening changes nothing."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flock.training.dtypes import BFLOAT16, FLOAT16, FLOAT32, rounded, towards_zero, widen

ALL_BITS = np.arange(1 << 16, dtype=np.uint16)
FORMATS = {FLOAT32: (24, -149, 127), FLOAT16: (11, -24, 15), BFLOAT16: (8, -133, 127)}
numbers = st.one_of(
    st.floats(-1e300, 1e300),
    st.floats(-1e-35, 1e-35),
    st.floats(-1e-5, 1e-5),
    st.floats(-70000, 70000),
)


def grid(x: float, dtype) -> Fraction:
    """The distance between neighbours of ``x`` in the format."""
    bits, least, _ = FORMATS[dtype]
    return Fraction(2) ** max(math.frexp(x)[1] - bits, least)


def nearest(x: float, dtype) -> float:
    """By the definition, in fractions: Python rounds those half to even."""
    value = float(round(Fraction(x) / grid(x, dtype)) * grid(x, dtype))
    return value if abs(value) < 2.0 ** (FORMATS[dtype][2] + 1) else math.copysign(math.inf, x)


@pytest.mark.parametrize("dtype", FORMATS, ids=str)
@given(x=numbers)
def test_rounding_is_to_nearest_and_half_to_even(dtype, x):
    assert float(rounded(np.array([x]), dtype)[0]) == nearest(x, dtype)


@pytest.mark.parametrize("dtype", [FLOAT16, BFLOAT16], ids=str)
@pytest.mark.parametrize("nudge", [-(2.0**-40), 0.0, 2.0**-40])
def test_halfway_and_next_to_it_is_decided_in_one_step(dtype, nudge):
    halfway = 1 + 2.0 ** -FORMATS[dtype][0]
    assert float(rounded(np.array([halfway + nudge]), dtype)[0]) == nearest(halfway + nudge, dtype)


@pytest.mark.parametrize("dtype", [FLOAT16, BFLOAT16], ids=str)
def test_every_narrow_number_survives_the_way_through_a_wide_one(dtype):
    narrow = ALL_BITS.view(dtype)
    infinity = np.array(np.inf, dtype).view(np.uint16)
    narrow = narrow[ALL_BITS & infinity != infinity]
    for wide in (np.empty(len(narrow), np.float32), np.empty(len(narrow), np.float64)):
        widen(narrow, wide)
        assert wide.tolist() == narrow.astype(np.float64).tolist()
        assert rounded(wide, dtype).tobytes() == narrow.tobytes()


@pytest.mark.parametrize("dtype", FORMATS, ids=str)
@given(x=numbers)
def test_towards_zero_never_grows_and_is_the_next_below(dtype, x):
    cut = Fraction(float(towards_zero(np.array([x]), dtype)[0]))
    largest = (2 - Fraction(2) ** (1 - FORMATS[dtype][0])) * 2 ** FORMATS[dtype][2]
    assert abs(Fraction(x)) - abs(cut) >= 0
    assert abs(Fraction(x)) - abs(cut) < grid(x, dtype) or abs(cut) == largest
