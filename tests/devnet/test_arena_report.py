"""What the report of a demo of the Arena calls a problem, and how it is shown."""

from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from flock.devnet.arena.picture import draw
from flock.devnet.arena.report import (
    ArenaReport,
    Comparison,
    DemoReport,
    Kinds,
    SettlementReport,
    TrainerRow,
    ValidatorRow,
)
from flock.devnet.arena.tables import print_demo
from flock.protocol.core.units import WAD

PAID, NOTHING = str(100 * WAD), "0"
ANN = TrainerRow("trainer-1", "honest", "0xa", "0", PAID, "0", 1, 306_600, 235_500, None, 0)
EVE = TrainerRow(
    "trainer-2", "perturbed copy", "0xe", str(WAD), "0", "0", None, 306_600, 235_400, "trainer-1", 0
)
JUNK = TrainerRow("trainer-3", "garbage", "0xf", "0", "0", str(10 * WAD), None, None, None, None, 1)
VAL = ValidatorRow("validator-1", "honest", "0xb", PAID, "0", "0", 24, 0, 0, 0, 0, False)
GONE = ValidatorRow("validator-2", "disappears", "0xc", "0", "0", str(WAD), 0, None, 0, 0, 2, True)
CHEAT = Comparison("trainer-2", "perturbed copy", str(WAD), "trainer-1", PAID)
REWARDS = Kinds(PAID, PAID, "0", "0", "0", PAID, PAID, "0")
SETTLEMENT = SettlementReport(
    "0x" + "ab" * 32, "0x" + "ab" * 32, [], str(202 * WAD), str(201 * WAD), str(WAD), "0", str(201 * WAD), "0"
)
ARENA = ArenaReport(1, "Digits", "loss", "2000000", REWARDS, [EVE, ANN, JUNK], [VAL, GONE], [CHEAT])
GOOD = DemoReport([ARENA], SETTLEMENT)


def shown(report: DemoReport) -> str:
    told = StringIO()
    print_demo(Console(file=told, width=120), report, Path("net"))
    return told.getvalue()


def test_a_cheat_that_fared_worse_and_all_the_money_are_no_problem() -> None:
    assert GOOD.problems == []
    assert GOOD.as_data()["problems"] == []


@pytest.mark.parametrize("net", [100 * WAD, 101 * WAD])
def test_a_cheat_that_fared_no_worse_than_its_peer_is_a_problem(net: int) -> None:
    arena = replace(ARENA, cheats=[replace(CHEAT, net=str(net))])
    said = "Digits: trainer-2 (perturbed copy) came out no worse than trainer-1."
    assert replace(GOOD, arenas=[arena]).problems == [said]
    assert said in shown(replace(GOOD, arenas=[arena]))


@pytest.mark.parametrize("lacking", ["to_treasury", "claimed", "emitted"])
def test_one_wei_that_is_missing_is_a_problem(lacking: str) -> None:
    short = replace(SETTLEMENT, **{lacking: str(int(getattr(SETTLEMENT, lacking)) - 1)})
    assert replace(GOOD, settlement=short).problems == ["1 wei are missing."]


def test_a_wei_that_the_board_keeps_is_a_problem() -> None:
    assert replace(GOOD, settlement=replace(SETTLEMENT, left_in_board="1")).problems == ["1 wei are missing."]


def test_a_root_that_the_events_do_not_give_is_a_problem() -> None:
    wrong = replace(GOOD, settlement=replace(SETTLEMENT, faults=["The root is 0x01; the events give 0x02."]))
    assert wrong.problems == ["The root is 0x01; the events give 0x02."]
    assert "is not what the chain's events give" in shown(wrong)
    assert "is what the chain's events give" in shown(GOOD)


def test_the_best_stands_first_and_who_has_no_rank_last() -> None:
    lines = [line.split() for line in shown(GOOD).splitlines()]
    trainers = [words[1] for words in lines if len(words) > 1 and words[1].startswith("trainer-")]
    assert trainers[:3] == ["trainer-1", "trainer-2", "trainer-3"]


def test_what_is_lost_counts_against_what_is_earned() -> None:
    assert (ANN.net, JUNK.net, GONE.net) == (100 * WAD, -10 * WAD, -WAD)
    assert "-10.00" not in shown(GOOD)  # it is nobody's comparison here
    junk = Comparison(JUNK.name, JUNK.kind, str(JUNK.net), ANN.name, str(ANN.net))
    assert "-10.00" in shown(replace(GOOD, arenas=[replace(ARENA, cheats=[junk])]))


def test_the_picture_shows_cheats_in_another_colour(tmp_path: Path) -> None:
    honest = replace(ARENA, trainers=[replace(EVE, kind="honest"), ANN, JUNK])
    draw(GOOD, tmp_path / "cheat.png")
    draw(replace(GOOD, arenas=[honest]), tmp_path / "honest.png")
    assert (tmp_path / "cheat.png").read_bytes() != (tmp_path / "honest.png").read_bytes()
