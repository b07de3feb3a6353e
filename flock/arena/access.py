"""Who may see what an Arena hides: openings and artifacts of submissions, until they are public on chain.

Who is on a panel follows from the window's seeds and the validators' list, so nobody is handed a list of it.
"""

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from flock.arena.models import ArenaTaskRow, PanelSeatRow, SubmissionRow, TaskStage, WindowRow
from flock.protocol.arena.stages import Queue
from flock.web.errors import Forbidden, NotSignedIn


def is_public(task: ArenaTaskRow, submission: SubmissionRow) -> bool:
    """Whether anybody may see it: once it is disclosed, and the task finished."""
    return submission.digest is not None and task.stage is TaskStage.FINISHED


def require_reader(
    session: Session, task: ArenaTaskRow, submission: SubmissionRow, account: str | None
) -> None:
    """Raises NotSignedIn without an account, and Forbidden for one that may not see ``submission``."""
    if is_public(task, submission):
        return
    if account is None:
        raise NotSignedIn(
            f"Submission {submission.id} of Arena {task.id} is shown to its trainer and its panel until the task is "
            f"finished: sign in with /nonce and /sign-in, then send Authorization: Bearer <token>."
        )
    if account != submission.account and not _scores(session, submission, account):
        raise Forbidden(
            f"{account} is neither the trainer of submission {submission.id} of Arena {task.id} nor on its panel: "
            f"ask again once a window has drawn you for it, or the task is finished."
        )


def _scores(session: Session, submission: SubmissionRow, account: str) -> bool:
    """Whether ``account`` was drawn for a panel of it, as a substitute or otherwise.

    Copies are told in the finals by comparing finalists: who scores one of them may see all that are disclosed.
    """
    on_panel = and_(PanelSeatRow.submission == submission.id, _is_seat_of(account))
    if _any_seat(session, submission.task, on_panel):
        return True
    if not submission.is_finalist or submission.digest is None:
        return False
    final = select(WindowRow.number).where(WindowRow.task == submission.task, WindowRow.queue == Queue.FINAL)
    return _any_seat(session, submission.task, and_(PanelSeatRow.window.in_(final), _is_seat_of(account)))


def _is_seat_of(account: str) -> ColumnElement[bool]:
    return or_(PanelSeatRow.account == account, PanelSeatRow.substitute == account)


def _any_seat(session: Session, task: int, condition: ColumnElement[bool]) -> bool:
    found = select(PanelSeatRow.slot).where(PanelSeatRow.task == task, condition).limit(1)
    return session.scalar(found) is not None
