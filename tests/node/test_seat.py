"""Where a member sits, and how much of a phase is over, from what the chain shows."""

from dataclasses import replace

import pytest

from flock.chain.contracts.alliance_rounds import RoundView
from flock.node.seat import attesting_weight, elapsed_share, own_seat
from flock.protocol.alliance.params import AllianceParameters
from flock.protocol.alliance.rounds import Phase, Voter
from tests.node.arena import PHASE_SECONDS, terms

NAMES = ("proposer", "late proposer", "silent", "attested", "committed", "revealed")
VIEW = RoundView(
    number=3,
    phase=Phase.REVEAL,
    ends_at=1_000,
    seed_block=0,
    eligible=6,
    drawn_block=50,
    opened=3,
    decided=2,
    planned=10,
    pool=0,
    model=b"\x01" * 32,
    accept_sixteenths=8,
    proposers=2,
    voters=4,
    proposed=0b01,
    voter_states=0b11_10_01_00,
    tallies=(6, 0),
    seats=(1, 2, 3, 4, 5, 6),
    weights=(1, 1, 4, 1, 2, 3),
    accounts=NAMES,
)


@pytest.fixture
def parameters() -> AllianceParameters:
    return terms(0, b"model")


@pytest.mark.parametrize(("name", "has_proposed"), [("proposer", True), ("late proposer", False)])
def test_a_proposer_knows_whether_it_has_proposed(name: str, has_proposed: bool) -> None:
    seat = own_seat(VIEW, name)
    assert seat is not None
    assert (seat.index, seat.is_voter, seat.has_proposed) == (NAMES.index(name), False, has_proposed)


@pytest.mark.parametrize(("name", "state"), list(zip(NAMES[2:], Voter, strict=True)))
def test_a_voter_knows_how_far_it_has_come(name: str, state: Voter) -> None:
    seat = own_seat(VIEW, name)
    assert seat is not None
    assert (seat.index, seat.is_voter, seat.state) == (NAMES.index(name), True, state)


def test_who_was_not_drawn_has_no_seat() -> None:
    assert own_seat(VIEW, "stranger") is None


@pytest.mark.parametrize("phase", [Phase.NONE, Phase.WAITING, Phase.SEEDED, Phase.ENDED])
def test_between_rounds_the_last_seats_mean_nothing(phase: Phase) -> None:
    assert own_seat(replace(VIEW, phase=phase), "proposer") is None


def test_the_attesting_weight_is_that_of_all_who_have_attested_at_least() -> None:
    assert attesting_weight(VIEW) == 1 + 2 + 3


@pytest.mark.parametrize(
    ("left", "share"), [(PHASE_SECONDS, 0.0), (PHASE_SECONDS // 4, 0.75), (0, 1.0), (-50, 1.0)]
)
def test_the_elapsed_share_runs_from_zero_to_one(
    parameters: AllianceParameters, left: int, share: float
) -> None:
    assert elapsed_share(VIEW, parameters, VIEW.ends_at - left) == share


def test_a_phase_that_began_ahead_of_the_clock_has_not_begun(parameters: AllianceParameters) -> None:
    assert elapsed_share(VIEW, parameters, VIEW.ends_at - PHASE_SECONDS - 10) == 0.0
