"""Any process can be killed anywhere; nobody has to trust the coordinator; deadlines close what nobody finishes."""

import pytest

from flock.protocol.rounds import Phase, Voter
from flock.protocol.votes import Outcome
from tests.journeys.conftest import PROPOSERS, VOTERS, Journey


def test_members_hold_rounds_without_any_coordinator(journey: Journey) -> None:
    for member in journey.network.participants:
        journey.network.start_member(member)
    first = journey.until_accepted(after=0)
    assert first.struck == 0
    assert first.attested.bit_count() == PROPOSERS
    journey.until_accepted(after=first.number)


def test_a_coordinator_killed_in_a_round_costs_nobody_anything_and_carries_on(running: Journey) -> None:
    running.until(lambda: running.view.phase == Phase.PROPOSE, "The first round")
    running.network.processes.kill("coordinator")
    without = running.until_accepted(after=0)
    running.network.start_coordinator()
    again = running.until_accepted(after=without.number + 1)
    assert again.attested.bit_count() == PROPOSERS
    assert running.struck() == 0


def test_a_proposer_killed_after_its_promise_still_shows_its_bytes(running: Journey) -> None:
    def promised() -> bool:
        view = running.view
        return view.phase in (Phase.PROPOSE, Phase.ATTEST) and bool(view.proposed & 1)

    running.until(promised, "A proposal")
    number, proposer = running.view.number, running.member_at(0)
    running.network.processes.kill(proposer.name)
    running.network.start_member(proposer)
    running.until(lambda: any(each.number == number for each in running.rounds), "The round's end")
    finished = next(each for each in running.rounds if each.number == number)
    assert finished.attested & 1
    assert running.struck() == 0


def test_a_voter_killed_with_a_sealed_vote_reveals_it_after_its_restart(running: Journey) -> None:
    seat = PROPOSERS

    def sealed() -> bool:
        view = running.view
        return view.phase in (Phase.COMMIT, Phase.REVEAL) and view.voter(seat) is Voter.COMMITTED

    running.until(sealed, "A sealed vote")
    number, voter = running.view.number, running.member_at(seat)
    running.network.processes.kill(voter.name)
    running.network.start_member(voter)
    running.until(lambda: any(each.number == number for each in running.rounds), "The round's end")
    finished = next(each for each in running.rounds if each.number == number)
    assert finished.outcome is not Outcome.VOID
    assert finished.judged.bit_count() == PROPOSERS + VOTERS
    assert finished.struck == 0


@pytest.mark.phase_seconds(12)
def test_a_round_whose_members_vanish_is_closed_by_its_deadlines_and_the_next_one_runs(
    running: Journey,
) -> None:
    running.until(lambda: running.view.phase == Phase.PROPOSE, "The first round")
    number = running.view.number
    for member in running.network.participants:
        running.network.processes.kill(member.name)
    running.until(lambda: any(each.number == number for each in running.rounds), "The round's end")
    abandoned = next(each for each in running.rounds if each.number == number)
    assert abandoned.outcome is Outcome.VOID
    assert abandoned.struck == 0
    for member in running.network.participants:
        running.network.start_member(member)
    running.until_accepted(after=number)
