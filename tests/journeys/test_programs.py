"""Whole programs killed in a running network, phase after phase: the rounds go on as if they were not."""

from collections.abc import Iterator

import psutil
import pytest

from flock.devnet.network import TASK
from flock.protocol.alliance.rounds import Phase
from flock.protocol.alliance.votes import Outcome
from tests.journeys.conftest import MEMBERS, PROPOSERS, Journey, prepared, set_going

# A SuperLink carries messages in two phases only; a node is killed before each of its effects in tests/faults.
PHASES = {
    "coordinator": (Phase.PROPOSE, Phase.ATTEST, Phase.COMMIT, Phase.REVEAL),
    "superlink": (Phase.PROPOSE, Phase.COMMIT),
    "alliance": (Phase.PROPOSE, Phase.ATTEST, Phase.COMMIT, Phase.REVEAL),
    "member-1": (Phase.ATTEST, Phase.REVEAL),
}


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journey]:
    with prepared(tmp_path_factory.mktemp("programs")) as journey:
        yield set_going(journey)


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


@pytest.mark.parametrize("program", PHASES)
def test_a_program_killed_in_its_phases_changes_no_outcome(network: Journey, program: str) -> None:
    first = max((each.number for each in network.rounds), default=0) + 1
    for phase in PHASES[program]:
        network.until(lambda phase=phase: network.view.phase is phase, f"The phase {phase.name}")  # type: ignore[misc]
        kill(network, program)
    last = network.until_accepted(after=network.view.number)
    held = [each for each in network.rounds if first <= each.number <= last.number]
    assert {each.outcome for each in held} <= {Outcome.ACCEPTED, Outcome.REJECTED}
    assert all(each.struck == 0 for each in held)
    assert all(each.attested.bit_count() == PROPOSERS for each in held)
    settled(network)


def settled(network: Journey) -> None:
    """Every wei of pay is accounted for, and nobody lost stake."""
    contracts = network.network.contracts
    rounds, staking = contracts.alliance_rounds, contracts.staking
    for member in network.network.participants:
        assert rounds.member_of(TASK, member.address).strikes == 0
        assert staking.stake_of(member.address, TASK) == network.network.terms.stake
    assert rounds.member_count(TASK) == MEMBERS
