"""The Arena over HTTP: all that onlookers, trainers and validators ask of the chain's rows."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from flock.arena import examples, queries, schemas, statistics
from flock.arena.service import Now
from flock.errors import UnknownTask
from flock.web.database import ReadSession
from flock.web.errors import NotFound
from flock.web.fields import LARGEST_INTEGER, Page, TaskPath
from flock.web.problems import Responses, problems

router = APIRouter(tags=["arena"])

SubmissionPath = Annotated[int, Path(ge=1, le=LARGEST_INTEGER, description="Submission id, from 1")]
WindowPath = Annotated[int, Path(ge=1, le=65_535, description="Window number, from 1")]

NO_ARENA = UnknownTask("There is no Arena 99: see /arena/tasks for those there are.")
NO_SUBMISSION = NotFound("Arena 3 has no submission 18 (yet): see /arena/tasks/3/submissions.")
NO_WINDOW = NotFound("Arena 3 has not opened window 7: see /arena/tasks/3/windows.")


def listed(example: examples.Example) -> Responses:
    """An example of a list."""
    content: dict[str, Any] = {"application/json": {"example": [example]}}
    return {int(HTTPStatus.OK): {"content": content}}


@router.get("/arena/tasks", summary="List Arenas", responses=listed(examples.ARENA))
def tasks(session: ReadSession, wanted: Annotated[schemas.ArenaFilter, Query()]) -> list[schemas.ArenaAnswer]:
    """Arenas, oldest first."""
    return queries.tasks(session, wanted)


@router.get("/arena/tasks/{task}", summary="Read an Arena", responses=problems(NO_ARENA))
def task(session: ReadSession, task: TaskPath) -> schemas.ArenaAnswer:
    """One Arena: its terms and how far it is."""
    return queries.task(session, task)


@router.get(
    "/arena/tasks/{task}/leaderboard",
    summary="Who is ahead",
    responses={**listed(examples.RANK), **problems(NO_ARENA)},
)
def leaderboard(
    session: ReadSession, task: TaskPath, wanted: Annotated[schemas.LeaderboardPage, Query()]
) -> list[schemas.RankAnswer]:
    """One rank for each trainer. To outrank an earlier submission one must beat it by more than the tolerance."""
    return queries.leaderboard(session, task, wanted)


@router.get(
    "/arena/tasks/{task}/members",
    summary="List an Arena's members",
    responses={**listed(examples.MEMBER), **problems(NO_ARENA)},
)
def members(
    session: ReadSession, task: TaskPath, wanted: Annotated[schemas.MemberFilter, Query()]
) -> list[schemas.MemberAnswer]:
    """Trainers and validators, in the order they first enrolled."""
    return queries.members(session, task, wanted)


@router.get(
    "/arena/tasks/{task}/submissions",
    summary="List submissions",
    responses={**listed(examples.SUBMISSION), **problems(NO_ARENA)},
)
def submissions(
    session: ReadSession, now: Now, task: TaskPath, wanted: Annotated[schemas.SubmissionFilter, Query()]
) -> list[schemas.SubmissionAnswer]:
    """Submissions, oldest first, each with its state and until when that lasts at the latest."""
    return queries.submissions(session, task, wanted, now)


@router.get(
    "/arena/tasks/{task}/submissions/{submission}",
    summary="Read a submission",
    responses=problems(NO_ARENA, NO_SUBMISSION),
)
def submission(
    session: ReadSession, now: Now, task: TaskPath, submission: SubmissionPath
) -> schemas.SubmissionPage:
    """One submission: every change with its transaction, its place in the queue, reveals once they are over."""
    return queries.submission(session, task, submission, now)


@router.get(
    "/arena/tasks/{task}/windows",
    summary="List an Arena's windows",
    responses={**listed(examples.WINDOW), **problems(NO_ARENA)},
)
def windows(
    session: ReadSession, now: Now, task: TaskPath, page: Annotated[Page, Query()]
) -> list[schemas.WindowAnswer]:
    """Windows, earliest first."""
    return queries.windows(session, task, page, now)


@router.get(
    "/arena/tasks/{task}/windows/{number}",
    summary="Read a window",
    responses=problems(NO_ARENA, NO_WINDOW),
)
def window(session: ReadSession, now: Now, task: TaskPath, number: WindowPath) -> schemas.WindowPage:
    """One window: its deadlines, who scores what in it, and who has committed."""
    return queries.window(session, task, number, now)


@router.get("/arena/statistics", summary="What happened, by day", responses=listed(examples.DAY))
def days(session: ReadSession, page: Annotated[Page, Query()]) -> list[schemas.DayAnswer]:
    """All Arenas together, day by day (UTC), earliest first."""
    return statistics.of_all(session, page)


@router.get(
    "/arena/tasks/{task}/statistics",
    summary="What happened on an Arena, by day",
    responses={**listed(examples.TASK_DAY), **problems(NO_ARENA)},
)
def task_days(
    session: ReadSession, task: TaskPath, page: Annotated[Page, Query()]
) -> list[schemas.TaskDayAnswer]:
    """One Arena, day by day (UTC), earliest first."""
    return statistics.of_task(session, task, page)
