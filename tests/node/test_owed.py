"""A member whose app cannot be loaded any more: it shows what it has committed to, and its node ends."""

import threading
from dataclasses import dataclass, replace

import pytest

from flock import daemon
from flock.node.detached import needs_no_app
from flock.node.duties import MemberDuties
from flock.node.steps import steps_owed
from flock.node.steps.end_once_free import EndOnceFree
from flock.protocol.alliance.rounds import Phase, Voter
from flock.training.app import AppRunner
from tests.node.arena import PHASE_SECONDS, PROPOSERS, Arena, Member


@dataclass
class Started:
    """A node that was started anew, and whose app cannot be loaded. It is looked after tick by tick."""

    member: Member
    has_ended: bool = False

    def tick(self) -> None:
        stop = threading.Event()
        steps = [*steps_owed(self.member.context), EndOnceFree(self.member.context, self.end), Once(stop)]
        daemon.run(steps, stop, 0.0)

    def end(self) -> None:
        self.has_ended = True


@dataclass
class Once:
    """The last step of the only tick."""

    stop: threading.Event
    name: str = "once"

    def __call__(self) -> bool:
        self.stop.set()
        return False


def without_app(member: Member) -> Started:
    context = replace(member.context, app=AppRunner(needs_no_app))
    return Started(Member(context, MemberDuties(context)))


@pytest.fixture
def voting(arena: Arena) -> Arena:
    arena.open_round()
    arena.propose(range(PROPOSERS))
    arena.publish(range(PROPOSERS))
    arena.attest()
    assert arena.view.phase is Phase.COMMIT
    return arena


def test_a_sealed_vote_is_opened_first(voting: Arena) -> None:
    number = voting.view.number
    node = without_app(voting.voters[0])
    for voter in voting.voters:
        voter.duties.vote_unprompted(number)
    assert voting.view.phase is Phase.REVEAL
    node.tick()
    assert not node.has_ended  # the block that makes the next seed is not there yet
    voting.mine(2)
    node.tick()
    assert voting.view.voter(PROPOSERS) is Voter.REVEALED
    assert node.has_ended


def test_while_others_may_still_vote_it_waits(voting: Arena) -> None:
    voting.voters[0].duties.vote_unprompted(voting.view.number)
    node = without_app(voting.voters[0])
    node.tick()
    assert not node.has_ended
    assert voting.view.voter(PROPOSERS) is Voter.COMMITTED


def test_a_promised_update_is_published_first(arena: Arena) -> None:
    arena.open_round()
    arena.propose([0])
    node = without_app(arena.at(0))
    node.tick()
    assert not node.has_ended
    arena.propose(range(1, PROPOSERS))
    assert arena.view.phase is Phase.ATTEST
    node.tick()
    assert node.has_ended
    cid = arena.at(0).context.memory.proposed_update(arena.view.number)
    assert cid is not None
    assert arena.at(1).context.shared.has(cid)


def test_whoever_has_promised_nothing_ends_at_once(arena: Arena) -> None:
    arena.open_round()
    for member in (arena.at(0), arena.voters[0]):
        node = without_app(member)
        node.tick()
        assert node.has_ended


def test_a_vote_that_came_too_late_to_be_opened_keeps_nobody(voting: Arena) -> None:
    for voter in voting.voters:
        voter.duties.vote_unprompted(voting.view.number)
    voting.pass_time(2 * PHASE_SECONDS)
    node = without_app(voting.voters[0])
    node.tick()
    assert node.has_ended
