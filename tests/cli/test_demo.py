"""``flock demo``: what it refuses before it starts anything."""

import json
from pathlib import Path

import pytest

from flock.devnet.arena.report import DemoReport, SettlementReport
from flock.devnet.folder import MARKER, claim_folder
from flock.errors import BadConfig
from tests.cli.conftest import Flock


def test_a_folder_with_other_files_is_refused_and_left_as_it_is(flock: Flock, tmp_path: Path) -> None:
    thesis = tmp_path / "work" / "thesis.tex"
    thesis.parent.mkdir()
    thesis.write_text("Chapter 1")
    shown = flock("demo", "--folder", thesis.parent)
    assert shown.exit_code == 78
    assert "is not the folder of an earlier demo" in shown.stderr
    assert [path.read_text() for path in thesis.parent.iterdir()] == ["Chapter 1"]


def test_a_file_is_no_folder(flock: Flock, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("mine")
    shown = flock("demo", "--folder", tmp_path / "notes")
    assert shown.exit_code == 78
    assert (tmp_path / "notes").read_text() == "mine"


@pytest.mark.parametrize("exists", [True, False])
def test_a_new_or_empty_folder_becomes_the_demos(tmp_path: Path, exists: bool) -> None:
    folder = tmp_path / "a" / "net"
    if exists:
        folder.mkdir(parents=True)
    claim_folder(folder)
    assert [path.name for path in folder.iterdir()] == [MARKER]


def test_an_earlier_demos_folder_is_emptied(tmp_path: Path) -> None:
    claim_folder(tmp_path / "net")
    (tmp_path / "net" / "logs").mkdir()
    (tmp_path / "net" / "logs" / "chain.log").write_text("old")
    claim_folder(tmp_path / "net")
    assert [path.name for path in (tmp_path / "net").iterdir()] == [MARKER]


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadConfig, match="cannot be made"):
        claim_folder(tmp_path / "file" / "net")


def test_the_arena_refuses_the_folder_of_somebody_else(flock: Flock, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("Chapter 1")
    shown = flock("demo", "arena", "--folder", tmp_path)
    assert shown.exit_code == 78
    assert "is not the folder of an earlier demo" in shown.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_competition_that_there_is_not_is_refused_before_the_folder_is_touched(
    flock: Flock, tmp_path: Path
) -> None:
    shown = flock("demo", "arena", "--task", "chess", "--folder", tmp_path / "net")
    assert shown.exit_code == 78
    assert "choose both, digits or english" in shown.stderr
    assert not (tmp_path / "net").exists()


def test_an_option_before_the_arena_is_not_passed_over(flock: Flock, tmp_path: Path) -> None:
    """It would be the Alliance's: whoever writes --keep there wants the Arena's network kept."""
    shown = flock("demo", "--folder", tmp_path / "net", "arena")
    assert shown.exit_code == 2
    assert "Write --folder after `arena`" in shown.stderr
    assert not (tmp_path / "net").exists()


@pytest.mark.parametrize(("faults", "code"), [([], 0), (["The root is 0x01; the events give 0x02."], 1)])
def test_a_report_with_a_problem_is_printed_and_fails(
    flock: Flock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, faults: list[str], code: int
) -> None:
    settlement = SettlementReport("0x02", "0x02", faults, "0", "0", "0", "0", "0", "0")
    monkeypatch.setattr("flock.devnet.arena.scenario.play", lambda *_: DemoReport([], settlement))
    shown = flock("demo", "arena", "--folder", tmp_path / "net", "--json")
    assert shown.exit_code == code
    assert json.loads(shown.stdout)["problems"] == faults
