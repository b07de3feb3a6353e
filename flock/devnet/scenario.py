"""The demo from beginning to end: start the network, watch the rounds, end the task, count the money."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flock.devnet.measure import Evaluator, Quality
from flock.devnet.network import JOIN_SECONDS, TASK, DemoNetwork, Participant
from flock.devnet.report import Report, RoundReport, draw_curve
from flock.devnet.rounds import RoundLog
from flock.errors import BlobUnavailable
from flock.protocol.alliance.rounds import Phase
from flock.protocol.core.cid import cid_of
from flock.training.arrays import decode_model

if TYPE_CHECKING:
    from flock.protocol.alliance.round_history import RoundHistory

POLL_SECONDS = 0.1
SETTLE_SECONDS = 300.0
ROUND_SECONDS = 600.0
MAX_MODEL_BYTES = 1 << 28


@dataclass(frozen=True)
class Participants:
    """Who takes part: the first member of each attack is the attacker."""

    members: int
    attacks: Sequence[str]
    fewest_rounds: int
    attack_name: str


@dataclass(frozen=True)
class Reporter:
    """How the story is told: a line when something begins, and the rounds as they come."""

    say: Callable[[str], None]
    show: Callable[[Sequence[RoundReport], Sequence[Participant], set[str]], None]


def tell(network: DemoNetwork, cast: Participants, reporter: Reporter) -> Report:
    """Run the whole demo; returns its report, already written beside its curve."""
    _open(network, cast, reporter)
    ledger = RoundLog(network.contracts, TASK)
    evaluator = Evaluator(network.task, cast.members)
    rounds = _watch(network, cast, ledger, evaluator, reporter)
    reporter.say("Ending the task: members claim and leave")
    _settle(network)
    ledger.catch_up()
    reporter.say("Training plain FedAvg without attackers, to compare")
    baseline = max(_baseline(evaluator, len(rounds), network, cast), key=lambda found: found.score)
    report = Report(
        task=network.task.name,
        attack=cast.attack_name,
        baseline_auc=baseline.auc,
        baseline_accuracy=baseline.accuracy,
        initial_loss=evaluator.quality(network.task.problem.initial_arrays()).loss,
        rounds=list(rounds),
        members=[ledger.report_member(member, network.terms.stake) for member in network.participants],
        totals=ledger.totals(network.terms.bounty),
    )
    write(report, network.folder, network.task.score)
    return report


def write(report: Report, folder: Path, score: str) -> None:
    draw_curve(report, folder / "learning_curve.png", score)
    report.write(folder / "report.json")


def _open(network: DemoNetwork, cast: Participants, reporter: Reporter) -> None:
    reporter.say("Starting a chain")
    network.start_chain()
    reporter.say("Deploying the contracts")
    network.deploy()
    reporter.say("Starting the Alliance service")
    network.start_service()
    reporter.say("Creating and funding the task")
    network.create_task()
    reporter.say(
        f"Starting the coordinator and {cast.members} members, each a process with its own key and data"
    )
    network.start_coordinator()
    attacks = dict(zip(_attacker_places(cast), cast.attacks, strict=True))
    for index in range(cast.members):
        member = network.add_member(f"member-{index + 1}", index, cast.members, attacks.get(index))
        network.start_member(member)
    rounds = network.contracts.alliance_rounds
    network.processes.wait_until(
        lambda: rounds.round_view(TASK).number > 0 or rounds.member_count(TASK) == cast.members,
        "The members' joining",
        JOIN_SECONDS,
    )


def _attacker_places(cast: Participants) -> list[int]:
    """Attackers sit in different regions, the last members of them."""
    return [cast.members - 1 - 2 * place for place in range(len(cast.attacks))]


def _watch(
    network: DemoNetwork, cast: Participants, ledger: RoundLog, evaluator: Evaluator, reporter: Reporter
) -> Sequence[RoundReport]:
    """Report rounds as they are finalised, until the demo has seen enough, and end the task between two rounds."""
    reports: list[RoundReport] = []
    begun = time.monotonic()
    while True:
        network.processes.require_alive()
        view = network.contracts.alliance_rounds.round_view(TASK)  # first, so that no later round is missed
        for finalised in ledger.catch_up()[len(reports) :]:
            now = time.monotonic()
            reports.append(
                ledger.report_round(finalised, _quality(network, evaluator, finalised), now - begun)
            )
            begun = now
        slashed = ledger.slashed()
        reporter.show(reports, network.participants, slashed)
        if view.phase == Phase.ENDED:
            return reports
        if _seen_enough(network, cast, len(reports), slashed) and view.phase in (Phase.SEEDED, Phase.WAITING):
            network.end_task()
            return reports
        if time.monotonic() - begun > ROUND_SECONDS:
            network.processes.wait_until(lambda: False, f"Round {view.number}'s end", 0)
        time.sleep(POLL_SECONDS)


def _seen_enough(network: DemoNetwork, cast: Participants, rounds: int, slashed: set[str]) -> bool:
    attackers = {member.address for member in network.participants if member.attack}
    return rounds >= cast.fewest_rounds and attackers <= slashed


def _quality(network: DemoNetwork, evaluator: Evaluator, finalised: RoundHistory) -> Quality | None:
    """The quality of a round's candidate; ``None`` if the round named none, or its bytes are not served."""
    if not any(finalised.candidate):
        return None
    try:
        data = network.blobs.get(cid_of(finalised.candidate), MAX_MODEL_BYTES)
    except BlobUnavailable:
        return None
    return evaluator.quality(decode_model(data, max_bytes=MAX_MODEL_BYTES))


def _settle(network: DemoNetwork) -> None:
    """Wait until the task is closed, every member has claimed and left, and the coordinator has claimed."""
    rounds = network.contracts.alliance_rounds
    manager = network.contracts.task_manager

    def all_gone() -> bool:
        if manager.task_of(TASK).is_running:
            return False
        accounts = [network.coordinator, *(member.address for member in network.participants)]
        standings = [rounds.member_of(TASK, account) for account in accounts if account]
        return all(not each.is_present and each.owed == 0 for each in standings)

    network.processes.wait_until(all_gone, "The last claim", SETTLE_SECONDS)


def _baseline(evaluator: Evaluator, rounds: int, network: DemoNetwork, cast: Participants) -> list[Quality]:
    """Plain FedAvg over as many rounds, with as many proposers a round taken in turn."""
    seats = network.terms.proposer_seats
    drawn = [[(number * seats + seat) % cast.members for seat in range(seats)] for number in range(rounds)]
    return evaluator.fedavg(drawn)
