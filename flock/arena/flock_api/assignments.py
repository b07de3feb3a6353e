"""Which submission a validator's client is to score now, and what it reports of it."""

from dataclasses import dataclass

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from flock.arena.flock_api.models import ApiSubmissionRow, AssignmentRow, AssignmentStatus
from flock.arena.models import ArenaTaskRow, PanelSeatRow, ScoreCommitmentRow, WindowRow
from flock.arena.queries import known_task
from flock.arena.submission_states import SubmissionStatus, in_window
from flock.protocol.arena.stages import Queue
from flock.store.database import Database
from flock.web.errors import Conflict, Forbidden, NotFound

NOTHING_TO_VALIDATE = "No task submissions available to validate"
NOT_VALIDATING = "Validation assignment is not in validating status"
TOO_OFTEN = "Rate limit reached for validation assignment lookup: 1 per 3 minutes"


@dataclass(frozen=True)
class Assignment:
    """A seat that was handed out. ``data`` is what the trainer said of its model, if it came through the door."""

    id: int
    task: int
    window: int
    submission: int
    account: str
    status: AssignmentStatus
    assigned_at: int
    is_final: bool
    data: dict[str, object]


class Assignments:
    """Those of one deployment."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def next_of(self, account: str, task: int, now: int) -> Assignment | None:
        """What ``account`` is to score in the window that is open: what it has not reported yet; None if nothing.

        Asked again before it has reported, it gets the same again. Raises UnknownTask.
        """
        with self._database.writing() as session:
            window = _open_window(session, known_task(session, task))
            if window is None:
                return None
            for submission in _due(session, window, account, now):
                row = _row(session, window, submission, account, now)
                if row.status is AssignmentStatus.VALIDATING:
                    session.flush()
                    return _assignment(session, row)
        return None

    def of(self, account: str, number: int) -> Assignment:
        """The assignment ``number``. Raises NotFound, and Forbidden for another's."""
        with self._database.reading() as session:
            row = session.get(AssignmentRow, number)
            if row is None:
                raise NotFound(f"There is no validation assignment {number}: request one.")
            if row.account != account:
                raise Forbidden(
                    f"Validation assignment {number} is not {account}'s: request one of your own."
                )
            return _assignment(session, row)

    def end(self, number: int, status: AssignmentStatus) -> Assignment:
        """Note that it is ``status`` now. Raises Conflict if it was not validating."""
        with self._database.writing() as session:
            row = session.get_one(AssignmentRow, number)
            if row.status is not AssignmentStatus.VALIDATING:
                raise Conflict(NOT_VALIDATING)
            row.status = status
            session.flush()
            return _assignment(session, row)

    def reporters(self, now: int) -> list[tuple[str, int, object]]:
        """Who has reported in windows that are not over: account and task, and where its window is."""
        reported = (
            select(AssignmentRow.account, AssignmentRow.task, WindowRow)
            .join(ArenaTaskRow, ArenaTaskRow.id == AssignmentRow.task)
            .join(
                WindowRow,
                and_(WindowRow.task == AssignmentRow.task, WindowRow.number == AssignmentRow.window),
            )
            .where(
                AssignmentRow.window == ArenaTaskRow.windows,
                AssignmentRow.status != AssignmentStatus.VALIDATING,
            )
        )
        with self._database.reading() as session:
            found = {
                (account, task): (window.number, in_window(window, now).status, window.second_seed)
                for account, task, window in session.execute(reported)
                if window.judged < len(window.submissions)
            }
        return [(account, task, moment) for (account, task), moment in found.items()]


def _open_window(session: Session, task: ArenaTaskRow) -> WindowRow | None:
    row = session.get(WindowRow, (task.id, task.windows)) if task.windows else None
    return row if row is not None and row.seed is not None else None


def _due(session: Session, window: WindowRow, account: str, now: int) -> list[int]:
    """The submissions that ``account`` has to score now: its own seats', or those that it can stand in for."""
    status = in_window(window, now).status
    of_window = (PanelSeatRow.task == window.task, PanelSeatRow.window == window.number)
    committed = select(ScoreCommitmentRow.account).where(
        ScoreCommitmentRow.task == window.task,
        ScoreCommitmentRow.window == window.number,
        ScoreCommitmentRow.stands_in == (status is SubmissionStatus.REPLACING),
    )
    if session.scalar(committed.where(ScoreCommitmentRow.account == account)) is not None:
        return []
    seats = select(PanelSeatRow.submission).where(*of_window).order_by(PanelSeatRow.slot)
    if status is SubmissionStatus.SCORING:
        return list(session.scalars(seats.where(PanelSeatRow.account == account)))
    if status is not SubmissionStatus.REPLACING:
        return []
    present = select(ScoreCommitmentRow.account).where(
        ScoreCommitmentRow.task == window.task,
        ScoreCommitmentRow.window == window.number,
        ScoreCommitmentRow.stands_in.is_(False),
    )
    was_absent = or_(PanelSeatRow.account == account, PanelSeatRow.substitute == account)
    mine = session.scalars(
        select(PanelSeatRow).where(*of_window, was_absent).order_by(PanelSeatRow.slot)
    ).all()
    there = set(session.scalars(present))
    if account not in there and any(seat.account == account for seat in mine):
        return []
    own = {seat.submission for seat in mine if seat.account == account}
    return [
        seat.submission
        for seat in mine
        if seat.substitute == account and seat.account not in there and seat.submission not in own
    ]


def _row(session: Session, window: WindowRow, submission: int, account: str, now: int) -> AssignmentRow:
    known = select(AssignmentRow).where(
        AssignmentRow.task == window.task,
        AssignmentRow.window == window.number,
        AssignmentRow.account == account,
        AssignmentRow.submission == submission,
    )
    row = session.scalar(known)
    if row is None:
        row = AssignmentRow(
            task=window.task,
            window=window.number,
            submission=submission,
            account=account,
            status=AssignmentStatus.VALIDATING,
            assigned_at=now,
        )
        session.add(row)
    return row


def _assignment(session: Session, row: AssignmentRow) -> Assignment:
    window = session.get_one(WindowRow, (row.task, row.window))
    told = session.get(ApiSubmissionRow, (row.task, row.submission))
    return Assignment(
        id=row.id,
        task=row.task,
        window=row.window,
        submission=row.submission,
        account=row.account,
        status=row.status,
        assigned_at=row.assigned_at,
        is_final=window.queue is Queue.FINAL,
        data={} if told is None else dict(told.data),
    )
