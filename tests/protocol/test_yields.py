"""eAPY as FLock.io computes it: R = Σ reward/(n·stake) over the last n days, (1 + R)^365 − 1."""

import pytest

from flock.protocol.core.units import WAD, Gm, Wei
from flock.protocol.economy.ledger import TaskDay
from flock.protocol.economy.yields import MOST, eapy, yearly

POOL = ("0xaa", 1)


def day(number: int, reward: int, stake: int, task: int = 1, operator: str = "0xaa") -> TaskDay:
    return TaskDay(
        task, number, Wei(WAD), {}, {operator: Wei(reward * WAD)}, {operator: Gm(stake * WAD)}, Wei(0)
    )


def test_every_day_counts_with_its_own_stake() -> None:
    days = [day(98, 10, 1_000), day(99, 10, 4_000)]
    daily = (10 / 1_000 + 10 / 4_000) / 14
    assert eapy(days, POOL, 100, 14) == pytest.approx((1 + daily) ** 365 - 1)


def test_only_the_window_the_task_and_the_operator_count() -> None:
    others = [
        day(85, 10, 1_000),
        day(100, 10, 1_000),
        day(90, 10, 1_000, task=2),
        day(90, 10, 1_000, operator="0xbb"),
    ]
    assert eapy(others, POOL, 100, 14) == 0
    assert eapy([*others, day(86, 10, 1_000)], POOL, 100, 14) > 0


def test_a_day_without_a_pool_pays_nothing_and_is_a_day() -> None:
    empty = TaskDay(1, 99, Wei(WAD), {"0xaa": Wei(WAD)}, {}, {}, Wei(0))
    assert eapy([empty], POOL, 100, 14) == 0
    assert eapy([empty, day(98, 1, 100)], POOL, 100, 30) < eapy([day(98, 1, 100)], POOL, 100, 14)


def test_a_day_whose_pool_was_given_nothing_is_a_day_that_paid_nothing() -> None:
    unpaid = TaskDay(1, 99, Wei(WAD), {}, {}, {"0xaa": Gm(1)}, Wei(0))
    assert eapy([unpaid], POOL, 100, 14) == 0


def test_a_pool_of_next_to_nothing_overflows_no_number() -> None:
    assert yearly(1e6) == yearly(1e300) == MOST
    assert (
        eapy([TaskDay(1, 99, Wei(WAD), {}, {"0xaa": Wei(10**27)}, {"0xaa": Gm(1)}, Wei(0))], POOL, 100, 14)
        == MOST
    )
