"""What happened on Arenas, day by day, as the service counts it."""

import pytest
from sqlalchemy import select

from flock.arena import statistics
from flock.arena.models import ArenaDayRow
from flock.arena.projection import ArenaProjection
from flock.protocol.arena.stages import Queue, Role, SubmissionState
from flock.protocol.core.units import DAY
from flock.store.database import Database
from flock.web.fields import Page
from tests.arena_service.event_script import BEGINNING, ArenaScript, parameters, trainer, validator

MIDNIGHT = (BEGINNING // DAY + 1) * DAY
ALL = Page(limit=1000)


def arena(database: Database, task: int = 1, **terms: object) -> ArenaScript:
    """With a panel of three of four validators, and two trainers, a second before midnight."""
    script = ArenaScript(database, task=task, terms=parameters(**terms), now=MIDNIGHT - 1)
    script.create()
    for number in range(4):
        script.enrol(validator(number).address, Role.VALIDATOR)
    for number in range(2):
        script.enrol(trainer(number).address, Role.TRAINER)
    script.begin()
    return script


def days(script: ArenaScript) -> list[dict[str, object]]:
    with script.database.reading() as session:
        return [day.model_dump() for day in statistics.of_task(session, script.task, ALL)]


@pytest.fixture
def script(either_database: Database) -> ArenaScript:
    return arena(either_database)


def test_a_second_before_and_one_after_midnight_are_two_days(script: ArenaScript) -> None:
    script.submit(trainer(0).address)
    script.wait(2)
    for _ in range(2):
        script.submit(trainer(0).address)
    assert [(day["day"], day["submissions"]) for day in days(script)] == [(MIDNIGHT - DAY, 1), (MIDNIGHT, 2)]


def test_verdicts_and_scores_count_on_the_day_they_come(script: ArenaScript) -> None:
    first, second = script.submit(trainer(0).address), script.submit(trainer(1).address)
    failed, void, stuck, late = (script.submit(trainer(0).address) for _ in range(4))
    script.score({first: 700_000, second: 500_000})
    script.open_window([failed, void])
    for number, state in ((failed, SubmissionState.FAILED), (void, SubmissionState.VOID)):
        script.judge(number, state)
    script.tell("SubmissionCancelled", submission=stuck, quota_is_back=True)
    script.tell("SubmissionExpired", submission=late)
    before, after = days(script)
    assert (before["submissions"], before["scored"], before["best"]) == (6, 0, None)
    assert {name: after[name] for name in ("submissions", "scored", "failed", "void", "cancelled")} == {
        "submissions": 0,
        "scored": 2,
        "failed": 1,
        "void": 2,
        "cancelled": 1,
    }
    assert (after["validations"], after["validators"], after["best"]) == (6, 4, 500_000)


def test_the_best_is_the_highest_where_higher_is_better(either_database: Database) -> None:
    script = arena(either_database, higher_is_better=True)
    script.score({script.submit(trainer(number).address): 500_000 + number for number in range(2)})
    assert days(script)[-1]["best"] == 500_001


def test_a_finalist_is_scored_once(script: ArenaScript) -> None:
    submission = script.submit(trainer(0).address)
    script.score({submission: 700_000})
    script.close()
    script.begin_finals([submission])
    script.open_key()
    script.score({submission: 600_000}, Queue.FINAL)
    [_, day] = days(script)
    assert (day["scored"], day["validations"], day["best"]) == (1, 6, 700_000)


def test_all_arenas_are_added_up(script: ArenaScript) -> None:
    other = arena(script.database, task=2)
    for each in (script, other, other):
        each.submit(trainer(0).address)
    script.score({1: 1_000})
    with script.database.reading() as session:
        before, after = statistics.of_all(session, ALL)
        [later] = statistics.of_all(session, Page(after=before.day))
    assert (before.submissions, before.validators, after.submissions) == (3, 4, 0)
    assert later == after
    assert after.scored == 1


def test_days_go_with_their_task(script: ArenaScript) -> None:
    """A reorganisation may undo it."""
    script.submit(trainer(0).address)
    with script.database.writing() as session:
        ArenaProjection(script.board).forget(session, script.task)
        assert session.scalars(select(ArenaDayRow)).all() == []
