"""docs/economy.md says what its files say, and the files hold what was decided."""

from bench import economy_page
from bench.economy_page import FOLDER, PAGE, STUDIES, path_of, rendered
from flock.protocol.arena.rewards import ArenaTerms
from flock.protocol.core.units import BPS, WAD
from flock.protocol.economy.rewards import RewardTerms
from flock.simulation.play import PLAYS
from flock.simulation.rules import Rules


def test_the_page_says_what_the_files_say() -> None:
    text = PAGE.read_text()

    assert rendered(text) == text
    assert all((FOLDER / name).exists() for name in ("season.png", "delegation.png"))


def test_no_strategy_beats_honesty_under_the_defaults() -> None:
    rows = economy_page.read(path_of("season"))

    assert {(row["role"], row["strategy"]) for row in rows} >= {
        (p.role.value, p.strategy.value) for p in PLAYS
    }
    assert [row["strategy"] for row in rows if row["beats_honesty"] == "True"] == []


def test_what_beats_honesty_elsewhere_is_what_the_page_says() -> None:
    winners = {
        (row["strategy"], row["rule"])
        for name in STUDIES
        for row in economy_page.read(path_of(name))
        if row["beats_honesty"] == "True"
    }

    assert {strategy for strategy, _ in winners} == {"chasing", "bait"}
    assert {rule for _, rule in winners} <= {"cooldown", "attentive", "rising_sigma"}


def test_seasons_are_played_with_the_protocols_defaults() -> None:
    rules, terms, rewards = Rules(), ArenaTerms(), RewardTerms()

    assert (rules.gamma, rules.c, rules.lam) == (
        terms.gamma_bps / BPS,
        terms.steepness / WAD,
        terms.strictness / WAD,
    )
    assert rules.epsilon == terms.epsilon_bps / BPS == rewards.epsilon_bps / BPS
    assert (rules.operator_fee, rules.delegator_fee) == (
        rewards.operator_fee_bps / BPS,
        rewards.delegator_fee_bps / BPS,
    )
    assert rules.delta == rewards.daily_bps / BPS
