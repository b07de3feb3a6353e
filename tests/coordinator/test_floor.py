"""What the strategy is told of a round: only what the chain says, and only bytes that were promised."""

import pytest

from flock.coordinator.context import CoordinatorContext
from flock.coordinator.round_source import ChainRoundSource
from flock.coordinator.steps.push import KeepRoundsGoing
from flock.errors import BlobUnavailable
from flock.protocol.alliance.rounds import Phase
from flock.protocol.core.cid import digest_of
from tests.node.arena import PHASE_SECONDS, PROPOSERS, Arena
from tests.node.member_app import START


@pytest.fixture
def floor(arena: Arena, context: CoordinatorContext) -> ChainRoundSource:
    """In an open round; node 100 + seat works for the account in that seat, seat 0 has no node."""
    view = arena.open_round()
    entered = ChainRoundSource(context)
    entered.enter(view, {account: 100 + seat for seat, account in enumerate(view.accounts) if seat})
    return entered


def test_drawn_members_are_called_as_far_as_their_nodes_are_known(floor: ChainRoundSource) -> None:
    assert list(floor.proposers(1)) == [101, 102]
    assert list(floor.voters(1)) == [103, 104, 105]


def test_a_round_that_is_not_the_one_being_coordinated_is_nobodys(floor: ChainRoundSource) -> None:
    with pytest.raises(BlobUnavailable, match="Round 2 of task 1 is not the one being coordinated"):
        floor.proposers(2)


def test_a_node_that_leaves_after_it_answered_has_no_seat(arena: Arena, floor: ChainRoundSource) -> None:
    floor.enter(arena.view, {arena.at(1).account: 101, "0x" + "00" * 20: 199})
    for gone in (102, 199):
        with pytest.raises(BlobUnavailable, match=rf"Node {gone} has left, or has no seat in round 1"):
            floor.proposal(1, gone)


def test_the_model_is_the_one_on_chain(floor: ChainRoundSource) -> None:
    assert floor.model(1)["w"].tolist() == START["w"].tolist()


def test_a_proposal_is_fetched_and_known_by_its_commitment(arena: Arena, floor: ChainRoundSource) -> None:
    arena.propose(range(PROPOSERS))
    arena.publish(range(PROPOSERS))
    data = floor.proposal(1, 101)
    assert data == arena.at(1).promised()
    assert floor.committed(1, 101, digest_of(data))


def test_other_bytes_than_promised_are_not_committed(arena: Arena, floor: ChainRoundSource) -> None:
    arena.propose([1])
    assert not floor.committed(1, 101, digest_of(b"other bytes"))
    assert not floor.committed(1, 102, digest_of(arena.at(1).promised()))


def test_bytes_that_are_never_shown_are_given_up_once_attesting_is_over(
    arena: Arena, floor: ChainRoundSource
) -> None:
    arena.propose(range(PROPOSERS))
    arena.pass_time(PHASE_SECONDS + 1)
    assert arena.view.phase not in (Phase.PROPOSE, Phase.ATTEST)
    with pytest.raises(BlobUnavailable, match="The proposer in seat 1 of round 1 published no bytes"):
        floor.proposal(1, 101)


def test_a_coordinator_that_is_told_to_stop_waits_for_nobody(
    arena: Arena, floor: ChainRoundSource, stopping: list[bool]
) -> None:
    arena.propose([1])
    stopping[0] = True
    with pytest.raises(BlobUnavailable, match="published no bytes"):
        floor.proposal(1, 101)


def test_it_opens_a_round_and_finalises_it_when_nobody_comes(
    arena: Arena, context: CoordinatorContext
) -> None:
    push_on = KeepRoundsGoing(context)
    while arena.view.phase is not Phase.PROPOSE:
        arena.mine(3)
        assert push_on()
    assert not push_on()
    arena.pass_time(PHASE_SECONDS + 1)
    assert push_on()
    assert len(arena.rounds) == 1
