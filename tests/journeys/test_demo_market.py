"""``flock demo market`` as a newcomer runs it: models sold by the call, what everybody paid and was paid."""

import json
import signal
import subprocess
from dataclasses import dataclass
from typing import Any

import pytest

from flock.protocol.core.units import WAD
from tests import patience
from tests.journeys.test_demo import demo, processes_in
from tests.journeys.test_demo_arena import pasted

PRICE = WAD // 3
TENTH, FIFTH = 10, 5
MINUTE, SECOND = 60, WAD // 86_400


@dataclass(frozen=True)
class Story:
    """The report, what the last printed command said, and what was left when it was interrupted."""

    report: dict[str, Any]
    bought: subprocess.CompletedProcess[str]
    left: list[str]

    def buyer(self, name: str) -> dict[str, Any]:
        return next(row for row in self.report["buyers"] if row["name"] == name)

    def released(self, via: str) -> dict[str, int]:
        """Wei by role."""
        return {row["role"]: int(row["released"]) for row in self.report["payees"] if row["via"] == via}


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """One run for all: a newcomer pastes what is printed, then interrupts."""
    folder = tmp_path_factory.mktemp("market") / "net"
    network = demo(folder, "market", "--keep")
    assert network.stdout
    commands: list[str] = []
    for line in network.stdout:
        if line.startswith(("export ", "flock market call ")):
            commands.append(line)
        if line.startswith("flock market call irises-better"):
            break
    bought = pasted("".join(commands))
    network.send_signal(signal.SIGINT)
    _, said = network.communicate(timeout=patience.SECONDS)
    assert network.returncode == 130, said
    return Story(json.loads((folder / "report.json").read_text()), bought, processes_in(folder))


def test_every_wei_goes_from_a_buyer_to_a_payee(story: Story) -> None:
    assert (story.report["problems"], story.report["dust"]) == ([], "0")
    paid = sum(int(row["paid"]) for row in story.report["buyers"])
    ends = sum(int(row["released"]) for row in story.report["payees"] if row["role"] != "parent")
    assert paid == ends + int(story.report["left"])


def test_a_stock_client_pays_once_for_each_call(story: Story) -> None:
    for name, calls in (("anna", 10), ("ben", 8)):
        row = story.buyer(name)
        assert (row["answers"], row["refused"], int(row["paid"])) == (calls, 0, calls * PRICE)


def test_one_payment_sent_five_times_is_charged_once_and_answered_each_time(story: Story) -> None:
    row = story.buyer("cora")
    assert (row["answers"], int(row["paid"])) == (5, PRICE)


def test_half_the_price_buys_nothing_and_costs_nothing(story: Story) -> None:
    row = story.buyer("dan")
    assert (row["answers"], row["refused"], row["paid"]) == (0, 1, "0")


def test_a_cancelled_subscription_costs_what_has_vested(story: Story) -> None:
    """A minute of 30 days for 30 FLOCK, and the seconds that the commands take."""
    row = story.buyer("fay")
    assert MINUTE * SECOND <= int(row["paid"]) == int(row["charged"]) < WAD


def test_the_parent_of_a_version_gets_its_royalty(story: Story) -> None:
    shares = story.released("irises-better")
    after_fee = sum(shares.values()) - shares["treasury"]
    assert shares["host"] == pytest.approx(after_fee // FIFTH, abs=2)
    assert shares["parent"] == pytest.approx((after_fee - shares["host"]) // TENTH, abs=2)
    assert story.released("royalties of irises") == {"owner": shares["parent"]}


def test_what_is_printed_buys_a_call(story: Story) -> None:
    assert story.bought.returncode == 0, story.bought.stderr
    assert "versicolor" in story.bought.stdout


def test_nothing_is_left_running(story: Story) -> None:
    assert story.left == []
