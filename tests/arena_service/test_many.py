"""Ten thousand submissions: what an answer costs grows with what it shows, not with what there is.

Cost is counted in instructions of SQLite's own machine, which are the same however busy this one is.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from flock.arena import queries, statistics
from flock.arena.access import require_reader
from flock.arena.models import (
    ArenaMemberRow,
    ArenaTaskRow,
    ChangeRow,
    MemberStanding,
    PanelSeatRow,
    ScoreCommitmentRow,
    SubmissionRow,
    Verdict,
    WindowRow,
)
from flock.arena.schemas import ArenaFilter, LeaderboardPage, MemberFilter, SubmissionFilter
from flock.protocol.arena.stages import Queue, Role
from flock.store.database import Database
from flock.web.errors import Forbidden
from flock.web.fields import Page
from tests.arena_service.event_script import BEGINNING, ArenaScript, validator
from tests.conftest import fresh_database

SUBMISSIONS, TRAINERS, SEATS, PER_WINDOW = 10_000, 500, 3, 100
SCORED = SUBMISSIONS - PER_WINDOW
TASK, NOW = 1, BEGINNING + 50_000
SHOWN = 20
MOST = 5_000
"""Instructions of one answer of ``SHOWN`` lines: to look at every submission once takes several times as many."""


def account(number: int) -> str:
    return f"0x{number:040x}"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """An Arena with so many submissions, the last of which wait."""
    opened = fresh_database(tmp_path_factory.mktemp("many") / "rows.db")
    script = ArenaScript(opened, task=TASK)
    script.create()
    for number in range(SEATS + 1):
        script.enrol(validator(number).address, Role.VALIDATOR)
    script.begin()
    with opened.writing() as session:
        for table, made in ROWS.items():
            session.connection().execute(insert(table), [{"task": TASK, **row} for row in made()])
        task = session.get_one(ArenaTaskRow, TASK)
        task.submissions, task.windows = SUBMISSIONS, SCORED // PER_WINDOW
        task.places_on_a = [1, 2, 3]
        session.execute(text("ANALYZE"))
    yield opened
    opened.close()


def members() -> Iterator[dict[str, Any]]:
    for number in range(TRAINERS):
        yield {
            "account": account(number),
            "id": 100 + number,
            "role": Role.TRAINER,
            "standing": MemberStanding.ACTIVE,
            "stake": 1,
            "best": number + 1,
            "best_rank": 500_001 + number,
        }


def submissions() -> Iterator[dict[str, Any]]:
    for number in range(1, SUBMISSIONS + 1):
        is_scored = number <= SCORED
        yield {
            "id": number,
            "account": account((number - 1) % TRAINERS),
            "commitment": number.to_bytes(32, "big"),
            "is_sealed": False,
            "submitted_at": NOW - SUBMISSIONS + number,
            "verdict": Verdict.SCORED if is_scored else Verdict.QUEUED,
            "queue": Queue.OPEN,
            "index": number,
            "window": (number - 1) // PER_WINDOW + 1 if is_scored else None,
            "median": 500_000 + number if is_scored else None,
        }


def windows() -> Iterator[dict[str, Any]]:
    for number in range(1, SCORED // PER_WINDOW + 1):
        first = (number - 1) * PER_WINDOW + 1
        yield {
            "number": number,
            "queue": Queue.OPEN,
            "submissions": list(range(first, first + PER_WINDOW)),
            "validators": SEATS + 1,
            "opened_at": BEGINNING + number,
            "seed": bytes(32),
            "judged": PER_WINDOW,
            "transaction": "0x",
            **dict.fromkeys(("commit_ends_at", "replace_ends_at", "reveal_ends_at"), BEGINNING + number),
        }


def seats() -> Iterator[dict[str, Any]]:
    for number in range(SCORED - 10 * PER_WINDOW, SCORED):
        for seat in range(SEATS):
            yield {
                "window": number // PER_WINDOW + 1,
                "slot": number % PER_WINDOW * SEATS + seat,
                "submission": number + 1,
                "account": validator(seat).address,
                "by": validator(seat).address,
                "code": 500_000,
                "duplicate_of": 0,
            }


def changes() -> Iterator[dict[str, Any]]:
    for number in range(1, SUBMISSIONS + 1):
        yield {
            "submission": number,
            "block": number,
            "index": 0,
            "what": "submitted",
            "transaction": "0x",
            "at": NOW,
        }


def commitments() -> Iterator[dict[str, Any]]:
    for number in range(1, SCORED // PER_WINDOW + 1):
        for seat in range(SEATS):
            yield {
                "window": number,
                "account": validator(seat).address,
                "stands_in": False,
                "commitment": bytes(32),
                "transaction": "0x",
            }


ROWS: dict[type[Any], Callable[[], Iterator[dict[str, Any]]]] = {
    ArenaMemberRow: members,
    SubmissionRow: submissions,
    WindowRow: windows,
    PanelSeatRow: seats,
    ChangeRow: changes,
    ScoreCommitmentRow: commitments,
}


class Instructions:
    """Of the queries of a session."""

    def __init__(self, session: Session) -> None:
        self._connection: Any = session.connection().connection.driver_connection
        self.count = 0

    def __enter__(self) -> "Instructions":
        self._connection.set_progress_handler(self._add, 1)
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.set_progress_handler(None, 1)

    def _add(self) -> int:
        self.count += 1
        return 0


def read_by_a_stranger(session: Session) -> None:
    task, row = session.get_one(ArenaTaskRow, TASK), session.get_one(SubmissionRow, (TASK, SCORED))
    with pytest.raises(Forbidden):
        require_reader(session, task, row, account(TRAINERS + 1))


ASKED: dict[str, Callable[[Session], object]] = {
    "tasks": lambda session: queries.tasks(session, ArenaFilter()),
    "the first submissions": lambda session: queries.submissions(
        session, TASK, SubmissionFilter(limit=SHOWN), NOW
    ),
    "the last submissions": lambda session: queries.submissions(
        session, TASK, SubmissionFilter(after=SUBMISSIONS - SHOWN, limit=SHOWN), NOW
    ),
    "submissions of one": lambda session: queries.submissions(
        session, TASK, SubmissionFilter(account=account(7), limit=SHOWN), NOW
    ),
    "a submission": lambda session: queries.submission(session, TASK, SCORED, NOW),
    "one that waits": lambda session: queries.submission(session, TASK, SCORED + 5, NOW),
    "the leaderboard": lambda session: queries.leaderboard(session, TASK, LeaderboardPage(limit=SHOWN)),
    "its end": lambda session: queries.leaderboard(
        session, TASK, LeaderboardPage(after=TRAINERS - SHOWN, limit=SHOWN)
    ),
    "members": lambda session: queries.members(session, TASK, MemberFilter(limit=SHOWN)),
    "windows": lambda session: queries.windows(session, TASK, Page(limit=SHOWN), NOW),
    "statistics": lambda session: statistics.of_task(session, TASK, Page()),
    "statistics of all": lambda session: statistics.of_all(session, Page()),
    "who may read": read_by_a_stranger,
}


@pytest.mark.parametrize("name", ASKED)
def test_an_answer_costs_what_it_shows(database: Database, name: str) -> None:
    with database.reading() as session, Instructions(session) as instructions:
        ASKED[name](session)
    assert 0 < instructions.count < MOST


def test_the_bound_would_notice_a_look_at_all(database: Database) -> None:
    with database.reading() as session, Instructions(session) as instructions:
        session.execute(text("SELECT count(account) FROM arena_submissions WHERE account || '' = 'x'"))
    assert instructions.count > 3 * MOST
