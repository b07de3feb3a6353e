"""What a voter supports, and that a vote once cast is neither judged twice nor lost."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import torch

from flock.errors import Refused
from flock.node.duties import MemberDuties
from flock.node.memory import NodeMemory
from flock.node.steps.reveal_vote import RevealVote
from flock.node.voting import supports
from flock.protocol.alliance.rounds import Phase, Voter
from flock.protocol.core.cid import cid_of
from flock.store.key_value import KeyValueStore
from tests.node.arena import PROPOSERS, VOTERS, Arena, Member


class TestSupport:
    """A tolerance of 100 Bps is one per cent of a step, four of the best loss accepted so far."""

    @pytest.mark.parametrize(
        ("loss", "supported"), [(0.9, True), (1.0, True), (1.01, True), (1.0101, False), (2.0, False)]
    )
    def test_a_candidate_may_be_worse_than_the_model_by_the_tolerance(
        self, loss: float, supported: bool
    ) -> None:
        assert supports(loss, current_loss=1.0, best_loss=1.0, tolerance_bps=100) is supported

    @pytest.mark.parametrize(("loss", "supported"), [(1.04, True), (1.041, False)])
    def test_small_steps_downhill_end_four_tolerances_above_the_best(
        self, loss: float, supported: bool
    ) -> None:
        assert supports(loss, current_loss=1.039, best_loss=1.0, tolerance_bps=100) is supported

    def test_negative_losses_are_tolerated_upwards_too(self) -> None:
        assert supports(-0.995, current_loss=-1.0, best_loss=-1.0, tolerance_bps=100)
        assert not supports(-0.98, current_loss=-1.0, best_loss=-1.0, tolerance_bps=100)

    def test_without_tolerance_nothing_worse_is_supported(self) -> None:
        assert supports(1.0, current_loss=1.0, best_loss=1.0, tolerance_bps=0)
        assert not supports(1.0 + 1e-9, current_loss=1.0, best_loss=1.0, tolerance_bps=0)

    def test_what_is_not_a_number_is_not_supported(self) -> None:
        assert not supports(float("nan"), current_loss=1.0, best_loss=1.0, tolerance_bps=2_000)


def voting(arena: Arena) -> Member:
    """Bring a round to its votes; the first voter."""
    arena.open_round()
    arena.propose(range(PROPOSERS))
    arena.publish(range(PROPOSERS))
    arena.attest()
    assert arena.view.phase is Phase.COMMIT
    return arena.voters[0]


def forgetful(member: Member, arena: Arena) -> Member:
    """The same member at an installation that remembers nothing."""
    memory = NodeMemory(KeyValueStore(arena.database, "elsewhere"), arena.task)
    context = replace(member.context, memory=memory)
    return Member(context, MemberDuties(context))


def test_voters_seal_the_same_ballot_and_their_own_verdict(arena: Arena) -> None:
    voting(arena)
    number = arena.view.number
    for voter in arena.voters:
        voter.duties.vote_unprompted(number)
    cast = [voter.context.memory.vote(number) for voter in arena.voters]
    assert len({vote.ballot.key for vote in cast if vote}) == 1
    assert all(vote.supports and vote.rewarded == 0b111 for vote in cast if vote)


def test_a_vote_that_is_sealed_is_not_judged_again(arena: Arena) -> None:
    voter = voting(arena)
    number = arena.view.number
    assert voter.duties.vote_unprompted(number)["loss"] > 0
    assert voter.duties.vote_unprompted(number) == {}


def test_a_node_that_does_not_compute_as_the_others_do_says_so_and_does_not_vote(arena: Arena) -> None:
    voter, number = voting(arena), arena.view.number

    def vote() -> None:
        assert torch.set_flush_denormal(True)  # of this thread, as a library built with -ffast-math does
        voter.duties.vote_unprompted(number)

    with ThreadPoolExecutor(1) as threads, pytest.raises(Refused, match="is not that of IEEE 754"):
        threads.submit(vote).result()
    assert arena.view.voter(PROPOSERS) is Voter.ATTESTED
    voter.duties.vote_unprompted(number)
    assert arena.view.voter(PROPOSERS) is Voter.COMMITTED


def test_a_vote_kept_before_a_crash_is_the_one_that_is_sealed(arena: Arena) -> None:
    """The node was killed between judging and committing: it commits what it kept, without its app."""
    voter, number = voting(arena), arena.view.number
    twin = forgetful(voter, arena)
    twin.duties.vote_unprompted(number)
    kept = twin.context.memory.vote(number)
    assert kept is not None
    other = arena.voters[1]
    other.context.memory.keep_vote(number, kept)
    other.duties.vote(arena.task, number, lambda *_: pytest.fail("The app was asked again."))
    assert arena.view.voter(PROPOSERS + 1) is Voter.COMMITTED


def test_a_vote_whose_memory_was_lost_is_found_by_recomputing_it(arena: Arena) -> None:
    """All but one bit of it follows from what everybody sees, and the chain says which bit it was."""
    voter, number = voting(arena), arena.view.number
    for each in arena.voters:
        each.duties.vote_unprompted(number)
    twin = forgetful(voter, arena)
    assert not RevealVote(twin.context)()  # the block that the next seed depends on is yet to come
    arena.mine(2)
    assert RevealVote(twin.context)()
    assert arena.view.voter(PROPOSERS) is Voter.REVEALED
    known, found = voter.context.memory.vote(number), twin.context.memory.vote(number)
    assert known is not None
    assert found is not None
    assert found.ballot == known.ballot


def test_a_vote_that_nobody_honest_would_cast_is_not_found(arena: Arena) -> None:
    voter, number = voting(arena), arena.view.number
    rounds, context = arena.contracts.alliance_rounds, voter.context
    rounds.commit_vote(context.sender, arena.task, number, PROPOSERS, b"\x01" * 32)
    for each in arena.voters[1:]:
        each.duties.vote_unprompted(number)
    arena.mine(2)
    with pytest.raises(Refused, match=rf"vote of round {number} was sealed by another installation"):
        RevealVote(context)()


def test_a_vote_on_proposals_that_a_reorganisation_took_out_is_judged_again(arena: Arena) -> None:
    voter, number = voting(arena), arena.view.number
    memory = voter.context.memory
    twin = forgetful(arena.voters[1], arena)
    twin.duties.vote_unprompted(number)
    kept = twin.context.memory.vote(number)
    assert kept is not None
    memory.keep_vote(number, replace(kept, candidate="00" * 32, inputs="before the reorganisation"))
    voter.duties.vote_unprompted(number)
    judged = memory.vote(number)
    assert judged is not None
    assert judged.ballot == kept.ballot


def test_a_member_that_is_no_voter_is_told_so(arena: Arena) -> None:
    voting(arena)
    with pytest.raises(Refused, match="is not a voter of round"):
        arena.at(0).duties.vote_unprompted(arena.view.number)


def test_a_vote_before_voting_is_refused(arena: Arena) -> None:
    arena.open_round()
    with pytest.raises(Refused, match=r"Voting in round 1 of task \d+ is closed to"):
        arena.voters[0].duties.vote_unprompted(1)


def test_a_duty_of_another_task_is_refused(arena: Arena) -> None:
    voter = voting(arena)
    with pytest.raises(Refused, match=rf"works on task {arena.task}, not on task 99"):
        voter.duties.vote(99, 1, voter.context.app.evaluate)
    with pytest.raises(Refused, match="not on task 99"):
        voter.duties.propose(99, 1, voter.context.app.train)


def test_all_candidates_are_served_once_votes_are_open(arena: Arena) -> None:
    voting(arena)
    arena.vote()
    finished = arena.finish()
    assert arena.at(0).context.shared.has(cid_of(finished.candidate))
    assert len(arena.voters) == VOTERS
