"""docs/faults.md names every duty with its effects, and only tests that there are."""

import re
from itertools import groupby
from pathlib import Path

from tests.faults.duties import EFFECTS, SENT

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/faults.md").read_text()


def table(name: str) -> str:
    return PAGE.split(f"<!-- {name}:", 1)[1].split("\n\n", 1)[0]


def spelt(effects: tuple[str, ...]) -> str:
    """Effects as the page spells them: a row of transactions as ``4 × (journal · transaction · journal)``."""
    sent = " · ".join(SENT)
    spelt_out = " · ".join(effects).replace(sent, "*")
    parts = [(part, len(list(same))) for part, same in groupby(spelt_out.split(" · "))]
    return " · ".join(
        f"{count} × ({sent})" if part == "*" and count > 1 else part.replace("*", sent)
        for part, count in parts
    )


def test_every_duty_has_its_row() -> None:
    rows = re.findall(r"^\| (\w+) \| (.+) \| (\d+) \| .+ \|$", table("duties"), re.MULTILINE)
    assert rows == [(duty, spelt(effects), str(len(effects))) for duty, effects in EFFECTS.items()]


def test_every_test_that_is_named_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", table("faults")))
    files = (ROOT / "tests").rglob("test_*.py")
    existing = {name for file in files for name in re.findall(r"def (test_\w+)", file.read_text())}
    assert named
    assert named <= existing


def test_every_test_of_faults_is_named_or_told() -> None:
    """A new test in these files wants a row, unless it only varies one that has one."""
    told = {
        "test_a_killed_member_ends_where_an_undisturbed_one_does",
        "test_seats_that_are_none_are_passed_over",
        "test_an_upload_signed_on_a_chain_whose_time_is_ahead_is_taken",
        "test_a_database_that_is_none_is_named",
        "test_above_the_cap_it_waits_and_below_it_goes_on",
        "test_a_simulation_that_reverts_costs_nothing",
    }
    files = set(Path(__file__).parent.glob("test_*.py")) - {Path(__file__)}
    existing = {name for file in files for name in re.findall(r"def (test_\w+)", file.read_text())}
    assert existing - told == existing & set(re.findall(r"`(test_\w+)`", PAGE))
