"""Whole networks in real processes: Anvil, service, coordinator, Flower nodes, each with its own key and data."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from flock.chain.contracts.alliance_rounds import FinalisedRound, RoundView
from flock.devnet.network import TASK, DemoNetwork, DemoTerms, Participant
from flock.devnet.processes import Processes
from flock.devnet.tasks import demo_task
from flock.protocol.alliance.votes import Outcome
from tests import patience

MEMBERS = 5
PROPOSERS = 2
VOTERS = 3
# Phases end early when all have acted; where nobody acts, the chain is told that so much time has passed.
PHASE_SECONDS = 60


@dataclass(frozen=True)
class Journey:
    """A network and what a story needs to follow it."""

    network: DemoNetwork

    @property
    def view(self) -> RoundView:
        return self.network.contracts.alliance_rounds.round_view(TASK)

    @property
    def rounds(self) -> tuple[FinalisedRound, ...]:
        return self.network.contracts.alliance_rounds.finalised_rounds(TASK)

    def until(self, holds: Callable[[], bool], what: str) -> None:
        self.network.processes.wait_until(holds, what, patience.SECONDS)

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

    def pass_time(self, seconds: int) -> None:
        """Move the chain's time on."""
        rpc = self.network.client.rpc
        rpc.request("evm_increaseTime", seconds)
        rpc.request("evm_mine")

    def member_at(self, seat: int) -> Participant:
        """Who sits in ``seat`` of the open round."""
        account = self.view.accounts[seat]
        return next(member for member in self.network.participants if member.address == account)


@contextmanager
def prepared(folder: Path) -> Iterator[Journey]:
    """A funded task and five members ready to start; no coordinator, no member runs yet."""
    terms = DemoTerms(
        planned_rounds=100, proposer_seats=PROPOSERS, voter_seats=VOTERS, phase_seconds=PHASE_SECONDS
    )
    with (
        Processes(folder / "net" / "logs") as processes,
        DemoNetwork(folder / "net", processes, demo_task("breast_cancer"), terms) as network,
    ):
        network.start_chain()
        network.deploy()
        network.start_service()
        network.create_task()
        for index in range(MEMBERS):
            network.add_member(f"member-{index + 1}", index, MEMBERS)
        yield Journey(network)


def with_members(journey: Journey) -> Journey:
    """Start all members; they have joined when this returns."""
    for member in journey.network.participants:
        journey.network.start_member(member)
    rounds = journey.network.contracts.alliance_rounds
    journey.until(lambda: rounds.member_count(TASK) == MEMBERS, "The members' joining")
    return journey


@pytest.fixture(scope="module")
def leaderless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journey]:
    """A network of members whom no coordinator calls, until ``lively`` gives them one."""
    with prepared(tmp_path_factory.mktemp("leaderless")) as journey:
        yield with_members(journey)


@pytest.fixture(scope="module")
def lively(leaderless: Journey) -> Journey:
    """A running network for several stories; each begins with whatever round comes next."""
    leaderless.network.start_coordinator()
    return leaderless
