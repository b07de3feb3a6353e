"""A submission is always in exactly one named state with a deadline, and none lasts for ever.

The walk is the laziest there is: no trainer, validator or creator does anything more. At each deadline happens what
time does, or what anybody can do; that must end the state, until there is no state left to end.
"""

from collections.abc import Callable, Iterator

import pytest

from flock.arena.models import ArenaTaskRow, SubmissionRow, TaskStage, WindowRow
from flock.arena.submission_states import ENDED_BY, ENDS, State, SubmissionStatus, state_of
from flock.protocol.arena.stages import Queue, Role, SubmissionState
from flock.protocol.core.hashing import ZERO
from flock.store.database import Database
from tests.arena_service.event_script import ArenaScript, parameters, trainer, validator

MOST_STEPS = 20
TRAINER = trainer(0).address
Status = SubmissionStatus


@pytest.fixture
def script(database: Database) -> ArenaScript:
    made = ArenaScript(database)
    made.create()
    for number in range(5):
        made.enrol(validator(number).address, Role.VALIDATOR)
    made.enrol(TRAINER, Role.TRAINER)
    made.begin()
    return made


def now_of(script: ArenaScript, submission: int, at: int | None = None) -> State:
    with script.database.reading() as session:
        task = session.get_one(ArenaTaskRow, script.task)
        row = session.get_one(SubmissionRow, (script.task, submission))
        number = row.final_window or row.window
        window = None if number is None else session.get_one(WindowRow, (script.task, number))
        return state_of(task, row, window, script.now if at is None else at)


def stage_of(script: ArenaScript) -> TaskStage:
    with script.database.reading() as session:
        return session.get_one(ArenaTaskRow, script.task).stage


def expire(script: ArenaScript, submission: int) -> None:
    if stage_of(script) is TaskStage.DISCLOSING:
        script.begin_finals([])
    script.tell("SubmissionExpired", submission=submission)


def begin_finals(script: ArenaScript, submission: int) -> None:
    if stage_of(script) is TaskStage.RUNNING:
        script.close()
    script.begin_finals([submission])


def only_time(_: ArenaScript, __: int) -> None:
    """Nobody does anything."""


ANYBODY: dict[SubmissionStatus, Callable[[ArenaScript, int], None]] = {
    Status.WAITING: expire,
    Status.DRAWING: lambda script, _: script.draw(),
    Status.SCORING: only_time,
    Status.REPLACING: only_time,
    Status.REVEALING: only_time,
    Status.JUDGING: lambda script, submission: script.judge(submission, SubmissionState.VOID),
    Status.SEALED: lambda script, _: script.close(),
    Status.DISCLOSING: only_time,
    Status.SCORED: begin_finals,
    Status.FINALIST: lambda script, submission: script.finish(submission, is_on_b=False),
}
"""What ends a state if nobody does more than must be possible for anybody."""


def walk(script: ArenaScript, submission: int) -> Iterator[SubmissionStatus]:
    """The states from now on, each ended at its deadline and no earlier."""
    for _ in range(MOST_STEPS):
        state = now_of(script, submission)
        yield state.status
        if state.status in ENDS:
            assert state.until is None
            return
        assert state.until is not None
        if script.now < state.until - 1:
            assert now_of(script, submission, state.until - 1) == state, "it ends before its deadline"
        script.now = max(script.now, state.until)
        ANYBODY[state.status](script, submission)
        assert now_of(script, submission).status is not state.status, "nothing ends it"
    raise AssertionError(f"after {MOST_STEPS} steps it is still not at an end")


def submitted(script: ArenaScript) -> int:
    return script.submit(TRAINER)


def sealed(script: ArenaScript) -> int:
    return script.submit(TRAINER, is_sealed=True)


def disclosed(script: ArenaScript) -> int:
    """Sealed, and queued in the closing."""
    submission = sealed(script)
    script.wait(100_000)
    script.close()
    script.disclose(submission)
    return submission


def taken(script: ArenaScript) -> int:
    submission = submitted(script)
    script.open_window([submission])
    return submission


def scored(script: ArenaScript) -> int:
    submission = submitted(script)
    script.score({submission: 500_000})
    return submission


def finalist(script: ArenaScript) -> int:
    submission = scored(script)
    script.wait(100_000)
    script.close()
    script.begin_finals([submission])
    return submission


def in_a_final_window(script: ArenaScript) -> int:
    submission = finalist(script)
    script.open_key()
    script.open_window([submission], Queue.FINAL)
    return submission


def failed(script: ArenaScript) -> int:
    submission = taken(script)
    script.draw()
    script.wait(500)
    script.judge(submission, SubmissionState.FAILED)
    return submission


def cancelled(script: ArenaScript) -> int:
    submission = submitted(script)
    script.tell("SubmissionCancelled", submission=submission, quota_is_back=True)
    return submission


PANEL = [Status.DRAWING, Status.SCORING, Status.REPLACING, Status.REVEALING, Status.JUDGING]
WALKS = {
    submitted: [Status.WAITING, Status.VOID],
    sealed: [Status.SEALED, Status.DISCLOSING, Status.UNDISCLOSED],
    disclosed: [Status.WAITING, Status.VOID],
    taken: [*PANEL, Status.VOID],
    scored: [Status.SCORED, Status.FINALIST, Status.RANKED],
    finalist: [Status.FINALIST, Status.RANKED],
    in_a_final_window: [*PANEL, Status.RANKED],
    failed: [Status.FAILED],
    cancelled: [Status.CANCELLED],
}


@pytest.mark.parametrize("beginning", WALKS, ids=lambda beginning: beginning.__name__)
def test_every_state_ends_though_nobody_does_what_is_not_anybodys(
    script: ArenaScript, beginning: Callable[[ArenaScript], int]
) -> None:
    assert list(walk(script, beginning(script))) == WALKS[beginning]


def test_the_walks_pass_through_every_state_there_is() -> None:
    assert {status for states in WALKS.values() for status in states} == set(SubmissionStatus)


def test_of_every_state_that_is_no_end_is_said_who_ends_it() -> None:
    assert set(ENDED_BY) == set(ANYBODY) == set(SubmissionStatus) - ENDS


def test_a_submission_of_the_last_second_is_judged_or_expired_before_the_closing_is_due(
    script: ArenaScript,
) -> None:
    """A sealed one waits for the closing, which waits for every open one: the bound must hold for both."""
    kept = sealed(script)
    script.now = script.terms.ends_at - 1
    late = submitted(script)
    waits_until = now_of(script, late).until
    assert waits_until is not None
    script.now = waits_until - 1
    script.open_window([late])
    script.draw()
    last = list(walk(script, late))
    assert last[-1] is Status.VOID
    closes_by = now_of(script, kept).until
    assert closes_by is not None
    assert script.now <= closes_by


def test_what_still_waits_when_the_task_is_finished_is_void(script: ArenaScript) -> None:
    submission = disclosed(script)
    script.begin_finals([])
    script.finish(0, is_on_b=False)
    assert now_of(script, submission) == State(Status.VOID)


def test_a_lost_key_leaves_the_ranking_on_set_a(script: ArenaScript) -> None:
    submission = finalist(script)
    script.tell("KeyLost", key=b"\x00" * 32)
    assert now_of(script, submission) == State(Status.RANKED)


def test_without_a_set_b_finalists_wait_for_nothing(database: Database) -> None:
    script = ArenaScript(database, terms=parameters(set_b=ZERO, cipher_b=ZERO, key_hash_b=ZERO))
    script.create()
    for number in range(5):
        script.enrol(validator(number).address, Role.VALIDATOR)
    script.enrol(TRAINER, Role.TRAINER)
    script.begin()
    assert now_of(script, finalist(script)) == State(Status.RANKED)


def test_a_finalist_waits_for_a_window_of_the_others_as_well(script: ArenaScript) -> None:
    """A task is finished only while no window is open, and one may open in the last second."""
    submission = finalist(script)
    script.open_key()
    ends_at = script.now + script.terms.final_seconds
    assert now_of(script, submission) == State(Status.FINALIST, ends_at + 500)


def test_a_finalist_that_is_judged_on_set_b_waits_no_longer(script: ArenaScript) -> None:
    submission = finalist(script)
    script.open_key()
    script.score({submission: 400_000}, Queue.FINAL)
    assert now_of(script, submission) == State(Status.RANKED)
