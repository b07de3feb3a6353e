"""From the last day of an Arena to its winner: sealed submissions, copies, set B, and the money that comes back."""

import itertools

import pytest

from flock.arena.client import ArenaClient
from flock.arena.validator.tidying import ForgetLosses
from flock.economy.history import read_history
from flock.protocol.arena.commitments import unpacked_codes
from flock.protocol.arena.stages import Queue, Stage, Standing, SubmissionState, WindowPhase
from flock.protocol.economy.ledger import settle
from tests.arena.field import BOUNTY, DAY, KEY_B, SEATS, Field, bare_arena, scorer, weights

__all__ = ["bare_arena", "scorer"]


@pytest.fixture
def arena(bare_arena: Field) -> Field:
    bare_arena.add_validators(SEATS)
    bare_arena.keep()
    return bare_arena


def play_window(arena: Field) -> None:
    """From its opening to its verdicts, by honest validators."""
    arena.push_to(WindowPhase.COMMIT)
    for validator in arena.validators:
        validator.work()
    arena.push_to(WindowPhase.REVEAL)
    for validator in arena.validators:
        validator.reveal()
    arena.push_to(WindowPhase.REST)


def stage(arena: Field) -> Stage:
    return arena.contracts.arena_board.arena_view(arena.task).stage


def end_it(arena: Field) -> None:
    """The end of the task has come, and keepers begin the close."""
    arena.pass_until(arena.parameters.ends_at + DAY)
    arena.keep()
    assert stage(arena) is Stage.DISCLOSING


def disclosed(arena: Field) -> None:
    """The time to disclose is over."""
    arena.pass_until(arena.contracts.arena_board.arena_view(arena.task).stage_ends_at)
    arena.keep()


def test_a_competition_ends_with_the_best_on_set_b(arena: Field) -> None:
    first, one = arena.submit(weights(1))
    copier, copy = arena.submit(weights(1, noise=1e-4))
    arena.keep()
    play_window(arena)
    judge = arena.validators[0].validating
    forget = ForgetLosses(judge.actor, judge.examiner.local, clock=itertools.count(0, 3_600).__next__)
    assert not forget()
    hidden, sealed = arena.submit(weights(3), is_sealed=True)
    assert arena.submission(sealed).state is SubmissionState.HIDDEN
    end_it(arena)
    arena.disclose([first, copier, hidden])
    disclosed(arena)
    assert arena.window.queue is Queue.SEALED
    play_window(arena)
    assert arena.submission(sealed).state is SubmissionState.SCORED
    arena.keep()
    assert stage(arena) is Stage.FINALS
    arena.contracts.arena_board.open_key(arena.keeper, arena.task, KEY_B)
    arena.pass_until(arena.window.reveal_ends_at + arena.parameters.rest_seconds)
    arena.keep()
    assert arena.window.queue is Queue.FINAL
    play_window(arena)
    arena.keep()
    assert stage(arena) is Stage.FINISHED
    places = arena.contracts.arena_board.places_of(arena.task, on_b=True)
    assert {place.submission for place in places} <= {one, sealed}  # the copy has none
    assert arena.submission(one).is_final
    accused = accusations(arena)
    assert all(by == {copy: one} for by in accused)
    assert len(accused) == SEATS
    assert judge.examiner.local.inventory()
    assert forget()
    assert not judge.examiner.local.inventory()
    for trainer in (first, copier, hidden):
        assert arena.collect(trainer.actor)
        assert trainer.actor.member.standing is Standing.LEFT


def test_the_bounty_reaches_those_who_earned_it(arena: Field) -> None:
    """By the settlement, as anybody computes it from the chain's events; what the board streamed covers it."""
    first, _ = arena.submit(weights(1))
    second, _ = arena.submit(weights(2))
    arena.keep()
    play_window(arena)
    arena.pass_until(arena.contracts.client.now() + 2 * DAY)
    arena.keep()
    end_it(arena)
    arena.disclose([first, second])
    disclosed(arena)
    arena.contracts.arena_board.open_key(arena.keeper, arena.task, KEY_B)
    arena.keep()
    play_window(arena)
    arena.pass_until(arena.window.reveal_ends_at + arena.parameters.rest_seconds)
    arena.keep()
    assert stage(arena) is Stage.FINISHED
    arena.pass_until((arena.contracts.client.now() // DAY + 1) * DAY)
    emissions = arena.contracts.emissions
    while emissions.is_due():
        emissions.emit_due(arena.keeper)
    history = read_history(arena.contracts)
    result = settle(history, history.next_day)
    streamed = sum(each.amount for each in history.emissions if each.is_bounty and each.task == arena.task)
    assert 0.89 * BOUNTY < streamed <= BOUNTY
    assert result.total == sum(each.amount for each in history.emissions) <= emissions.emitted()
    assert result.set_aside == 0
    for validator in arena.validators:
        assert result.entries[validator.account].liquid > 0
    for trainer in (first, second):
        assert result.entries[trainer.actor.account].vesting > 0


def test_without_its_key_the_ranking_on_set_a_is_final(arena: Field) -> None:
    trainer, submission = arena.submit(weights(1))
    arena.keep()
    play_window(arena)
    end_it(arena)
    arena.disclose([trainer])
    disclosed(arena)
    arena.pass_until(arena.contracts.arena_board.arena_view(arena.task).stage_ends_at)
    arena.keep()
    view = arena.contracts.arena_board.arena_view(arena.task)
    assert (view.stage, view.key_is_lost) == (Stage.FINISHED, True)
    [place] = arena.contracts.arena_board.places_of(arena.task, on_b=False)
    assert place.submission == submission


def test_a_submission_that_waits_too_long_is_void(arena: Field) -> None:
    _, submission = arena.submit(weights(1))
    trainer = arena.submission(submission).trainer
    for validator in arena.validators:
        actor = validator.validating.actor
        actor.contracts.arena_board.leave(actor.sender, arena.task, actor.account)
    arena.pass_until(arena.submission(submission).deadline)
    arena.keep()
    assert arena.submission(submission).state is SubmissionState.VOID
    member = arena.contracts.arena_board.member_of(arena.task, trainer)
    assert member.quota_left >= arena.parameters.quota_a_day


def test_who_is_killed_before_its_submission_is_known_submits_it_once(
    arena: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = arena.trainer()
    with monkeypatch.context() as killing:
        killing.setattr(type(trainer.memory), "keep", _killed)
        with pytest.raises(KeyboardInterrupt):
            trainer.submit(weights(1))
    trainer.submit(weights(1))
    with monkeypatch.context() as killing:
        killing.setattr(ArenaClient, "put_opening", _killed)
        with pytest.raises(KeyboardInterrupt):
            trainer.hand_over(trainer.memory.all()[0])
    pledge = trainer.hand_over(trainer.submit(weights(1)))
    assert pledge.is_handed_over
    assert arena.contracts.arena_board.arena_view(arena.task).submissions == 1


def accusations(arena: Field) -> list[dict[int, int]]:
    """Of each reveal in the last window: by submission the one that it is said to be a copy of."""
    panels, number = arena.contracts.arena_panels, arena.contracts.arena_panels.progress_of(arena.task).window
    events = panels.events("ScoresRevealed", 0, "latest", arena.task, number)
    said = []
    for event in events:
        count = len(event.arguments["artifacts"])
        slots = [event.arguments["seats"] >> 16 * place & 0xFFFF for place in range(count)]
        copies = unpacked_codes(event.arguments["duplicates"], count)
        queue = [
            arena.contracts.arena_board.queued_at(arena.task, Queue.FINAL, arena.window.first + slot // SEATS)
            for slot in slots
        ]
        said.append({number: of for number, of in zip(queue, copies, strict=True) if of})
    return said


def _killed(*_: object) -> None:
    raise KeyboardInterrupt
