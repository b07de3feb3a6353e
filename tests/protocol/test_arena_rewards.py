"""A day of an Arena: what splitting, delegating and rounding can and cannot do."""

from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flock.protocol.arena.rewards import (
    FARTHEST,
    MICRO,
    ONE,
    ArenaTerms,
    Enrolled,
    Trainer,
    Validator,
    exp_down,
    sides,
    trainer_rewards,
    validator_rewards,
)
from flock.protocol.core.units import WAD, Gm, Wei

TERMS = ArenaTerms()
BUDGET = Wei(10_000 * WAD)
stakes = st.integers(WAD, 10**7 * WAD).map(Gm)
backings = st.integers(0, 10**7 * WAD).map(Gm)
budgets = st.integers(0, 10**6 * WAD).map(Wei)
sigmas = st.integers(0, 10_000)


@st.composite
def trainers(draw: st.DrawFn) -> list[Trainer]:
    drawn = draw(st.lists(st.tuples(stakes, backings, sigmas), min_size=1, max_size=8))
    return [Trainer(f"t{i}", *each) for i, each in enumerate(drawn)]


@st.composite
def validators(draw: st.DrawFn) -> list[Validator]:
    reveals, distances = st.integers(0, 20), st.integers(0, FARTHEST)
    drawn = draw(st.lists(st.tuples(stakes, backings, sigmas, reveals, distances), min_size=1, max_size=8))
    return [Validator(f"v{i}", *each) for i, each in enumerate(drawn)]


def enrolled(ranked: list[Trainer], judges: list[Validator]) -> Enrolled:
    return Enrolled(
        Gm(sum(each.own + each.backing for each in ranked)),
        Gm(sum(each.own + each.backing for each in judges)),
    )


@given(st.integers(0, 10**30), st.integers(1, 10**30).filter(lambda n: n > 10**9))
def test_the_exponential_is_right_to_thirty_digits(numerator: int, denominator: int) -> None:
    numerator %= 40 * denominator
    with localcontext(prec=80):
        exact = (-Decimal(numerator) / denominator).exp() * ONE
        assert abs(exact - exp_down(numerator, denominator)) < 10**8


@given(st.integers(0, 10**27), st.integers(1, 10**27))
def test_the_exponential_falls(numerator: int, more: int) -> None:
    assert exp_down(numerator, 10**27) > exp_down(numerator + more, 10**27)


@given(budgets, trainers(), validators())
def test_the_rewards_of_a_day_never_exceed_its_budget(
    budget: Wei, ranked: list[Trainer], judges: list[Validator]
) -> None:
    everyone = enrolled(ranked, judges)
    paid = {
        **trainer_rewards(budget, ranked, everyone, TERMS),
        **validator_rewards(budget, judges, everyone, TERMS),
    }
    assert all(part >= 0 for backed in paid.values() for part in backed)
    assert sum(sum(backed) for backed in paid.values()) <= budget


@given(budgets, trainers(), validators())
def test_what_is_not_paid_of_a_side_that_earned_is_dust(
    budget: Wei, ranked: list[Trainer], judges: list[Validator]
) -> None:
    everyone = enrolled(ranked, judges)
    paid = trainer_rewards(budget, ranked, everyone, TERMS)
    side = sides(budget, everyone, TERMS.gamma_bps).trainers
    assert side - sum(sum(backed) for backed in paid.values()) <= len(ranked)


@given(trainers(), st.data())
def test_a_trainer_that_splits_its_stake_gains_nothing(ranked: list[Trainer], data: st.DataObject) -> None:
    """Its identities stand side by side in the ranking: they submit the same model."""
    ranked = [Trainer(each.account, each.own) for each in ranked]
    place = data.draw(st.integers(0, len(ranked) - 1))
    whole = ranked[place]
    part = data.draw(st.integers(0, whole.own))
    split = [Trainer("part", Gm(part)), Trainer("rest", Gm(whole.own - part))]
    everyone = Enrolled(Gm(sum(each.own for each in ranked)), Gm(WAD))
    before = trainer_rewards(BUDGET, ranked, everyone, TERMS)[whole.account]
    after = trainer_rewards(BUDGET, [*ranked[:place], *split, *ranked[place + 1 :]], everyone, TERMS)
    assert sum(after["part"]) + sum(after["rest"]) <= sum(before)


@given(validators(), st.data())
def test_a_validator_that_splits_its_stake_gains_nothing(
    judges: list[Validator], data: st.DataObject
) -> None:
    """Even if every part of it does all the work again, at the same distance."""
    judges = [
        Validator(each.account, each.own, reveals=each.reveals, distance=each.distance) for each in judges
    ]
    whole = data.draw(st.sampled_from(judges))
    part = data.draw(st.integers(0, whole.own))
    split = [
        Validator(name, Gm(own), reveals=whole.reveals, distance=whole.distance)
        for name, own in (("part", part), ("rest", whole.own - part))
    ]
    everyone = Enrolled(Gm(WAD), Gm(sum(each.own for each in judges)))
    before = validator_rewards(BUDGET, judges, everyone, TERMS)[whole.account]
    others = [each for each in judges if each is not whole]
    after = validator_rewards(BUDGET, [*others, *split], everyone, TERMS)
    assert sum(after["part"]) + sum(after["rest"]) <= sum(before)


@given(trainers(), validators())
def test_delegation_never_lowers_a_trainers_own_reward(
    ranked: list[Trainer], judges: list[Validator]
) -> None:
    for place, trainer in enumerate(ranked):
        alone = [*ranked[:place], Trainer(trainer.account, trainer.own), *ranked[place + 1 :]]
        without = trainer_rewards(BUDGET, alone, enrolled(alone, judges), TERMS)[trainer.account]
        with_ = trainer_rewards(BUDGET, ranked, enrolled(ranked, judges), TERMS)[trainer.account]
        assert with_.operator >= without.operator
        assert without.pool == 0


@given(trainers(), validators())
def test_delegation_never_lowers_a_validators_own_reward(
    ranked: list[Trainer], judges: list[Validator]
) -> None:
    for judge in judges:
        bare = Validator(judge.account, judge.own, reveals=judge.reveals, distance=judge.distance)
        alone = [bare if each is judge else each for each in judges]
        without = validator_rewards(BUDGET, alone, enrolled(ranked, alone), TERMS)[judge.account]
        with_ = validator_rewards(BUDGET, judges, enrolled(ranked, judges), TERMS)[judge.account]
        assert with_.operator >= without.operator


def test_a_better_rank_earns_more_for_the_same_stake() -> None:
    ranked = [Trainer(name, Gm(100 * WAD)) for name in ("first", "second", "third")]
    paid = trainer_rewards(BUDGET, ranked, Enrolled(Gm(300 * WAD), Gm(300 * WAD)), TERMS)
    first, second, third = (paid[name].operator for name in ("first", "second", "third"))
    assert first / second == pytest.approx(second / third) == pytest.approx(2.718, abs=0.001)


def test_a_nearer_validator_earns_more_for_the_same_stake_and_work() -> None:
    near = Validator("near", Gm(WAD), reveals=3, distance=MICRO)
    far = Validator("far", Gm(WAD), reveals=3, distance=2 * MICRO)
    paid = validator_rewards(BUDGET, [near, far], Enrolled(Gm(WAD), Gm(2 * WAD)), TERMS)
    assert paid["near"].operator / paid["far"].operator == pytest.approx(2.718, abs=0.001)


def test_validators_who_all_agree_are_paid_by_stake_and_work_alone() -> None:
    once = Validator("once", Gm(WAD), reveals=1)
    thrice = Validator("thrice", Gm(WAD), reveals=3)
    paid = validator_rewards(BUDGET, [once, thrice], Enrolled(Gm(WAD), Gm(2 * WAD)), TERMS)
    assert paid["thrice"].operator == 3 * paid["once"].operator


def test_a_side_without_stake_still_has_its_floor() -> None:
    assert sides(BUDGET, Enrolled(Gm(0), Gm(WAD)), 1_000) == (BUDGET // 10, BUDGET * 9 // 10)
    assert sides(BUDGET, Enrolled(Gm(0), Gm(0)), 1_000) == (0, 0)
