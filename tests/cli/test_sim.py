"""``flock sim``: what it prints, draws and refuses."""

import json
from pathlib import Path

import pytest

from flock.simulation.play import Strategy
from flock.simulation.validators import STUDIES, Case, Study, Variant
from tests.cli.conftest import Flock

SMALL = ("--days", 61, "--nodes", 50, "--validators", 60, "--delegators", 50, "--seeds", 2, "--jobs", 1)


def test_a_season_is_told_and_drawn(flock: Flock, tmp_path: Path) -> None:
    plot = tmp_path / "season.png"
    told = flock("sim", "economy", *SMALL, "--strategy", "late", "--plot", plot)

    assert told.exit_code == 0, told.output
    rows = [line.split()[:2] for line in told.output.splitlines()]
    assert ["trainer", "honest"] in rows
    assert ["delegator", "late"] in rows
    assert "8 seasons in" in told.output  # for two seeds: honesty, and late actors of each role
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_programs_are_told_what_it_follows_from(flock: Flock) -> None:
    told = flock("sim", "economy", *SMALL, "--strategy", "late", "--set", "cooldown=3", "--seed", 7, "--json")

    found = json.loads(told.stdout)
    assert found["season"]["rules"]["cooldown"] == 3
    assert (found["season"]["seed"], found["seeds"]) == (7, 2)
    assert {row["strategy"] for row in found["strategies"]} == {"honest", "late"}
    assert all(row["low"] <= row["ratio"] <= row["high"] for row in found["strategies"])


def test_a_sweep_tries_the_values_it_is_given(flock: Flock) -> None:
    words = ("--rule", "cooldown", "--values", "1,14", "--strategy", "hopping")
    found = json.loads(flock("sim", "sweep", *SMALL, *words, "--seeds", 1, "--json").stdout)["strategies"]
    table = flock("sim", "sweep", *SMALL, *words, "--seeds", 1).output

    assert [(row["rule"], row["value"], row["strategy"]) for row in found] == [
        ("cooldown", "1", "hopping"),
        ("cooldown", "14", "hopping"),
    ]
    assert table.count("hopping") == 2


def test_a_study_of_validators_is_told(flock: Flock, monkeypatch: pytest.MonkeyPatch) -> None:
    copiers = Case("copies", Strategy.COPYING)
    monkeypatch.setitem(STUDIES, "copying", Study((copiers,), (Variant("as it is"),)))
    words = ("sim", "validators", "--study", "copying", "--seeds", 1, "--jobs", 1)
    told, found = flock(*words), json.loads(flock(*words, "--json").stdout)

    assert told.exit_code == 0, told.output
    assert "copies" in told.output
    assert [(row["case"], row["variant"]) for row in found["rows"]] == [("copies", "as it is")]


def test_tolerances_are_told(flock: Flock) -> None:
    words = ("sim", "validators", "--study", "tolerance")
    told, found = flock(*words), json.loads(flock(*words, "--json").stdout)

    assert told.output.count("3σ") == 4
    assert {row["tolerance"] for row in found["rows"]} == {1, 2, 3}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("economy", "--days", 20), "days is 20; choose 61 to 3,650."),
        (("economy", "--nodes", 3), "nodes is 3; choose 50 to 100,000."),
        (("economy", "--strategy", "greedy"), "There is no strategy 'greedy'; choose from bait,"),
        (("economy", "--set", "cooldown"), "--set 'cooldown' has no value; write it as cooldown=7."),
        (("economy", "--set", "cooldown=15"), "cooldown is 15; choose 0 to 14."),
        (("economy", "--plot", "/nowhere/plot.png"), "there is no folder /nowhere."),
        (
            ("economy", "--plot", "plot.txt"),
            "plot.txt is not a plot: name a file that ends with .png, .svg, .pdf.",
        ),
        (
            ("validators", "--study", "speed"),
            "There is no study 'speed'; choose from losses, copying, pay, tolerance.",
        ),
        (("sweep", "--rule", "speed"), "There is no rule 'speed' to try; choose from gamma,"),
        (("sweep", "--values", "1,2"), "--values needs exactly one --rule."),
        (("sweep", "--rule", "c", "--values", "1,x"), "c is 'x', which is not a number."),
    ],
)
def test_what_makes_no_sense_is_refused_at_once(
    flock: Flock, words: tuple[object, ...], sentence: str
) -> None:
    refused = flock("sim", *words)

    assert refused.exit_code == 78
    assert sentence in refused.stderr
