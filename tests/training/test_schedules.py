"""Settings that change with the round."""

import pytest

from flock.training.schedules import at_round

SETTINGS = {"epochs": 2, "lr": {"10": 0.01, "1": 0.1, "5": 0.05}}


@pytest.mark.parametrize(
    ("number", "rate"),
    [(0, 0.1), (1, 0.1), (4, 0.1), (5, 0.05), (9, 0.05), (10, 0.01), (10**9, 0.01)],
)
def test_the_latest_round_that_has_come_says_the_value(number, rate):
    assert at_round(SETTINGS, number) == {"epochs": 2, "lr": rate}
