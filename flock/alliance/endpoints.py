"""The Alliance service's own endpoints. Blobs are in ``flock.web.blobs``."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request

from flock.alliance import schemas, service
from flock.alliance.ledger import Ledger
from flock.web.fields import AccountPath, After, PageSize, RoundPath, TaskPath
from flock.web.projector import Projector
from flock.web.session import ReadSession

router = APIRouter(tags=["alliance"])


def ledger_of(request: Request) -> Ledger:
    """The ledger the app was built with."""
    ledger: Ledger = request.app.state.ledger
    return ledger


def projector_of(request: Request) -> Projector:
    """The projector that makes the rows."""
    projector: Projector = request.app.state.projector
    return projector


@router.get("/health")
def health(
    ledger: Annotated[Ledger, Depends(ledger_of)], projector: Annotated[Projector, Depends(projector_of)]
) -> schemas.HealthAnswer:
    """How far the rows are behind the chain, in blocks. 503 if the chain does not answer."""
    head, projected = ledger.contracts.client.block_number(), projector.projected()
    return schemas.HealthAnswer(
        chain_id=ledger.domain.chain_id,
        contract=ledger.domain.contract,
        head=head,
        projected=projected,
        lag=max(0, head - projected),
    )


@router.get("/tasks")
def tasks(session: ReadSession, after: After = 0, limit: PageSize = 100) -> list[schemas.TaskAnswer]:
    """Tasks, oldest first."""
    return service.tasks(session, after, limit)


@router.get("/tasks/{task}")
def task(session: ReadSession, task: TaskPath) -> schemas.TaskAnswer:
    """One task: its parameters and how far it is."""
    return service.task(session, task)


@router.get("/tasks/{task}/rounds")
def rounds(
    session: ReadSession, task: TaskPath, after: After = 0, limit: PageSize = 100
) -> list[schemas.RoundAnswer]:
    """Rounds of a task, earliest first."""
    return service.rounds(session, task, after, limit)


@router.get("/tasks/{task}/rounds/{number}")
def round_with_seats(session: ReadSession, task: TaskPath, number: RoundPath) -> schemas.RoundWithSeats:
    """One round: who sat in it, what they did, what came of it."""
    return service.round_with_seats(session, task, number)


@router.get("/tasks/{task}/members")
def members(
    session: ReadSession, task: TaskPath, after: After = 0, limit: PageSize = 100
) -> list[schemas.MemberAnswer]:
    """Members of a task, in the order they first joined."""
    return service.members(session, task, after, limit)


@router.get("/tasks/{task}/members/{account}")
def member(session: ReadSession, task: TaskPath, account: AccountPath) -> schemas.MemberAnswer:
    """One member: stake, strikes, pay."""
    return service.member(session, task, account)


@router.get("/tasks/{task}/rounds/{number}/proposals")
def published(session: ReadSession, task: TaskPath, number: RoundPath) -> dict[int, str]:
    """The CIDs of a round's proposals by seat, as far as they were published."""
    return service.published(session, task, number)


@router.post("/tasks/{task}/rounds/{number}/proposals", status_code=HTTPStatus.CREATED)
def publish(
    ledger: Annotated[Ledger, Depends(ledger_of)],
    task: TaskPath,
    number: RoundPath,
    publication: schemas.Publication,
) -> schemas.Publication:
    """Say where a proposer's bytes are. Needs no signature: it must match the commitment on chain."""
    ledger.publish(task, number, publication.seat, publication.cid)
    return publication
