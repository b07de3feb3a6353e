"""The rows of an Arena are what its events say: members, panels, scores, the ranking; and the same after a replay."""

import pytest
from sqlalchemy import inspect, select

from flock.arena.models import (
    PROJECTED,
    ArenaMemberRow,
    ArenaTaskRow,
    ChangeRow,
    MemberStanding,
    PanelSeatRow,
    SubmissionRow,
    TaskStage,
    Verdict,
)
from flock.arena.projection import ArenaProjection
from flock.chain.client import Log
from flock.chain.events import Event
from flock.errors import RpcUnavailable
from flock.protocol.arena.leaderboard import Contest, Entry, ranked
from flock.protocol.arena.stages import Queue, Role, SubmissionState
from flock.protocol.core.cid import digest_of
from flock.protocol.core.units import WAD
from flock.store.database import Database
from tests.arena_service.event_script import KEY, ArenaScript, parameters, trainer, validator

TRAINERS = [trainer(number).address for number in range(3)]
VALIDATORS = [validator(number).address for number in range(7)]


@pytest.fixture
def script(either_database: Database) -> ArenaScript:
    made = ArenaScript(either_database)
    made.create()
    for account in VALIDATORS:
        made.enrol(account, Role.VALIDATOR)
    for account in TRAINERS:
        made.enrol(account, Role.TRAINER)
    made.begin()
    return made


def task_of(script: ArenaScript) -> ArenaTaskRow:
    with script.database.reading() as session:
        return session.get_one(ArenaTaskRow, script.task)


def submission_of(script: ArenaScript, submission: int) -> SubmissionRow:
    with script.database.reading() as session:
        return session.get_one(SubmissionRow, (script.task, submission))


def member_of(script: ArenaScript, account: str) -> ArenaMemberRow:
    with script.database.reading() as session:
        return session.get_one(ArenaMemberRow, (script.task, account))


def seats_of(script: ArenaScript, submission: int) -> list[PanelSeatRow]:
    query = select(PanelSeatRow).where(PanelSeatRow.submission == submission).order_by(PanelSeatRow.slot)
    with script.database.reading() as session:
        return list(session.scalars(query))


def dump(database: Database) -> dict[str, list[tuple[object, ...]]]:
    with database.reading() as session:
        return {
            table.__tablename__: [
                tuple(row)
                for row in session.execute(
                    select(table.__table__).order_by(*inspect(table).primary_key)
                ).all()
            ]
            for table in PROJECTED
        }


def list_of(script: ArenaScript) -> list[str]:
    """The validators' list, as the rows have it."""
    listed = select(ArenaMemberRow).where(ArenaMemberRow.position.is_not(None))
    with script.database.reading() as session:
        return [row.account for row in session.scalars(listed.order_by(ArenaMemberRow.position))]


def a_whole_arena(script: ArenaScript) -> None:
    """Three open submissions and a sealed one, cancelled and failed ones, finals, the end."""
    for account in TRAINERS:
        script.submit(account)
    sealed = script.submit(TRAINERS[0], b"sealed", is_sealed=True)
    script.score({1: 500_000, 2: 400_000, 3: 700_000})
    script.wait(script.terms.rest_seconds)
    failed, cancelled = script.submit(TRAINERS[1]), script.submit(TRAINERS[2])
    script.tell("SubmissionCancelled", submission=cancelled, quota_is_back=True)
    script.open_window([failed])
    script.draw()
    script.wait(500)
    script.judge(failed, SubmissionState.FAILED)
    script.tell("Suspended", account=VALIDATORS[2])
    script.delist(VALIDATORS[2])
    script.tell("Retained", account=VALIDATORS[2], until=script.now + 9)
    script.close()
    for submission in (1, 2, 3):
        script.disclose(submission)
    script.disclose(sealed, b"sealed")
    script.score({sealed: 300_000}, Queue.SEALED)
    script.begin_finals([sealed, 2])
    script.open_key()
    script.score({sealed: 310_000, 2: 390_000}, Queue.FINAL)
    script.finish(sealed)


def test_a_list_of_validators_keeps_its_places_as_the_contract_does(script: ArenaScript) -> None:
    for account in (VALIDATORS[1], VALIDATORS[6], VALIDATORS[0]):
        script.delist(account)
        script.tell("Left", account=account)
        assert list_of(script) == script.positions
    script.enrol(VALIDATORS[1], Role.VALIDATOR)
    assert list_of(script) == script.positions
    assert task_of(script).validators == len(script.positions)


def test_who_sits_on_a_panel_follows_from_the_seed_and_the_list(script: ArenaScript) -> None:
    for account in TRAINERS:
        script.submit(account)
    script.open_window([1, 2, 3])
    script.draw()
    script.enrol(trainer(8).address, Role.VALIDATOR)  # is on the list, but not of this window
    for submission in (1, 2, 3):
        panel = [seat.account for seat in seats_of(script, submission)]
        assert len(set(panel)) == script.terms.panel_seats
        for account in panel:
            assert any(slot // 3 == submission - 1 for slot in script.slots_of(account))


def test_substitutes_are_drawn_for_those_who_have_not_committed(script: ArenaScript) -> None:
    script.submit(TRAINERS[0])
    script.open_window([1])
    script.draw()
    absent, *present = (seat.account for seat in seats_of(script, 1))
    for account in present:
        script.commit(account)
    script.wait(script.terms.commit_seconds)
    script.draw_substitutes()
    seats = {seat.account: seat.substitute for seat in seats_of(script, 1)}
    assert [seats[account] for account in present] == [None] * len(present)
    assert seats[absent] not in (absent, *present)


def test_revealed_scores_are_in_the_seats_they_were_given_for(script: ArenaScript) -> None:
    script.submit(TRAINERS[0])
    script.submit(TRAINERS[1])
    script.score({1: 123, 2: 456})
    for submission, score in ((1, 123), (2, 456)):
        for seat in seats_of(script, submission):
            assert (seat.code, seat.by, seat.duplicate_of) == (score + 1, seat.account, 0)
            assert seat.artifact == digest_of(b"artifact")


def test_a_second_submission_that_is_worse_keeps_the_best(script: ArenaScript) -> None:
    for _ in range(3):
        script.submit(TRAINERS[0])
    script.score({1: 500_000, 2: 600_000, 3: 500_000})
    assert (member_of(script, TRAINERS[0]).best, member_of(script, TRAINERS[0]).best_rank) == (1, 500_000)


def test_where_higher_is_better_the_higher_is_the_best(either_database: Database) -> None:
    script = ArenaScript(either_database, terms=parameters(higher_is_better=True))
    script.create()
    for account in VALIDATORS:
        script.enrol(account, Role.VALIDATOR)
    script.enrol(TRAINERS[0], Role.TRAINER)
    script.begin()
    for _ in range(2):
        script.submit(TRAINERS[0])
    script.score({1: 500_000, 2: 600_000})
    assert (member_of(script, TRAINERS[0]).best, member_of(script, TRAINERS[0]).best_rank) == (2, -600_000)


def test_the_ranking_is_what_placed_events_make_of_it(script: ArenaScript) -> None:
    """Fed with the places that the rule gives, one event after another, it is the ranking of the rule."""
    contest = Contest(script.terms.tolerance, script.terms.baseline)
    scores = [500_000, 495_000, 600_000, 480_000, 300_000]
    entries: list[Entry] = []
    for number, score in enumerate(scores, start=1):
        account = TRAINERS[number % len(TRAINERS)]
        script.submit(account)
        script.open_window([number])
        script.draw()
        before = [entry.number for entry in ranked(entries, contest)]
        entries.append(Entry(number, account, score))
        now = [entry.number for entry in ranked(entries, contest)]
        place = now.index(number) if number in now and number not in before else None
        script.judge(number, SubmissionState.SCORED, score, place)
        assert task_of(script).places_on_a == now[: script.terms.finalists]


def test_a_place_that_is_pushed_off_the_ranking_is_gone(either_database: Database) -> None:
    script = ArenaScript(either_database, terms=parameters(finalists=2))
    script.create()
    script.begin()
    for account in TRAINERS:
        script.enrol(account, Role.TRAINER)
        script.submit(account)
    for submission in (1, 2, 3):
        script.tell("Placed", submission=submission, place=0, is_on_b=False)
    assert task_of(script).places_on_a == [3, 2]


def test_a_verdict_does_not_wake_a_submission_that_was_cancelled_in_its_window(script: ArenaScript) -> None:
    script.submit(TRAINERS[0])
    script.open_window([1])
    script.draw()
    script.tell("SubmissionCancelled", submission=1, quota_is_back=True)
    script.wait(500)
    script.judge(1, SubmissionState.SCORED, 5)
    assert submission_of(script, 1).verdict is Verdict.CANCELLED
    assert member_of(script, TRAINERS[0]).best is None


def test_every_change_of_a_submission_has_its_transaction(script: ArenaScript) -> None:
    a_whole_arena(script)
    with script.database.reading() as session:
        rows = session.scalars(select(ChangeRow).where(ChangeRow.submission == 2).order_by(ChangeRow.block))
        changes = [(row.what, row.window) for row in rows]
    assert changes == [
        ("submitted", None),
        ("taken", 1),
        ("drawn", 1),
        ("scored", 1),
        ("disclosed", None),
        ("taken", 4),
        ("drawn", 4),
        ("scored", 4),
    ]


def test_of_equal_digests_the_earliest_submission_counts_whatever_was_disclosed_first(
    script: ArenaScript,
) -> None:
    for account in TRAINERS:
        script.submit(account)
    script.close()
    script.disclose(3, first=3)
    script.disclose(1, first=1)
    script.disclose(2, b"another")
    assert [submission_of(script, each).first for each in (1, 2, 3)] == [1, 2, 1]


def test_a_whole_arena_ends_with_its_winner(script: ArenaScript) -> None:
    a_whole_arena(script)
    task = task_of(script)
    assert (task.stage, task.winner, task.is_on_b, task.key) == (TaskStage.FINISHED, 4, True, KEY)
    assert (submission_of(script, 4).median, submission_of(script, 4).final_median) == (300_000, 310_000)
    assert [submission_of(script, each).verdict for each in (5, 6)] == [Verdict.FAILED, Verdict.CANCELLED]
    assert member_of(script, VALIDATORS[2]).standing is MemberStanding.RETAINED


def test_what_validators_are_settled_for_adds_up(script: ArenaScript) -> None:
    for window in (1, 2):
        script.tell(
            "Settled",
            window=window,
            account=VALIDATORS[0],
            judged=3,
            strikes=1,
            misses=1,
            is_absent=True,
            bps=25,
        )
        script.tell("ValidatorSlashed", window=window, account=VALIDATORS[0], gm=5, flock=4)
    row = member_of(script, VALIDATORS[0])
    assert (row.judged, row.strikes, row.misses, row.absences) == (6, 2, 2, 2)
    assert (row.slashed, row.slashed_flock) == (10, 8)


def test_rows_made_anew_from_the_same_events_are_the_same(script: ArenaScript) -> None:
    a_whole_arena(script)
    before = dump(script.database)
    projection = ArenaProjection(script.board)
    with script.database.writing() as session:
        projection.forget(session, script.task)
    assert not any(dump(script.database).values())
    with script.database.writing() as session:
        for event in script.told:
            projection.apply(session, event)
    assert dump(script.database) == before


def test_tasks_of_other_boards_leave_no_rows(script: ArenaScript) -> None:
    elsewhere = ArenaScript(script.database, task=2)
    projection = ArenaProjection("0x" + "cC" * 20)
    elsewhere.create()
    assert projection.subject_of(elsewhere.told[0]) is None
    with script.database.writing() as session:
        stray = Event("Bonded", {"task_id": 77, "amount": WAD}, Log("", (), b"", 1, "", "", 0, 1))
        ArenaProjection(script.board).apply(session, stray)
    with script.database.reading() as session:
        assert session.get(ArenaTaskRow, 77) is None


def test_an_event_without_the_time_of_its_block_is_read_again(script: ArenaScript) -> None:
    timeless = Log("", (), b"", 1, "", "0x12", 0)
    event = Event(
        "Submitted",
        {
            "task_id": 1,
            "submission": 1,
            "account": TRAINERS[0],
            "commitment": b"\x01" * 32,
            "is_sealed": False,
        },
        timeless,
    )
    with pytest.raises(RpcUnavailable, match="without the time"), script.database.writing() as session:
        ArenaProjection(script.board).apply(session, event)
