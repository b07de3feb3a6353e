"""Any process can be killed anywhere; nobody has to trust the coordinator; deadlines close what nobody finishes."""

from flock.devnet.network import TASK
from flock.protocol.alliance.rounds import Phase, Voter
from flock.protocol.alliance.votes import Outcome
from tests.journeys.conftest import PROPOSERS, VOTERS, Journey


def test_members_hold_rounds_without_any_coordinator(silent: Journey) -> None:
    for member in silent.network.participants:
        silent.network.start_member(member)
    first = silent.until_accepted(after=0)
    assert first.struck == 0
    assert first.attested.bit_count() == PROPOSERS
    silent.until_accepted(after=first.number)


def test_a_coordinator_killed_in_a_round_costs_nobody_anything_and_carries_on(lively: Journey) -> None:
    lively.until(lambda: lively.view.phase == Phase.PROPOSE, "A round")
    number = lively.view.number
    lively.network.processes.kill("coordinator")
    without = lively.until_accepted(after=number - 1)
    lively.network.start_coordinator()
    again = lively.until_accepted(after=without.number + 1)
    assert again.attested.bit_count() == PROPOSERS
    held = [each for each in lively.rounds if number <= each.number <= again.number]
    assert all(each.outcome is not Outcome.VOID for each in held)


def test_a_proposer_killed_after_its_promise_still_shows_its_bytes(lively: Journey) -> None:
    def promised() -> bool:
        view = lively.view
        return view.phase in (Phase.PROPOSE, Phase.ATTEST) and bool(view.proposed & 1)

    lively.until(promised, "A proposal")
    number, proposer = lively.view.number, lively.member_at(0)
    lively.network.processes.kill(proposer.name)
    lively.network.start_member(proposer)
    lively.until(lambda: any(each.number == number for each in lively.rounds), "The round's end")
    finished = next(each for each in lively.rounds if each.number == number)
    assert finished.attested & 1


def test_a_voter_killed_with_a_sealed_vote_reveals_it_after_its_restart(lively: Journey) -> None:
    seat = PROPOSERS

    def sealed() -> bool:
        view = lively.view
        return view.phase in (Phase.COMMIT, Phase.REVEAL) and view.voter(seat) is Voter.COMMITTED

    lively.until(sealed, "A sealed vote")
    number, voter = lively.view.number, lively.member_at(seat)
    lively.network.processes.kill(voter.name)
    lively.network.start_member(voter)
    lively.until(lambda: any(each.number == number for each in lively.rounds), "The round's end")
    finished = next(each for each in lively.rounds if each.number == number)
    assert finished.judged.bit_count() == PROPOSERS + VOTERS
    revealed = lively.network.contracts.alliance_rounds.revealed_votes(TASK, number, from_block=0)
    assert seat in {vote.seat for vote in revealed}


def test_a_round_whose_members_vanish_is_closed_by_its_deadlines_and_the_next_one_runs(
    hasty: Journey,
) -> None:
    hasty.until(lambda: hasty.view.phase == Phase.PROPOSE, "The first round")
    number = hasty.view.number
    for member in hasty.network.participants:
        hasty.network.processes.kill(member.name)
    hasty.until(lambda: any(each.number == number for each in hasty.rounds), "The round's end")
    abandoned = next(each for each in hasty.rounds if each.number == number)
    assert abandoned.outcome is Outcome.VOID
    assert abandoned.struck == 0
    for member in hasty.network.participants:
        hasty.network.start_member(member)
    hasty.until_accepted(after=number)
