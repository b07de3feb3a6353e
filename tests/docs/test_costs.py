"""The tables of docs/costs.md are those that the measurements make."""

import pytest

from bench.costs import ACTS, ASSUMED, PAGE, Prices, measured, written


def test_the_page_is_not_stale() -> None:
    """If it is, ``python -m bench.costs`` renews it."""
    page = PAGE.read_text()
    assert written(page) == page


def test_the_data_fee_is_the_one_of_the_chains_formula() -> None:
    """A transaction of 239 bytes is taken as 255 at most, hence 170.7219 bytes in a blob."""
    prices = Prices(
        "", gas=0, l1_base_fee=2, blob_base_fee=3, ether=1, base_fee_scalar=5, blob_base_fee_scalar=7
    )
    assert prices.data_fee(239) == pytest.approx(170.7219 * (16 * 5 * 2 + 7 * 3) / 1e6)
    assert prices.data_fee(20) == pytest.approx(100 * (16 * 5 * 2 + 7 * 3) / 1e6)


def test_dearer_times_cost_more_and_every_act_is_measured() -> None:
    gas = measured()
    totals = [prices.dollars([act.name for act in ACTS], gas) for prices in ASSUMED]
    assert totals == sorted(totals)
    assert all(gas[act.gas] > 21_000 for act in ACTS)
