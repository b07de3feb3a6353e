"""Fees follow the market up to the cap, and a replacement is always high enough to replace."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flock.chain.fees import GWEI, FeePolicy, Fees
from flock.errors import Transient


@given(base=st.integers(0, 500 * GWEI), tip=st.integers(0, 10**12))
def test_an_offer_covers_the_base_fee_and_respects_the_cap(base: int, tip: int) -> None:
    offer = FeePolicy().offer(base, tip)
    assert base <= offer.max_fee <= 500 * GWEI
    assert offer.tip <= offer.max_fee


def test_gas_above_the_cap_is_not_bought() -> None:
    with pytest.raises(Transient, match="600 gwei now, above the cap of 500"):
        FeePolicy().offer(600 * GWEI, GWEI)


@given(last=st.builds(Fees, st.integers(0, 10**11), st.integers(0, 10**11)))
def test_a_replacement_is_a_tenth_higher_in_both_fees(last: Fees) -> None:
    fees = FeePolicy().replacement(last, Fees(0, 0))
    assert fees is not None
    assert 10 * fees.max_fee >= 11 * last.max_fee
    assert 10 * fees.tip >= 11 * last.tip


def test_a_replacement_follows_a_market_that_rose_faster() -> None:
    assert FeePolicy().replacement(Fees(10, 1), Fees(100, 50)) == Fees(100, 50)


def test_nothing_is_replaced_above_the_cap() -> None:
    assert FeePolicy(cap=100).replacement(Fees(95, 1), Fees(50, 1)) is None
