"""The Alliance over HTTP: all that members and onlookers ask."""

import time
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from flock.alliance import examples, schemas
from flock.alliance import queries as service
from flock.alliance.membership_index import MembershipIndex
from flock.errors import Refused, UnknownTask
from flock.web.database import ReadSession
from flock.web.errors import NotFound
from flock.web.fields import EXAMPLE_ACCOUNT, EXAMPLE_CID, AccountPath, Page, RoundPath, TaskPath
from flock.web.problems import Responses, problems

router = APIRouter(tags=["alliance"])

NO_TASK = UnknownTask("There is no task 99: see /tasks for those there are.")
NO_ROUND = NotFound("Task 1 has not opened round 7: see /tasks/1/rounds.")
NO_MEMBER = NotFound(f"{EXAMPLE_ACCOUNT} never joined task 1: see /tasks/1/members.")
NOT_PROPOSED = NotFound("Seat 1 of round 6 of task 1 has put no commitment on chain: propose first.")
OTHER_BYTES = Refused(
    f"{EXAMPLE_ACCOUNT} in seat 1 of round 6 of task 1 did not commit to {EXAMPLE_CID}: publish the blob whose "
    f"digest it put on chain."
)


def answers(example: object) -> Responses:
    """An example of an answer without a model of its own."""
    content: dict[str, Any] = {"application/json": {"example": example}}
    return {int(HTTPStatus.OK): {"content": content}}


def index_of(request: Request) -> MembershipIndex:
    """Who is a member of what, and has committed to what."""
    index: MembershipIndex = request.app.state.alliance_index
    return index


@router.get("/tasks", summary="List tasks", responses=answers([examples.TASK]))
def tasks(session: ReadSession, wanted: Annotated[schemas.TaskFilter, Query()]) -> list[schemas.TaskAnswer]:
    """Tasks, oldest first."""
    return service.tasks(session, wanted, int(time.time()))


@router.get("/tasks/{task}", summary="Read a task", responses=problems(NO_TASK))
def task(session: ReadSession, task: TaskPath) -> schemas.TaskAnswer:
    """One task: its parameters and how far it is."""
    return service.task(session, task)


@router.get(
    "/tasks/{task}/rounds",
    summary="List a task's rounds",
    responses={**answers([examples.ROUND]), **problems(NO_TASK)},
)
def rounds(
    session: ReadSession, task: TaskPath, wanted: Annotated[schemas.RoundFilter, Query()]
) -> list[schemas.RoundAnswer]:
    """Rounds of a task, earliest first."""
    return service.rounds(session, task, wanted)


@router.get("/tasks/{task}/rounds/{number}", summary="Read a round", responses=problems(NO_TASK, NO_ROUND))
def round_with_seats(session: ReadSession, task: TaskPath, number: RoundPath) -> schemas.RoundWithSeats:
    """One round: who sat in it, what they did, what came of it."""
    return service.round_with_seats(session, task, number)


@router.get(
    "/tasks/{task}/members",
    summary="List a task's members",
    responses={**answers([examples.MEMBER]), **problems(NO_TASK)},
)
def members(
    session: ReadSession, task: TaskPath, wanted: Annotated[schemas.MemberFilter, Query()]
) -> list[schemas.MemberAnswer]:
    """Members of a task, in the order they first joined."""
    return service.members(session, task, wanted)


@router.get(
    "/tasks/{task}/members/{account}", summary="Read a member", responses=problems(NO_TASK, NO_MEMBER)
)
def member(session: ReadSession, task: TaskPath, account: AccountPath) -> schemas.MemberAnswer:
    """One member: stake, strikes, pay."""
    return service.member(session, task, account)


@router.get(
    "/tasks/{task}/members/{account}/history",
    summary="A member's seats, and why each ended as it did",
    responses={**answers([examples.HISTORY]), **problems(NO_TASK, NO_MEMBER)},
)
def history(
    session: ReadSession, task: TaskPath, account: AccountPath, page: Annotated[Page, Query()]
) -> list[schemas.HistoryAnswer]:
    """Every seat, earliest round first: verdict, reason, strikes, slash, pay, transactions."""
    return service.history(session, task, account, page)


@router.get(
    "/tasks/{task}/rounds/{number}/proposals",
    summary="Where a round's proposals are",
    responses=answers(examples.PUBLISHED),
)
def published(session: ReadSession, task: TaskPath, number: RoundPath) -> dict[int, str]:
    """The CIDs of a round's proposals by seat, as far as they were published."""
    return service.published(session, task, number)


@router.post(
    "/tasks/{task}/rounds/{number}/proposals",
    status_code=HTTPStatus.CREATED,
    summary="Say where a proposal is",
    responses=problems(NO_TASK, NOT_PROPOSED, OTHER_BYTES),
)
def publish(
    index: Annotated[MembershipIndex, Depends(index_of)],
    task: TaskPath,
    number: RoundPath,
    publication: schemas.Publication,
) -> schemas.Publication:
    """Say where a proposer's bytes are. Needs no signature: it must match the commitment on chain."""
    index.publish(task, number, publication.seat, publication.cid)
    return publication
