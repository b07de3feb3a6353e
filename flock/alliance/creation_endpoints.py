"""Making a task over HTTP."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Header, Request, Response

from flock.alliance.creation import MadeTask, TaskCreation
from flock.alliance.requests import TaskRequest
from flock.alliance.schemas import CreationAnswer
from flock.economy.api.to_sign import to_sign
from flock.economy.operations.plans import UnsignedTransaction
from flock.errors import ServiceUnavailable
from flock.protocol.core.cid import cid_of
from flock.web.errors import BadFields, Forbidden, NotSignedIn
from flock.web.fields import EXAMPLE_ACCOUNT
from flock.web.problems import problems
from flock.web.router import PathRules, Router
from flock.web.sessions import SignedIn
from flock.web.strict_json import StrictJsonRoute

router = Router("creation", PathRules(creations=("/tasks",)), StrictJsonRoute)


def creation_of(request: Request) -> TaskCreation:
    """What the app makes tasks with."""
    creation: TaskCreation = request.app.state.creation
    return creation


@router.post(
    "/tasks",
    summary="Make a task",
    responses={
        int(HTTPStatus.CREATED): {"model": CreationAnswer, "description": "The service has made the task"},
        **problems(
            NotSignedIn("The session has ended, or there never was one: sign in again."),
            Forbidden(
                f"This service pays for no tasks of {EXAMPLE_ACCOUNT}: leave out `send`, and send the "
                f"transactions yourself."
            ),
            BadFields({"parameters.planned_rounds": "planned_rounds is 0; choose 1 to 10000."}),
            ServiceUnavailable(
                "This service's own account has run dry: ask its operator, or leave out `send`."
            ),
        ),
    },
)
def make(
    creation: Annotated[TaskCreation, Depends(creation_of)],
    account: SignedIn,
    request: TaskRequest,
    response: Response,
    idempotency_key: Annotated[
        str | None, Header(min_length=1, max_length=100, description="With `send`: new for each task")
    ] = None,
) -> CreationAnswer:
    """Check a task and keep its metadata; answer the transactions that make it, for you to sign and send.

    With `send`, the service signs and sends them itself, if its operator lets it do so for your account.
    """
    if not request.send:
        offer = creation.offer(account, request)
        return _answer(MadeTask.on(offer), None, creation.unsigned(account, offer))
    made, task = creation.sponsored(account, request, idempotency_key)
    response.status_code = HTTPStatus.CREATED
    response.headers["Location"] = f"/tasks/{task}"
    return _answer(made, task, ())


def _answer(made: MadeTask, task: int | None, unsigned: Sequence[UnsignedTransaction]) -> CreationAnswer:
    return CreationAnswer(
        task=task,
        bounty=made.bounty,
        metadata=cid_of(made.metadata),
        metadata_digest=made.metadata,
        parameters=made.terms,
        transactions=[to_sign(transaction) for transaction in unsigned],
    )
