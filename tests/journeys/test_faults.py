"""Any process can be killed anywhere; nobody has to trust the coordinator; deadlines close what nobody finishes.

The stories are of one network, which begins without a coordinator.
"""

import psutil
import pytest

from flock.devnet.network import TASK
from flock.protocol.alliance.rounds import Phase, Voter
from flock.protocol.alliance.votes import Outcome
from tests.journeys.conftest import MEMBERS, PHASE_SECONDS, PROPOSERS, VOTERS, Journey

# When they have something to lose: coordinator and SuperLink call members in two phases, and bytes go through the
# service in two. A node is killed before each of its effects in tests/faults.
PHASES = {
    "coordinator": (Phase.PROPOSE, Phase.COMMIT),
    "superlink": (Phase.PROPOSE, Phase.COMMIT),
    "alliance": (Phase.PROPOSE, Phase.ATTEST),
    "member-1": (Phase.ATTEST, Phase.REVEAL),
}


def test_members_hold_rounds_without_any_coordinator(leaderless: Journey) -> None:
    first = leaderless.until_accepted(after=0)
    assert first.struck == 0
    assert first.attested.bit_count() == PROPOSERS
    leaderless.until_accepted(after=first.number)


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


@pytest.mark.parametrize("program", PHASES)
def test_a_program_killed_in_its_phases_changes_no_outcome(lively: Journey, program: str) -> None:
    first = max((each.number for each in lively.rounds), default=0) + 1
    for phase in PHASES[program]:
        lively.until(lambda phase=phase: lively.view.phase is phase, f"The phase {phase.name}")  # type: ignore[misc]
        kill(lively, program)
    last = lively.until_accepted(after=lively.view.number)
    held = [each for each in lively.rounds if first <= each.number <= last.number]
    assert {each.outcome for each in held} <= {Outcome.ACCEPTED, Outcome.REJECTED}
    assert all(each.struck == 0 for each in held)
    assert all(each.attested.bit_count() == PROPOSERS for each in held)
    settled(lively)


def test_a_round_whose_members_vanish_is_closed_by_its_deadlines_and_the_next_one_runs(
    lively: Journey,
) -> None:
    lively.until(lambda: lively.view.phase == Phase.PROPOSE, "A round")
    number = lively.view.number
    for member in lively.network.participants:
        lively.network.processes.kill(member.name)
    lively.pass_time(4 * PHASE_SECONDS)  # all phases of the round
    lively.until(lambda: any(each.number == number for each in lively.rounds), "The round's end")
    abandoned = next(each for each in lively.rounds if each.number == number)
    assert abandoned.outcome is Outcome.VOID
    assert abandoned.struck == 0
    for member in lively.network.participants:
        lively.network.start_member(member)
    lively.until_accepted(after=number)


def superlink_of(journey: Journey) -> psutil.Process | None:
    """The coordinator's SuperLink once it listens; a coordinator whose SuperLink never comes up ends."""
    coordinator = psutil.Process(journey.network.processes.pid("coordinator"))
    return next((child for child in coordinator.children(recursive=True) if listens(child)), None)


def listens(process: psutil.Process) -> bool:
    try:
        return any(each.status == psutil.CONN_LISTEN for each in process.net_connections("tcp"))
    except psutil.NoSuchProcess:
        return False


def kill(journey: Journey, program: str) -> None:
    """End it as a power cut would, and start it again at once."""
    network = journey.network
    if program == "superlink":
        journey.until(lambda: superlink_of(journey) is not None, "The SuperLink")
        superlink = superlink_of(journey)
        assert superlink is not None
        superlink.kill()  # its coordinator notices and starts another
        return
    network.processes.kill(program)
    if program == "coordinator":
        network.start_coordinator()
    elif program == "alliance":
        network.start_service()
    else:
        network.start_member(next(each for each in network.participants if each.name == program))


def settled(journey: Journey) -> None:
    """Every wei of pay is accounted for, and nobody lost stake."""
    contracts = journey.network.contracts
    rounds, staking = contracts.alliance_rounds, contracts.staking
    for member in journey.network.participants:
        assert rounds.member_of(TASK, member.address).strikes == 0
        assert staking.stake_of(member.address, TASK) == journey.network.terms.stake
    assert rounds.member_count(TASK) == MEMBERS
