"""``flock demo arena`` as a newcomer runs it: a competition with cheats, what it paid, and what can be looked at."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from flock.protocol.core.units import WAD
from tests import patience
from tests.journeys.test_demo import demo, processes_in

FEE = 10 * WAD
HONEST = [f"trainer-{number}" for number in range(1, 8)]  # the seventh seals


@dataclass(frozen=True)
class Story:
    """The digits' report, what the printed commands said, and what was left when it was interrupted."""

    report: dict[str, Any]
    looked: subprocess.CompletedProcess[str]
    picture: bytes
    left: list[str]

    @property
    def arena(self) -> dict[str, Any]:
        [arena] = self.report["arenas"]
        assert isinstance(arena, dict)
        return arena

    def member(self, name: str) -> dict[str, Any]:
        rows = [*self.arena["trainers"], *self.arena["validators"]]
        return next(row for row in rows if row["name"] == name)

    def cheat(self, kind: str) -> dict[str, Any]:
        return self.member(next(row["name"] for row in self.arena["cheats"] if row["kind"] == kind))

    @property
    def validators(self) -> list[dict[str, Any]]:
        return [row for row in self.arena["validators"] if row["kind"] == "honest"]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """One run for all: a newcomer pastes what is printed, then interrupts."""
    folder = tmp_path_factory.mktemp("arena") / "net"
    network = demo(folder, "arena", "--task", "digits", "--keep")
    assert network.stdout
    commands: list[str] = []
    for line in network.stdout:
        if line.startswith(("export ", "flock arena ", "flock explain ", "flock verify\n")):
            commands.append(line)
        if line == "flock verify\n":
            break
    looked = pasted("".join(commands))
    network.send_signal(signal.SIGINT)
    _, said = network.communicate(timeout=patience.SECONDS)
    assert network.returncode == 130, said
    report = json.loads((folder / "report.json").read_text())
    return Story(report, looked, (folder / "arena.png").read_bytes(), processes_in(folder))


def pasted(commands: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    shell = ["bash", "-ec", commands]
    return subprocess.run(
        shell, env=environment, capture_output=True, text=True, check=False, timeout=patience.SECONDS
    )


def test_what_is_printed_shows_the_ranking_and_verifies_the_root(story: Story) -> None:
    assert story.looked.returncode == 0, story.looked.stderr
    assert story.member("trainer-6")["address"] in story.looked.stdout
    assert "Root 1 is right" in story.looked.stdout
    assert story.report["settlement"]["root"] in story.looked.stdout


def test_nothing_is_wrong_and_there_is_a_picture(story: Story) -> None:
    assert story.report["problems"] == []
    assert story.picture.startswith(b"\x89PNG")


def test_whoever_trained_more_stands_higher(story: Story) -> None:
    """By their scores on set B, which nobody had seen; the one that sealed among them."""
    rows = sorted((story.member(name) for name in HONEST), key=lambda row: row["score_on_b"])
    assert [row["rank"] for row in rows] == list(range(1, len(HONEST) + 1))
    by_skill = [story.member(name)["rank"] for name in HONEST[:6]]
    assert by_skill == sorted(by_skill, reverse=True)
    assert story.member("trainer-7")["kind"] == "honest, sealed"
    assert int(story.member("trainer-6")["vesting"]) > int(story.member("trainer-1")["vesting"]) > 0


def test_honest_validators_agree_and_lose_nothing(story: Story) -> None:
    assert len(story.validators) == 4
    for row in story.validators:
        assert (row["distance"], row["strikes"], row["absences"], row["lost"]) == (0, 0, 0, "0")
        assert int(row["at_once"]) > 0


def test_anothers_digest_is_not_ranked_and_gets_nothing_at_the_end(story: Story) -> None:
    thief = story.cheat("another's digest")
    assert (thief["copy_of"], thief["rank"], thief["vesting"]) == ("trainer-5", None, "0")
    assert thief["score_on_a"] == story.member("trainer-5")["score_on_a"]


def test_a_perturbed_copy_is_found_by_its_losses_and_gets_nothing_at_the_end(story: Story) -> None:
    """Its bytes are its own, and so is its place on chain: the panel's words alone tell it from a model of merit."""
    copy, original = story.cheat("perturbed copy"), story.member("trainer-6")
    assert (copy["copy_of"], copy["rank"], copy["vesting"]) == ("trainer-6", None, "0")
    assert abs(copy["score_on_b"] - original["score_on_b"]) < 1_000
    assert [row["copy_of"] for row in map(story.member, HONEST)] == [None] * len(HONEST)


def test_garbage_fails_and_forfeits_its_fee(story: Story) -> None:
    row = story.cheat("garbage")
    assert (row["failed"], row["score_on_a"], row["at_once"], row["vesting"]) == (1, None, "0", "0")
    assert int(row["lost"]) == FEE
    assert [row["lost"] for row in map(story.member, HONEST)] == ["0"] * len(HONEST)


@pytest.mark.parametrize("kind", ["does not look", "copies medians"])
def test_who_reports_what_it_did_not_compute_is_struck_slashed_and_not_paid(story: Story, kind: str) -> None:
    row, honest = story.cheat(kind), story.validators[0]
    assert row["strikes"] == row["judged"] > 8
    assert int(row["lost"]) > 20 * WAD
    assert int(row["at_once"]) < int(honest["at_once"]) // 1_000


def test_who_disappears_is_suspended(story: Story) -> None:
    row = story.cheat("disappears")
    assert (row["judged"], row["absences"], row["is_suspended"], row["at_once"]) == (0, 2, True, "0")
    assert int(row["lost"]) > 0


def test_every_cheat_comes_out_worse_than_its_honest_peer(story: Story) -> None:
    assert len(story.arena["cheats"]) == 6
    for row in story.arena["cheats"]:
        assert story.member(row["peer"])["kind"] == "honest"
        assert int(row["net"]) < int(row["net_of_peer"])


def test_the_money_adds_up_to_the_wei(story: Story) -> None:
    rewards = {name: int(wei) for name, wei in story.arena["rewards"].items()}
    settlement = story.report["settlement"]
    kept_fee = FEE  # the one of the garbage goes to those who are paid
    assert rewards["streamed"] + rewards["refunded"] + rewards["keepers"] == rewards["bounty"] + kept_fee
    rows = [*story.arena["trainers"], *story.arena["validators"]]
    earned = sum(int(row["at_once"]) + int(row["vesting"]) for row in rows)
    assert earned == int(settlement["to_members"]) == int(settlement["claimed"])
    assert int(settlement["emitted"]) == rewards["streamed"] == earned + int(settlement["to_treasury"])
    assert (settlement["left_in_board"], story.report["dust"]) == ("0", "0")


def test_the_posted_root_is_what_the_events_give(story: Story) -> None:
    settlement = story.report["settlement"]
    assert settlement["root"] == settlement["recomputed_root"]
    assert settlement["faults"] == []


def test_no_process_is_left(story: Story) -> None:
    assert story.left == []
