"""``flock demo`` as a newcomer runs it: the whole story, its report, and no process left behind.

With ``--keep``, what it prints lets a newcomer join, word for word.
"""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psutil
import pytest

from tests import patience

ROUND_KINDS = {"draw", "propose", "attest", "commit", "reveal", "finalise"}


def demo(folder: Path, *arguments: str, stdout: int | IO[str] = subprocess.PIPE) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "flock", "demo", *arguments, "--folder", str(folder)],
        stdout=stdout,
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


@dataclass(frozen=True)
class Story:
    """What was printed and written, what a newcomer's node logged, and what was left after the interruption."""

    report: dict[str, Any]
    folder: Path
    newcomer: str
    left: list[str]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Four rounds on digits, five members, one of whom sends its updates turned around; then somebody joins."""
    home = tmp_path_factory.mktemp("demo")
    words = (
        "--task",
        "digits",
        "--members",
        "5",
        "--rounds",
        "4",
        "--attack",
        "sign-flip",
        "--json",
        "--keep",
    )
    with (home / "printed").open("w") as printed:
        process = demo(home / "net", *words, stdout=printed)
        assert process.stderr
        lines: list[str] = []
        for line in process.stderr:
            lines.append(line)
            if line.startswith("flock node start"):
                break
        log = newcomer(
            home, "".join(lines[next(n for n, line in enumerate(lines) if line.startswith("export ")) :])
        )
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=patience.SECONDS)
    assert process.returncode == 130, said
    return Story(json.loads((home / "printed").read_text()), home / "net", log, processes_in(home))


def newcomer(folder: Path, printed: str) -> str:
    """What the commands say until the first pay arrives; the password, asked for otherwise, is in a file."""
    password = folder / "password"
    password.touch(mode=0o600)
    password.write_text("a password\n")
    script = printed.replace("key new hospital", f"key new hospital --password-file {password}")
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "FLOCK_KEYS": str(folder / "keys"),
        "FLOCK_HOME": str(folder / "home"),
        "FLOCK_PASSWORD_FILE": str(password),
        "FLOCK_CLAIM_ABOVE": "0",
    }
    said = folder / "said"
    with said.open("w") as log:
        shell = subprocess.Popen(
            ["bash", "-ec", script],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    patience.until(lambda: '"event": "claimed"' in said.read_text() or shell.poll() is not None)
    if shell.poll() is None:
        os.killpg(shell.pid, signal.SIGTERM)
        shell.wait(patience.SECONDS)
    return said.read_text()


def test_the_printed_report_is_the_one_on_disk(story: Story) -> None:
    assert json.loads((story.folder / "report.json").read_text()) == story.report
    assert (story.folder / "learning_curve.png").read_bytes().startswith(b"\x89PNG")


def test_a_newcomer_who_pastes_what_is_printed_takes_part_and_is_paid(story: Story) -> None:
    assert '"event": "joined"' in story.newcomer
    assert '"event": "claimed"' in story.newcomer


def test_every_round_is_reported_with_its_gas(story: Story) -> None:
    assert [each["number"] for each in story.report["rounds"]] == [1, 2, 3, 4]
    for each in story.report["rounds"]:
        assert set(each["gas"]) == ROUND_KINDS
        assert all(gas > 21_000 for gas in each["gas"].values())
        assert len(bytes.fromhex(each["model_digest"])) == 32
        assert each["seconds"] > 0


def test_the_model_learns_from_every_round_in_which_the_attacker_has_no_part(
    story: Story,
) -> None:
    [attacker] = [member["address"] for member in story.report["members"] if member["kind"] == "attacker"]
    loss = story.report["initial_loss"]
    for each in story.report["rounds"]:
        assert len(each["proposers"]) == 2
        assert each["accepted"] == (each["candidate_loss"] < loss) == (attacker not in each["proposers"])
        loss = each["candidate_loss"] if each["accepted"] else loss


def test_the_money_adds_up_to_the_wei(story: Story) -> None:
    totals = {name: int(wei) for name, wei in story.report["totals"].items()}
    back = totals["to_creator"] + totals["to_treasury"]
    assert totals["pool_in"] == totals["paid"] + back + totals["dust"]
    assert totals["dust"] == 0
    assert totals["slashed"] == sum(int(member["slashed"]) for member in story.report["members"])


def test_every_honest_member_is_paid_and_none_is_slashed(story: Story) -> None:
    honest = [member for member in story.report["members"] if member["kind"] == "honest"]
    assert len(honest) == 4
    for member in honest:
        assert int(member["slashed"]) == 0
        assert int(member["claimed"]) == int(member["earned"]) > 0
        assert member["stake_before"] == member["stake_after"]


def test_no_process_is_left(story: Story) -> None:
    assert story.left == []


def test_ctrl_c_in_the_middle_leaves_no_process(tmp_path: Path) -> None:
    folder = tmp_path / "net"
    process = demo(folder, "--task", "digits", "--members", "3", "--attack", "none")
    patience.until(lambda: (folder / "logs" / "member-1.log").exists() or process.poll() is not None)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=patience.SECONDS)
    assert process.returncode in (1, 130)
    assert "Traceback" not in said
    assert processes_in(folder) == []
