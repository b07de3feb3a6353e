"""A coordinator holds no power: what it calls for out of turn, twice or in vain is not done, and costs nothing."""

from collections.abc import Callable

import pytest

from flock.errors import Refused
from flock.node.steps.commit_vote import CommitVote
from flock.node.steps.train import Train
from flock.protocol.alliance.rounds import Voter
from flock.protocol.alliance.votes import Outcome
from tests.node.arena import PROPOSERS, Arena, Member

FLOOD = 25


def refused(act: Callable[[], object]) -> None:
    with pytest.raises(Refused):
        act()


def test_stale_foreign_early_and_repeated_calls_change_nothing(arena: Arena) -> None:
    arena.open_round()
    task, number = arena.task, arena.view.number
    proposer, voter = arena.at(0), arena.voters[0]

    def train(member: Member, of: int, task: int = task) -> object:
        return member.duties.propose(task, of, member.context.app.train)

    def vote(member: Member, of: int) -> object:
        return member.duties.vote(task, of, member.context.app.evaluate)

    before = arena.contracts.client.block_number()
    for wrong in (-1, 0, number - 1, number + 1, 2**63):
        refused(lambda wrong=wrong: train(proposer, wrong))  # type: ignore[misc]
        refused(lambda wrong=wrong: vote(voter, wrong))  # type: ignore[misc]
    refused(lambda: train(proposer, number, task + 1))
    refused(lambda: train(voter, number))
    refused(lambda: vote(proposer, number))
    refused(lambda: vote(voter, number))
    assert arena.contracts.client.block_number() == before
    for _ in range(FLOOD):
        train(proposer, number)
    assert arena.contracts.client.block_number() == before + 1


def test_members_whom_it_never_calls_do_their_duties_by_themselves(arena: Arena) -> None:
    """It withholds every call; of the others it calls voters in reverse, and one of them twice."""
    arena.open_round()
    for seat in range(PROPOSERS):
        member = arena.at(seat)
        assert Train(member.context, member.duties)()
    arena.publish(range(PROPOSERS))
    arena.attest()
    first, *others = arena.voters
    for voter in reversed(others):
        voter.duties.vote_unprompted(arena.view.number)
        voter.duties.vote_unprompted(arena.view.number)
    assert CommitVote(first.context, first.duties)()
    assert {arena.view.voter(PROPOSERS + index) for index in range(3)} == {Voter.COMMITTED}
    arena.vote()
    finished = arena.finish()
    assert (finished.outcome, finished.struck) == (Outcome.ACCEPTED, 0)
