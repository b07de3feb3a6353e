"""docs/economy.md says what its files say, and the files hold what was decided."""

from collections.abc import Mapping

from bench import economy_page
from bench.economy_page import FOLDER, PAGE, STUDIES, path_of, rendered
from flock.protocol.arena.rewards import ArenaTerms
from flock.protocol.core.units import BPS, WAD
from flock.protocol.economy.rewards import RewardTerms
from flock.simulation.play import PLAYS
from flock.simulation.rules import Rules
from flock.simulation.validators import STUDIES as STUDIES_OF_VALIDATORS


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

    assert winners == {
        ("chasing", "cooldown"),
        ("bait", "attentive"),
        ("jit", "held"),
        ("skimping", "openings"),
    }


def study(name: str) -> Mapping[tuple[str, str], Mapping[str, str]]:
    return {(row["case"], row["variant"]): row for row in economy_page.read(path_of(name))}


def test_copying_the_last_median_pays_without_openings_and_costs_with_one_panel_in_ten() -> None:
    rows = study("copying")
    steady = [case.what for case in STUDIES_OF_VALIDATORS["copying"].cases][:3]

    assert all(float(rows[case, "none"]["low"]) > 0 for case in steady)
    assert all(
        float(row["gain"]) < 0 for (_, variant), row in rows.items() if variant in ("1 in 10", "1 in 5")
    )
    assert float(rows[steady[0], "1 in 10"]["high"]) < 0


def test_honest_validators_lose_little_and_others_more() -> None:
    rows = study("losses")
    lost = {case: float(row["lost"]) for (case, variant), row in rows.items() if variant == "8 of 16"}

    assert lost["honest"] < 0.005
    assert lost["honest, measures T/2 more"] < 0.005
    assert max(value for case, value in lost.items() if case.startswith("honest")) < 0.03
    assert min(value for case, value in lost.items() if not case.startswith("honest")) > 0.1
    for case in lost:
        assert float(rows[case, "4 of 8"]["lost"]) >= lost[case]


def test_distances_of_ones_own_spare_other_hardware_and_give_a_ring_nothing() -> None:
    pay = {key: float(row["pay"]) for key, row in study("pay").items()}
    alone, ring = "measures {} T more", "a ring measures {} T more, one of it 100 T"

    assert pay[alone.format("0.5"), "absolute"] > 0.96
    for far in ("1", "2"):
        assert pay[alone.format(far), "absolute"] > pay[alone.format(far), "relative"]
        assert pay[ring.format(far), "absolute"] < pay[alone.format(far), "absolute"]
        assert pay[ring.format(far), "relative"] > pay[alone.format(far), "relative"]


def test_panels_go_right_at_three_sigma_and_worse_by_stake() -> None:
    rows = {
        (row["tolerance"], row["machines"], row["weights"]): row
        for row in economy_page.read(path_of("tolerance"))
    }

    for machines in ("all different", "two in three alike"):
        at_three = rows["3", machines, "equal"]
        assert float(at_three["wrong"]) == 0
        assert float(at_three["struck"]) < 0.003
        for tolerance in ("1", "2", "3"):
            equal, by_stake = (rows[tolerance, machines, weights] for weights in ("equal", "by stake"))
            assert float(equal["wrong"]) < float(by_stake["wrong"])


def test_seasons_are_played_with_the_protocols_defaults() -> None:
    rules, terms, rewards = Rules(), ArenaTerms(), RewardTerms()

    assert (rules.gamma, rules.c, rules.lam) == (
        terms.gamma_bps / BPS,
        terms.steepness / WAD,
        terms.strictness / WAD,
    )
    assert rules.epsilon == rewards.epsilon_bps / BPS
    assert (rules.operator_fee, rules.delegator_fee) == (
        rewards.operator_fee_bps / BPS,
        rewards.delegator_fee_bps / BPS,
    )
    assert rules.delta == rewards.daily_bps / BPS
