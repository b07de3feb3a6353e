"""Whole networks in real processes: Anvil, service, coordinator, Flower nodes, each with its own key and data."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from flock.chain.alliance_rounds import FinalisedRound, RoundView
from flock.cli.demo.network import JOIN_SECONDS, TASK, Network, Participant, Terms
from flock.cli.demo.processes import Processes
from flock.cli.demo.tasks import demo_task
from flock.protocol.votes import Outcome

MEMBERS = 5
PROPOSERS = 2
VOTERS = 3
# Phases end early when all have acted; only what nobody does takes so long.
PHASE_SECONDS = 60


@dataclass(frozen=True)
class Journey:
    """A network and what a story needs to follow it."""

    network: Network

    @property
    def view(self) -> RoundView:
        return self.network.contracts.alliance_rounds.round_view(TASK)

    @property
    def rounds(self) -> tuple[FinalisedRound, ...]:
        return self.network.contracts.alliance_rounds.finalised_rounds(TASK)

    def until(self, holds: Callable[[], bool], what: str, seconds: float = 150) -> None:
        self.network.processes.wait_until(holds, what, seconds)

    def until_accepted(self, after: int) -> FinalisedRound:
        """The first accepted round with a number above ``after``."""

        def found() -> FinalisedRound | None:
            accepted = (
                each for each in self.rounds if each.outcome is Outcome.ACCEPTED and each.number > after
            )
            return next(accepted, None)

        self.until(lambda: found() is not None, f"An accepted round after round {after}")
        accepted = found()
        assert accepted is not None
        return accepted

    def member_at(self, seat: int) -> Participant:
        """Who sits in ``seat`` of the open round."""
        account = self.view.accounts[seat]
        return next(member for member in self.network.participants if member.address == account)

    def struck(self) -> int:
        """Seats struck in all rounds so far."""
        return sum(each.struck.bit_count() for each in self.rounds)


@pytest.fixture
def journey(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Journey]:
    """A funded task and five members ready to start; no coordinator, no member runs yet."""
    marker = request.node.get_closest_marker("phase_seconds")
    seconds = marker.args[0] if marker else PHASE_SECONDS
    terms = Terms(planned_rounds=50, proposer_seats=PROPOSERS, voter_seats=VOTERS, phase_seconds=seconds)
    with (
        Processes(tmp_path / "net" / "logs") as processes,
        Network(tmp_path / "net", processes, demo_task("breast_cancer"), terms) as network,
    ):
        network.start_chain()
        network.deploy()
        network.start_service()
        network.create_task()
        for index in range(MEMBERS):
            network.add_member(f"member-{index + 1}", index, MEMBERS)
        yield Journey(network)


@pytest.fixture
def running(journey: Journey) -> Journey:
    """All members run and have joined, and the coordinator runs."""
    journey.network.start_coordinator()
    for member in journey.network.participants:
        journey.network.start_member(member)
    rounds = journey.network.contracts.alliance_rounds
    journey.until(lambda: rounds.member_count(TASK) == MEMBERS, "The members' joining", JOIN_SECONDS)
    return journey
