"""Windows of an Arena on a real chain: validators' own programs, whatever happens to them."""

import pytest
from eth_account.signers.local import LocalAccount

from flock.arena.client import ArenaClient, Opening
from flock.arena.keeper.due import Act
from flock.arena.keeper.step import KeepArena
from flock.arena.validator.duties import MARGIN_SHARE
from flock.arena.validator.examiner import code_of
from flock.arena.validator.memory import Examined
from flock.arena.validator.moment import Moment, Watch
from flock.diagnostics.explain.arena import explain_contender, explain_submission
from flock.errors import BadBlob
from flock.protocol.arena.scores import of_word
from flock.protocol.arena.stages import SubmissionState, WindowPhase
from flock.protocol.core.cid import digest_of
from tests.arena.field import PHASE_SECONDS, SEATS, SET_A, Field, ValidatorAt, bare_arena, scorer, weights

__all__ = ["bare_arena", "scorer"]


@pytest.fixture
def arena(bare_arena: Field) -> Field:
    """Nobody has enrolled."""
    return bare_arena


def test_an_honest_window_scores_what_was_submitted(arena: Field) -> None:
    arena.add_validators(SEATS)
    arena.keep()
    _, submission = arena.submit(weights(1))
    arena.keep()
    arena.push_to(WindowPhase.COMMIT)
    for validator in arena.validators:
        validator.work()
    arena.push_to(WindowPhase.REVEAL)
    for validator in arena.validators:
        assert validator.reveal()
    arena.push_to(WindowPhase.REST)
    scored = arena.submission(submission)
    assert scored.state is SubmissionState.SCORED
    assert scored.median > 0
    assert scored.mad == 0
    [place] = arena.contracts.arena_board.places_of(arena.task, on_b=False)
    assert place.submission == submission
    for validator in arena.validators:
        [settled] = arena.settled(validator.account)
        assert (settled["judged"], settled["strikes"], settled["is_absent"]) == (1, 0, False)
    page = explain_submission(arena.contracts, arena.task, submission)
    assert [each.what for each in page.actions] == [
        f"submission {submission} made",
        "taken into window 1",
        "judged scored in window 1",
        "placed 1 on set A",
    ]
    assert len(page.reveals) == SEATS
    assert all(f"{scored.median / 1_000_000:.6f}" in line for line in page.reveals)
    judge = explain_contender(arena.contracts, arena.task, arena.validators[0].account)
    assert judge.actions[-1].what.startswith("settled for window 1: 1 judged, 0 strikes")


def opened(arena: Field, validators: int, artifacts: list[bytes]) -> tuple[list[LocalAccount], list[int]]:
    """A window with these submissions, in which validators score."""
    keys = arena.add_validators(validators)
    arena.keep()
    submissions = [arena.submit(artifact)[1] for artifact in artifacts]
    arena.keep()
    arena.push_to(WindowPhase.COMMIT)
    return list(keys), submissions


def finished(arena: Field, validators: list[ValidatorAt]) -> None:
    """The window's end, in which these reveal."""
    arena.push_to(WindowPhase.REVEAL)
    for validator in validators:
        validator.look()
        validator.reveal()
    arena.push_to(WindowPhase.REST)


def seated(arena: Field) -> list[ValidatorAt]:
    return [each for each in arena.validators if each.validating.watch.moment().drawn]


def test_a_validator_killed_between_commit_and_reveal_carries_on(arena: Field) -> None:
    keys, [submission] = opened(arena, SEATS, [weights(1)])
    for validator in arena.validators:
        validator.work()
    committed = arena.validators[0].validating.memory.sealed(1, stands_in=False)
    arena.validators[0] = arena.validator(keys[0])
    arena.validators[0].work()
    assert arena.validators[0].validating.memory.sealed(1, stands_in=False) == committed
    arena.push_to(WindowPhase.REVEAL)
    arena.validators[0] = arena.validator(keys[0])
    finished(arena, arena.validators)
    assert arena.submission(submission).state is SubmissionState.SCORED
    assert [settled["strikes"] for settled in arena.settled(keys[0].address)] == [0]


def test_one_killed_after_it_wrote_its_list_commits_to_that_very_list(
    arena: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys, _ = opened(arena, SEATS, [weights(1)])
    victim = arena.validators[0]
    with monkeypatch.context() as killing:
        killing.setattr(type(arena.contracts.arena_panels), "commit", _killed)
        with pytest.raises(KeyboardInterrupt):
            victim.work()
    written = victim.validating.memory.sealed(1, stands_in=False)
    assert written is not None
    assert not arena.standing(victim).committed_window
    again = arena.validators[0] = arena.validator(keys[0])
    again.work()
    assert arena.standing(again).committed_window == 1
    assert again.validating.memory.sealed(1, stands_in=False) == written
    for validator in arena.validators[1:]:
        validator.work()
    finished(arena, arena.validators)
    assert arena.standing(again).settled_window == 1


def test_one_that_does_not_look_is_struck_and_a_gross_one_pays_at_once(arena: Field) -> None:
    keys, [submission] = opened(arena, SEATS, [weights(1)])
    guesser = arena.validators[0]
    guess = Examined(code_of(123_456), digest_of(weights(1)), b"\x01" * 32)
    guesser.validating.memory.keep_examined(submission, digest_of(SET_A), guess)
    before = arena.contracts.staking.stake_of(guesser.account, arena.task)
    for validator in arena.validators:
        validator.work()
    finished(arena, arena.validators)
    [settled] = arena.settled(keys[0].address)
    assert (settled["strikes"], settled["misses"]) == (1, 1)
    after = arena.contracts.staking.stake_of(guesser.account, arena.task)
    assert before - after == before * arena.parameters.miss_bps // 10_000
    for honest in arena.validators[1:]:
        assert arena.settled(honest.account)[0]["strikes"] == 0


def test_who_copies_the_last_median_is_struck_once_models_differ(arena: Field) -> None:
    keys, [first] = opened(arena, SEATS, [weights(1)])
    copier = arena.validators[0]
    for validator in arena.validators:
        validator.work()
    finished(arena, arena.validators)
    median = arena.submission(first).median
    arena.submit(weights(2))
    arena.push_to(WindowPhase.OVER)
    arena.keep()
    arena.push_to(WindowPhase.COMMIT)
    second = copier.validating.watch.moment().drawn[0].submission
    copied = Examined(code_of(median), digest_of(weights(2)), b"\x01" * 32)
    copier.validating.memory.keep_examined(second, digest_of(SET_A), copied)
    for validator in arena.validators:
        validator.work()
    finished(arena, arena.validators)
    assert [settled["strikes"] for settled in arena.settled(keys[0].address)] == [0, 1]


def test_who_disappears_is_replaced_and_pays_for_its_absence(arena: Field) -> None:
    _, [submission] = opened(arena, SEATS + 2, [weights(1)])
    gone, *others = seated(arena)
    assert len(others) == SEATS - 1
    for validator in others:
        validator.work()
    arena.push_to(WindowPhase.REPLACE)
    arena.keep()
    arena.mine(3)
    arena.keep()
    idle = [each for each in arena.validators if each is not gone]
    for validator in idle:
        validator.work()
    stand_ins = [each for each in idle if each.validating.memory.sealed(1, stands_in=True)]
    finished(arena, idle)
    scored = arena.submission(submission)
    assert scored.state is SubmissionState.SCORED
    [settled] = arena.settled(gone.account)
    assert settled["is_absent"]
    assert settled["bps"] == arena.parameters.absence_bps
    for validator in stand_ins:
        assert [each["strikes"] for each in arena.settled(validator.account)] == [0]
    revealed = of_word(arena.contracts.arena_panels.scores_of(arena.task, 1, 0))
    assert len(revealed) == len(others) + len(stand_ins)


def test_what_nobody_can_get_is_void_and_nobody_is_blamed(arena: Field) -> None:
    arena.add_validators(SEATS)
    arena.keep()
    submission = arena.trainer().submit(weights(1)).submission
    arena.keep()
    arena.push_to(WindowPhase.COMMIT)
    for validator in arena.validators:
        validator.work()
        assert not arena.standing(validator).committed_window
    arena.pass_until(arena.window.commit_ends_at - PHASE_SECONDS // MARGIN_SHARE)
    for validator in arena.validators:
        validator.work()
    finished(arena, arena.validators)
    assert arena.submission(submission).state is SubmissionState.VOID
    assert not [event for each in arena.validators for event in arena.settled(each.account) if event["bps"]]


def test_an_opening_of_other_bytes_is_as_good_as_none(arena: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that lies about what a submission is changes nothing of its score."""
    _, [submission] = opened(arena, SEATS, [weights(1)])
    monkeypatch.setattr(ArenaClient, "opening", lambda *_: Opening(digest_of(weights(2)), bytes(32)))
    monkeypatch.setattr(ArenaClient, "artifact", lambda *_: weights(2))
    for validator in arena.validators:
        validator.work()
    finished(arena, arena.validators)
    assert arena.submission(submission).state is SubmissionState.VOID


def test_nonsense_about_one_submission_holds_up_no_other(
    arena: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, [odd, sound] = opened(arena, SEATS, [weights(1), weights(2)])
    honest = ArenaClient.opening

    def lies(client: ArenaClient, task: int, submission: int) -> Opening:
        if submission == odd:
            raise BadBlob("The service served an opening that is none: a digest and a salt in hex.")
        return honest(client, task, submission)

    monkeypatch.setattr(ArenaClient, "opening", lies)
    for validator in arena.validators:
        validator.look()
        while not validator.memory.examined(sound, digest_of(SET_A)):
            validator.score()
        assert validator.memory.examined(odd, digest_of(SET_A)) is None
    arena.pass_until(arena.window.commit_ends_at - PHASE_SECONDS // MARGIN_SHARE)
    for validator in arena.validators:
        validator.work()
    finished(arena, arena.validators)
    assert arena.submission(odd).state is SubmissionState.VOID
    assert arena.submission(sound).state is SubmissionState.SCORED


def test_garbage_fails_by_the_judgement_of_all(arena: Field) -> None:
    _, submissions = opened(arena, SEATS, [weights(1, noise=1e37), weights(1)])
    for validator in arena.validators:
        validator.work()
    finished(arena, arena.validators)
    states = [arena.submission(number).state for number in submissions]
    assert states == [SubmissionState.FAILED, SubmissionState.SCORED]


def test_scored_once_is_not_scored_again(arena: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    keys, _ = opened(arena, SEATS, [weights(1)])
    assert arena.validators[0].score()
    monkeypatch.setattr(ArenaClient, "artifact", _killed)
    assert not arena.validator(keys[0]).score()


def test_between_what_is_due_a_validator_asks_nobody_anything(arena: Field) -> None:
    keys, _ = opened(arena, SEATS, [weights(1)])
    arena.validators[0].work()
    now = [0.0]
    actor = arena.actor(keys[0])
    watch = Watch(actor, 0.5, clock=lambda: now[0])
    watch.moment()
    asked = 0
    read = watch._read

    def counted() -> Moment:
        nonlocal asked
        asked += 1
        return read()

    watch._read = counted  # type: ignore[method-assign]
    for _ in range(120):  # a minute of ticks
        now[0] += 0.5
        watch.moment()
    assert asked <= 6


def test_keepers_that_race_do_each_act_once(arena: Field) -> None:
    arena.add_validators(SEATS)
    arena.keep()
    arena.submit(weights(1))
    keepers = [
        KeepArena(arena.contracts, arena.sender_of(arena.rich()), arena.task, arena.parameters)
        for _ in range(3)
    ]
    looked = [keeper._look() for keeper in keepers]
    done = [keeper._act(*each) for keeper, each in zip(keepers, looked, strict=True)]
    assert [found for _, found in looked] == [Act.OPEN_WINDOW] * 3
    assert done == [True, False, False]
    assert arena.contracts.arena_panels.progress_of(arena.task).window == 1


def _killed(*_: object) -> None:
    raise KeyboardInterrupt
