"""A season keeps its books, plays the same for the same seed, and pays strategies that are honesty as honesty."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from flock.errors import BadConfig, Refused
from flock.simulation.accounts import Books
from flock.simulation.comparing import Compared, NetPay, compare, mean_of
from flock.simulation.play import PLAYS, TITLES, ActorRole, Play, Strategy, plays_of
from flock.simulation.rules import GM_PER_FLOCK, TASK_DAYS, Scale, World
from flock.simulation.season import Season, budget_of, play_season

pytestmark = pytest.mark.long

SMALL = Season(3, Scale(days=70, nodes=60, validators=90, delegators=600))
SHARE = 0.2


def under(**rules: Any) -> Season:
    return replace(SMALL, rules=replace(SMALL.rules, **rules))


def played(play: Play | None = None, season: Season = SMALL) -> Books:
    return play_season(season, {play.role: play.strategy} if play else {}, SHARE)


def ratio(play: Play, season: Season = SMALL) -> float:
    return compare(season, [play], 1, SHARE)[0].ratio.value


@pytest.mark.parametrize(
    "play", [None, *PLAYS], ids=lambda play: f"{play.role.value}-{play.strategy.value}" if play else "honest"
)
def test_every_flock_emitted_is_earned_or_a_fee_or_nobodys(play: Play | None) -> None:
    books = played(play)
    earned = sum(account.earned.sum() for account in books.accounts.values())

    running = [sum(7 * n <= day < 7 * n + TASK_DAYS for n in range(6)) for day in range(70)]
    assert books.emitted == pytest.approx(sum(budget_of(SMALL, day) for day in range(70) if running[day]))
    assert earned + books.fees + books.unearned == pytest.approx(books.emitted)
    assert min(books.fees, books.unearned + 1e-6) > 0


def test_a_season_is_its_seed() -> None:
    first, again, other = played(), played(), played(season=replace(SMALL, seed=4))

    for role in ActorRole:
        assert np.array_equal(first.accounts[role].net, again.accounts[role].net)
        assert not np.array_equal(first.accounts[role].net, other.accounts[role].net)


@pytest.mark.parametrize("role", ActorRole)
def test_who_plays_honesty_earns_what_honesty_earns(role: ActorRole) -> None:
    assert ratio(Play(role, Strategy.HONEST)) == 1.0


def test_a_sybil_of_one_identity_is_honest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flock.simulation.population.MOST_IDENTITIES", 1)

    assert [ratio(play) for play in plays_of([Strategy.SYBIL])] == [1.0, 1.0]


def test_a_hopper_that_knows_one_pool_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flock.simulation.delegating.KNOWN_TO_TESTED", 1)

    moving = plays_of([Strategy.HOPPING, Strategy.CHASING])
    assert [ratio(play) for play in moving] == [1.0, 1.0]


def test_a_trainers_stake_between_midnights_is_nobodys_business() -> None:
    assert ratio(Play(ActorRole.TRAINER, Strategy.JIT)) == 1.0


def test_a_validators_stake_between_midnights_is_what_slashes_find_unless_it_is_held() -> None:
    jit = Play(ActorRole.VALIDATOR, Strategy.JIT)

    assert ratio(jit) == 1.0
    assert ratio(jit, under(held=False)) > 1


def test_just_in_time_delegation_is_never_counted_under_a_cool_down_of_a_day() -> None:
    for days in (1.0, 14.0):
        books = played(Play(ActorRole.DELEGATOR, Strategy.JIT), under(cooldown=days))
        account = books.accounts[ActorRole.DELEGATOR]
        assert account.earned[account.tested].sum() == 0
        assert account.earned[~account.tested].sum() > 0


def test_a_bait_that_cannot_raise_its_share_earns_less_than_one_that_can() -> None:
    bait = Play(ActorRole.VALIDATOR, Strategy.BAIT)

    assert ratio(bait, under(rising_sigma=False)) < ratio(bait, under(rising_sigma=True))


def test_a_longer_cool_down_leaves_a_chaser_less() -> None:
    chaser = Play(ActorRole.DELEGATOR, Strategy.CHASING)
    short, long = (ratio(chaser, under(cooldown=days)) for days in (1.0, 14.0))

    assert short > 1
    assert short > long


def test_validators_that_do_not_look_lose_several_times_what_honest_ones_lose() -> None:
    for strategy in (Strategy.LAZY, Strategy.COPYING):
        account = played(Play(ActorRole.VALIDATOR, strategy)).accounts[ActorRole.VALIDATOR]
        lost = account.lost / account.staked
        assert lost[account.tested].mean() > 3 * lost[~account.tested].mean()


def lost_by(strategy: Strategy, **rules: Any) -> float:
    account = played(Play(ActorRole.VALIDATOR, strategy), under(**rules)).accounts[ActorRole.VALIDATOR]
    return float(account.lost[account.tested].sum() / account.staked[account.tested].sum() * GM_PER_FLOCK)


def test_two_windows_of_three_are_missed_by_who_comes_back_only_to_stay_away() -> None:
    season = replace(SMALL, world=replace(World(), absent=1.0))
    account = played(season=season).accounts[ActorRole.VALIDATOR]
    windows = account.lost / account.staked * GM_PER_FLOCK / season.rules.absence

    assert np.median(windows) == pytest.approx(19)  # of 28: most are on one task only
    assert windows.max() < 2 * 19


def test_a_void_panel_blames_nobody() -> None:
    season = replace(under(absence=0.0), world=replace(World(), absent=0.9))

    assert not played(season=season).accounts[ActorRole.VALIDATOR].lost.any()


def test_opened_leaves_cost_who_has_not_looked_at_all_of_the_set() -> None:
    only_leaves = {"slash": 0.0, "absence": 0.0}
    for strategy in (Strategy.COPYING, Strategy.SKIMPING):
        unopened, opened = (lost_by(strategy, **only_leaves, openings=rate) for rate in (0.0, 0.5))
        assert opened > unopened + 0.05
    assert lost_by(Strategy.HONEST, **only_leaves, openings=0.5) == 0


def test_what_is_not_revealed_is_no_miss_but_an_absence() -> None:
    misses = {"slash": 0.0, "openings": 0.0}
    copying, withholding = (
        lost_by(strategy, **misses, absence=0.0) for strategy in (Strategy.COPYING, Strategy.WITHHOLDING)
    )
    assert copying > 0
    assert withholding < copying / 4

    copying, withholding = (
        lost_by(strategy, **misses, miss=0.0) for strategy in (Strategy.COPYING, Strategy.WITHHOLDING)
    )
    assert withholding > copying


def test_what_is_not_revealed_is_a_strike() -> None:
    withheld = {"absence": 0.0, "miss": 0.0, "openings": 0.0, "window": 1, "limit": 1}

    assert lost_by(Strategy.WITHHOLDING, **withheld) > 0


def test_untrained_models_earn_nothing_once_the_baseline_must_be_beaten_by_a_margin() -> None:
    lazy = Play(ActorRole.TRAINER, Strategy.LAZY)

    assert ratio(lazy, under(margin=0.2)) == pytest.approx(0, abs=0.02)
    assert ratio(lazy) < 1


def test_nothing_is_lost_where_nothing_is_slashed() -> None:
    books = played(Play(ActorRole.VALIDATOR, Strategy.LAZY), under(slash=0.0, miss=0.0, absence=0.0))

    assert not any(account.lost.any() for account in books.accounts.values())


def test_delegators_lose_no_greater_a_part_than_the_worst_operator() -> None:
    lost = played(season=under(absence=1.0)).accounts
    parts = {role: account.lost / (account.staked / GM_PER_FLOCK) for role, account in lost.items()}

    assert parts[ActorRole.DELEGATOR].any()
    assert parts[ActorRole.DELEGATOR].max() <= parts[ActorRole.VALIDATOR].max()
    assert not parts[ActorRole.TRAINER].any()


def test_nobody_loses_more_than_it_has() -> None:
    harsh = replace(under(absence=1.0, slash=1.0), world=replace(World(), absent=0.2))
    for account in played(season=harsh).accounts.values():
        assert (account.lost <= account.staked / GM_PER_FLOCK * (1 + 1e-9)).all()


def test_two_processes_find_what_one_finds() -> None:
    plays = plays_of([Strategy.LATE])

    assert compare(SMALL, plays, 1, SHARE, jobs=2) == compare(SMALL, plays, 1, SHARE, jobs=1)


def test_intervals_are_students() -> None:
    mean = mean_of([1.0, 2.0, 3.0])

    assert (mean.value, mean.low, mean.high) == pytest.approx((2, 2 - 2.4841, 2 + 2.4841), abs=1e-3)
    assert mean_of([2.0]).low == 2.0


def test_beating_honesty_takes_the_whole_interval() -> None:
    honest, better = NetPay(10, 1, 0), NetPay(12, 1, 0)
    play = Play(ActorRole.TRAINER, Strategy.LAZY)

    assert Compared(play, [honest] * 3, [better] * 3).beats_honesty
    assert not Compared(play, [honest] * 3, [better, honest, honest]).beats_honesty
    assert not Compared(play, [honest] * 3, [honest] * 3).beats_honesty


def test_there_is_no_comparing_with_an_honesty_that_costs_more_than_it_earns() -> None:
    compared = Compared(Play(ActorRole.VALIDATOR, Strategy.LAZY), [NetPay(1, 1, 1)], [NetPay(1, 0, 0)])
    with pytest.raises(Refused, match="an honest validator earns nothing net"):
        _ = compared.ratio


def test_every_strategy_but_honesty_is_tested_and_explained() -> None:
    assert {play.strategy for play in PLAYS} == set(Strategy) - {Strategy.HONEST}
    assert all(TITLES.values())


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("speed", "1", "There is no rule 'speed'; choose from gamma"),
        ("gamma", "0.6", "gamma is 0.6; choose 0 to 0.5."),
        ("gamma", "nan", "gamma is nan; choose 0 to 0.5."),
        ("c", "much", "c is 'much', which is not a number."),
        ("rising_sigma", "1", "rising_sigma is '1'; write yes or no."),
        ("window", "7", "limit is 8; choose at most window, which is 7."),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(name: str, value: str, sentence: str) -> None:
    with pytest.raises(BadConfig, match=sentence.replace(".", r"\.")):
        SMALL.with_value(name, value)


def test_a_season_without_a_task_for_everybody_is_refused() -> None:
    with pytest.raises(BadConfig, match=r"days is 60; choose 61 to 3,650\."):
        Scale(days=60)
