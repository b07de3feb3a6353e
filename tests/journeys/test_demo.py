"""``flock demo`` as a newcomer runs it: the whole story, its report, and no process left behind."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests import patience

ROUND_KINDS = {"draw", "propose", "attest", "commit", "reveal", "finalise"}


def demo(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "flock", "demo", *arguments, "--folder", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def processes_in(folder: Path) -> list[str]:
    """Command lines of processes that work in ``folder``."""
    found = []
    for process in psutil.process_iter(["cmdline", "environ"]):
        words = [*(process.info["cmdline"] or []), *(process.info["environ"] or {}).values()]
        if any(str(folder) in word for word in words):
            found.append(" ".join(process.info["cmdline"] or []))
    return found


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """Four rounds on digits, five members, one of whom sends its updates turned around."""
    folder = tmp_path_factory.mktemp("demo") / "net"
    arguments = ("--task", "digits", "--members", "5", "--rounds", "4", "--attack", "sign-flip", "--json")
    process = demo(folder, *arguments)
    printed, said = process.communicate(timeout=patience.SECONDS)
    assert process.returncode == 0, said
    return json.loads(printed), folder


def test_the_printed_report_is_the_one_on_disk(story: tuple[dict[str, Any], Path]) -> None:
    report, folder = story
    assert json.loads((folder / "report.json").read_text()) == report
    assert (folder / "learning_curve.png").read_bytes().startswith(b"\x89PNG")


def test_every_round_is_reported_with_its_gas(story: tuple[dict[str, Any], Path]) -> None:
    report, _ = story
    assert [each["number"] for each in report["rounds"]] == [1, 2, 3, 4]
    for each in report["rounds"]:
        assert set(each["gas"]) == ROUND_KINDS
        assert all(gas > 21_000 for gas in each["gas"].values())
        assert len(bytes.fromhex(each["model_digest"])) == 32
        assert each["seconds"] > 0


def test_the_model_learns_from_every_round_in_which_the_attacker_has_no_part(
    story: tuple[dict[str, Any], Path],
) -> None:
    report, _ = story
    [attacker] = [member["address"] for member in report["members"] if member["kind"] == "attacker"]
    loss = report["initial_loss"]
    for each in report["rounds"]:
        assert len(each["proposers"]) == 2
        assert each["accepted"] == (each["candidate_loss"] < loss) == (attacker not in each["proposers"])
        loss = each["candidate_loss"] if each["accepted"] else loss


def test_the_money_adds_up_to_the_wei(story: tuple[dict[str, Any], Path]) -> None:
    report, _ = story
    totals = {name: int(wei) for name, wei in report["totals"].items()}
    back = totals["to_creator"] + totals["to_treasury"]
    assert totals["pool_in"] == totals["paid"] + back + totals["dust"]
    assert totals["dust"] == 0
    assert totals["slashed"] == sum(int(member["slashed"]) for member in report["members"])


def test_every_honest_member_is_paid_and_none_is_slashed(story: tuple[dict[str, Any], Path]) -> None:
    report, _ = story
    honest = [member for member in report["members"] if member["kind"] == "honest"]
    assert len(honest) == 4
    for member in honest:
        assert int(member["slashed"]) == 0
        assert int(member["claimed"]) == int(member["earned"]) > 0
        assert member["stake_before"] == member["stake_after"]


def test_no_process_is_left(story: tuple[dict[str, Any], Path]) -> None:
    _, folder = story
    assert processes_in(folder) == []


def test_ctrl_c_in_the_middle_leaves_no_process(tmp_path: Path) -> None:
    folder = tmp_path / "net"
    process = demo(folder, "--task", "digits", "--members", "3", "--attack", "none")
    patience.until(lambda: (folder / "logs" / "member-1.log").exists() or process.poll() is not None)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=patience.SECONDS)
    assert process.returncode in (1, 130)
    assert "Traceback" not in said
    assert processes_in(folder) == []
