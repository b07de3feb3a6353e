"""The columns of the simulation are the whole numbers of the protocol, to what a float can hold."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flock.protocol.alliance import strikes
from flock.protocol.arena import panels as chain_panels
from flock.protocol.arena import rewards as arena_rewards
from flock.protocol.arena import scores
from flock.protocol.arena.rewards import MICRO, ArenaTerms, Enrolled, Trainer, Validator
from flock.protocol.core.units import BPS, WAD, Gm, Wei
from flock.protocol.economy import emissions, locks, pools
from flock.protocol.economy.emissions import Schedule
from flock.protocol.economy.staking_numbers import DEFAULTS
from flock.simulation import formulas, panels
from flock.simulation.pay import Stakes, shared, trainers_pay, validators_pay
from flock.simulation.rules import Rules

pytestmark = pytest.mark.long

BUDGET = 20_000
EPSILON_BPS = 5_000
Actor = tuple[int, int, int]  # own and delegated gm, σ in basis points
stakes_of = st.integers(1, 50_000)
backing = st.one_of(st.just(0), st.integers(1, 80_000))
sigmas = st.integers(0, BPS)
actors = st.lists(st.tuples(stakes_of, backing, sigmas), min_size=1, max_size=12)
work = st.tuples(stakes_of, backing, sigmas, st.integers(0, 9), st.integers(0, 10))
weighted = st.lists(st.tuples(st.floats(-10, 10), st.integers(0, 5)), min_size=1, max_size=9)
rows = st.lists(st.booleans(), min_size=8, max_size=8)


def rules_of(terms: ArenaTerms) -> Rules:
    return Rules(
        gamma=terms.gamma_bps / BPS,
        epsilon=EPSILON_BPS / BPS,
        c=terms.steepness / WAD,
        lam=terms.strictness / WAD,
    )


terms = st.builds(
    ArenaTerms,
    gamma_bps=st.integers(0, 5_000),
    steepness=st.integers(WAD // 10, 8 * WAD),
    strictness=st.integers(0, 4 * WAD),
)


def enrolled(trainers: Sequence[Actor], validators: Sequence[Actor]) -> Enrolled:
    def effective(side: Sequence[Actor]) -> Gm:
        return Gm(sum(own * BPS + behind * EPSILON_BPS for own, behind, _ in side) * WAD // BPS)

    return Enrolled(effective(trainers), effective(validators))


def stakes(trainers: Sequence[Actor], validators: Sequence[Actor]) -> Stakes:
    columns = [np.array(side, float).T[:2] for side in (trainers, validators)]
    return Stakes(np.array([float(BUDGET)]), *columns[0], *columns[1])


def same(mine: formulas.Floats, theirs: Sequence[int]) -> None:
    assert mine == pytest.approx(np.array(theirs, float) / WAD, rel=1e-9, abs=1e-9)


@settings(max_examples=60)
@given(actors, actors, terms)
def test_trainers_are_paid_alike(trainers: list[Actor], validators: list[Actor], terms: ArenaTerms) -> None:
    ranked = [
        Trainer(str(number), Gm(own * WAD), Gm(behind * WAD * EPSILON_BPS // BPS), sigma)
        for number, (own, behind, sigma) in enumerate(trainers)
    ]
    theirs = arena_rewards.trainer_rewards(Wei(BUDGET * WAD), ranked, enrolled(trainers, validators), terms)

    with_pool, without = trainers_pay(stakes(trainers, validators), np.arange(len(trainers)), rules_of(terms))
    behind, sigma = np.array(trainers, float).T[1:]
    mine = shared(with_pool, without, sigma / BPS, behind)

    same(mine.operator, [theirs[each.account].operator for each in ranked])
    same(mine.pool, [theirs[each.account].pool for each in ranked])


@settings(max_examples=60)
@given(actors, st.lists(work, min_size=1, max_size=12), terms)
def test_validators_are_paid_alike(
    trainers: list[Actor], validators: list[tuple[int, int, int, int, int]], terms: ArenaTerms
) -> None:
    scored = [
        Validator(
            str(n), Gm(own * WAD), Gm(behind * WAD * EPSILON_BPS // BPS), sigma, reveals, distance * MICRO
        )
        for n, (own, behind, sigma, reveals, distance) in enumerate(validators)
    ]
    plain = [each[:3] for each in validators]
    theirs = arena_rewards.validator_rewards(Wei(BUDGET * WAD), scored, enrolled(trainers, plain), terms)

    _, behind, sigma, reveals, distance = np.array(validators, float).T
    with_pool, without = validators_pay(stakes(trainers, plain), distance, reveals, rules_of(terms))
    mine = shared(with_pool, without, sigma / BPS, behind)

    same(mine.operator, [theirs[each.account].operator for each in scored])
    same(mine.pool, [theirs[each.account].pool for each in scored])


@given(st.integers(0, 400), st.integers(0, 2_000))
def test_the_budget_falls_alike(day: int, decay_bps: int) -> None:
    theirs = Schedule(100, 100, Wei(BUDGET * WAD), decay_bps).budget_on(100 + day)

    assert formulas.budget(BUDGET, decay_bps / BPS, day) == pytest.approx(theirs / WAD, rel=1e-12)


def test_a_day_is_split_over_tasks_of_equal_weight_alike() -> None:
    theirs = emissions.split(Wei(BUDGET * WAD), 7, {task: emissions.Weighted(100) for task in range(5)})

    assert [wei / WAD for wei in theirs.values()] == pytest.approx([BUDGET / 5] * 5)


@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**7), st.integers(0, 2 * 10**6)), min_size=1),
    st.integers(0, BPS),
)
def test_slashes_fall_on_own_stake_and_pools_alike(cases: list[tuple[int, int, int]], bps: int) -> None:
    own, pool, joined = np.array(cases, float).T
    mine = formulas.slash(own, pool, joined, np.full(len(cases), bps / BPS))
    ratio = DEFAULTS.delegation_ratio

    same(mine.own, [locks.slash_of(Gm(own * WAD), Gm(joined * WAD), bps) for own, _, joined in cases])
    same(mine.pool, [pools.slash_of(Gm(pool * WAD), Gm(own * WAD), ratio, bps) for own, pool, _ in cases])


@given(st.lists(rows, min_size=1, max_size=40), st.integers(1, 16), st.data())
def test_strikes_are_counted_alike(seats: list[list[bool]], window: int, data: st.DataObject) -> None:
    limit = data.draw(st.integers(1, window))
    history, theirs = np.zeros(8, np.int64), [0] * 8
    for row in seats:
        history, slashed = formulas.mark(history, np.array(row), window, limit)
        marks = [
            strikes.mark(one, bad=bad, window=window, limit=limit)
            for one, bad in zip(theirs, row, strict=True)
        ]
        theirs = [mark.history for mark in marks]
        assert list(slashed) == [mark.slashed for mark in marks]
        assert list(history) == theirs


@given(st.lists(st.dictionaries(st.integers(0, 8), st.integers(0, 300)), min_size=1), st.integers(1, 30))
def test_panels_judge_alike(cases: list[dict[int, int]], tolerance: int) -> None:
    reveals = np.array([[case.get(seat, 0) for seat in range(9)] for case in cases], float)
    there = np.array([[seat in case for seat in range(9)] for case in cases])
    mine = formulas.judge(reveals, there, float(tolerance))

    for row, case in enumerate(cases):
        verdict = scores.judge(case, 9, tolerance)
        assert np.isnan(mine.median[row]) == (verdict.outcome is scores.Outcome.VOID)
        centre = scores.Centre(verdict.median, verdict.mad)
        for seat, score in case.items():
            mark = verdict.marks[seat]
            assert mine.strike[row, seat] == (mark in (scores.Mark.STRIKE, scores.Mark.MISS))
            assert mine.miss[row, seat] == (mark is scores.Mark.MISS)
            if verdict.outcome is scores.Outcome.SCORED:
                assert mine.median[row] == verdict.median
                far = arena_rewards.distance_of(score, centre, tolerance)
                assert mine.distance[row, seat] * MICRO == pytest.approx(far, abs=1)


@given(st.binary(min_size=32, max_size=32), st.integers(9, 60), st.integers(1, 12), st.data())
def test_panels_are_drawn_and_filled_alike(
    seed: bytes, validators: int, count: int, data: st.DataObject
) -> None:
    absent = data.draw(st.frozensets(st.integers(0, validators - 1)))
    later = bytes(reversed(seed))

    def shuffle(seed: bytes) -> formulas.Ints:
        return np.array([chain_panels.shuffled(seed, index, validators) for index in range(validators)])

    mine = panels.drawn(shuffle(seed), count, 9)
    away = np.isin(np.arange(validators), list(absent))
    filled = panels.filled(mine, panels.drawn(shuffle(later), count, 9), away)

    for order in range(count):
        theirs = chain_panels.panel(seed, order, 9, validators)
        stand_ins = chain_panels.substitutes(later, order, theirs, absent, validators)
        assert tuple(mine[order]) == theirs
        assert list(filled[order]) == [
            (panels.NOBODY if stand_in is None else stand_in) if holder in absent else holder
            for holder, stand_in in zip(theirs, stand_ins, strict=True)
        ]


def test_compared_distances_are_multiples_of_their_mean_by_weight() -> None:
    distance, weight = np.array([0.0, 1.0, 4.0]), np.array([2.0, 1.0, 1.0])

    assert formulas.compared(distance, weight) == pytest.approx(distance / 1.25)
    assert list(formulas.compared(np.zeros(3), weight)) == [0, 0, 0]


@given(actors, st.integers(0, 11), st.integers(2, 10))
def test_splitting_a_trainers_stake_side_by_side_gains_nothing(
    trainers: list[Actor], number: int, parts: int
) -> None:
    number %= len(trainers)
    whole = np.array([own for own, _, _ in trainers], float)
    split = np.concatenate([whole[:number], np.full(parts, whole[number] / parts), whole[number + 1 :]])

    def share(stake: formulas.Floats) -> formulas.Floats:
        return formulas.rank_share(formulas.stake_above(stake), stake, np.array([whole.sum()]), 3.0)

    assert share(split)[number : number + parts].sum() == pytest.approx(share(whole)[number])
    assert share(split).sum() == pytest.approx(1)


@given(weighted.filter(lambda panel: any(weight for _, weight in panel)))
def test_half_of_the_weight_does_not_exceed_the_median(panel: list[tuple[float, int]]) -> None:
    values, weights = np.array(panel, float).T
    median = formulas.weighted_median(values[None], weights[None])[0]

    assert 2 * weights[values <= median].sum() >= weights.sum()
    assert 2 * weights[values < median].sum() < weights.sum()
