"""``/api/v1``, for FLock.io's public clients. Success is 200; every error is ``{"detail": …}`` (``paths``)."""

from typing import Annotated, Any, Literal

from fastapi import Depends, Path, Query, Request, Response

from flock.arena.flock_api import statistics
from flock.arena.flock_api.answers import Answer
from flock.arena.flock_api.door import Door
from flock.arena.flock_api.schemas import Number, SubmitRequest, UpdateRequest
from flock.chain.addresses import parse_address
from flock.errors import Refused
from flock.protocol.arena.stages import Role
from flock.web.api_key_endpoints import Keys
from flock.web.database import ReadSession
from flock.web.errors import NotFound, NotSignedIn
from flock.web.fields import Account
from flock.web.router import PathRules, Router
from flock.web.sign_in import SignIn

router = Router("flock.io", PathRules(sign_ins=("/api/v1/auth/signable-message",)))

PageNumber = Annotated[int, Query(alias="page", ge=1, le=1_000_000)]
PageSize = Annotated[int, Query(ge=1, le=100)]


def door_of(request: Request) -> Door:
    """What the app was built with."""
    door: Door = request.app.state.flock_api
    return door


def _wallet(request: Request, keys: Keys) -> str:
    _, _, secret = request.headers.get("Authorization", "").partition(" ")
    account = keys.find(secret.strip())
    if account is None:
        raise NotSignedIn(
            "The key is none of this service's, or was revoked: make one with `flock api-key create` and send it "
            "as flock-api-key."
        )
    return account


TheDoor = Annotated[Door, Depends(door_of)]
Wallet = Annotated[str, Depends(_wallet)]


@router.get("/api/v1/health", include_in_schema=False)
def health() -> Answer:
    return {"status": "ok"}


@router.get("/api/v1/auth/signable-message", include_in_schema=False)
def signable_message(request: Request, address: Account) -> Answer:
    sign_in: SignIn = request.app.state.sign_in
    return {"message": sign_in.invite(address).message}


# ---- tasks, for everybody


@router.get("/api/v1/tasks/get", include_in_schema=False)
def get_task(door: TheDoor, session: ReadSession, task_id: Annotated[Number, Query()]) -> Answer:
    return door.task(session, task_id)


@router.get("/api/v1/tasks/list", include_in_schema=False)
def list_tasks(door: TheDoor, session: ReadSession, status: str | None = None) -> list[Answer]:
    return door.tasks(session, status)


@router.get("/api/v1/sets/{task}/{name}", include_in_schema=False, response_class=Response)
def read_set(
    door: TheDoor,
    session: ReadSession,
    request: Request,
    task: Annotated[Number, Path()],
    name: Literal["a", "b"],
    until: int,
    signature: str,
) -> Response:
    return door.hidden_set(session, request, task, name, until, signature)


# ---- with a key


@router.post("/api/v1/tasks/submit-result", include_in_schema=False)
async def submit_result(door: TheDoor, account: Wallet, given: SubmitRequest) -> Answer:
    return await door.submit(account, given.task_id, given.data.model_dump(exclude_none=True))


@router.get("/api/v1/tasks/wallet-submissions", include_in_schema=False)
def wallet_submissions(
    door: TheDoor,
    session: ReadSession,
    account: Wallet,
    task_id: Annotated[Number, Query()],
    page: PageNumber = 1,
    size: PageSize = 50,
) -> Answer:
    return door.submissions(session, account, task_id, page, size)


@router.post("/api/v1/tasks/request-validation-assignment/{task_id}", include_in_schema=False)
async def request_assignment(door: TheDoor, account: Wallet, task_id: Annotated[Number, Path()]) -> Answer:
    return await door.assignment(account, task_id)


@router.post("/api/v1/tasks/update-validation-assignment/{assignment_id}", include_in_schema=False)
async def update_assignment(
    door: TheDoor, account: Wallet, assignment_id: Annotated[Number, Path()], given: UpdateRequest
) -> Answer:
    return await door.report(account, assignment_id, given.status, given.data)


# ---- statistics, for everybody


@router.get("/api/v1/stats/emissions", include_in_schema=False)
def emissions(session: ReadSession, type: Literal["submission", "validation"] = "submission") -> Any:  # noqa: A002 - as their clients call it
    return {"type": type, "items": statistics.emissions(session)}


@router.get("/api/v1/stats/models", include_in_schema=False)
def models(
    session: ReadSession, task_id: Annotated[Number, Query()], page: PageNumber = 1, size: PageSize = 50
) -> Answer:
    return statistics.models(session, task_id, page, size)


@router.get("/api/v1/stats/validators", include_in_schema=False)
def validators(
    session: ReadSession, task_id: Annotated[Number, Query()], page: PageNumber = 1, size: PageSize = 50
) -> Answer:
    return statistics.validators(session, task_id, page, size)


@router.get("/api/v1/stats/submissions/{address}", include_in_schema=False)
def submissions(session: ReadSession, address: str, page: PageNumber = 1, size: PageSize = 50) -> Answer:
    """Some clients write ``&page=1&size=50`` after the address, without a question mark."""
    named, _, rest = address.partition("&")
    given = dict(part.split("=", 1) for part in rest.split("&") if "=" in part)
    page, size = _within(given.get("page"), page, 1_000_000), _within(given.get("size"), size, 100)
    return statistics.submissions(session, _address(named), page, size)


@router.get("/api/v1/stats/achievements/{address}", include_in_schema=False)
def achievements(
    session: ReadSession, address: Account, role: Literal["validator", "node"] = "node"
) -> Answer:
    return statistics.achievements(session, address, Role.VALIDATOR if role == "validator" else Role.TRAINER)


@router.get("/api/v1/stats/enrolled-tasks/{address}", include_in_schema=False)
def enrolled_tasks(door: TheDoor, session: ReadSession, address: Account) -> list[Answer]:
    return statistics.enrolled_tasks(session, address, door.url)


@router.api_route("/api/v1/{path:path}", methods=["GET", "POST"], include_in_schema=False)
def nothing_here(path: str) -> None:
    raise NotFound(
        f"/api/v1/{path[:200]} is none of the paths that this service answers: see docs/flock-api.md."
    )


def _address(given: str) -> str:
    try:
        return parse_address(given)
    except ValueError as problem:
        raise Refused(f"The input does not hold: address: {problem}.") from None


def _within(given: str | None, otherwise: int, most: int) -> int:
    """A number that is in the path: one that cannot be is passed over, as by the clients' own service."""
    if given is None or not (given.isascii() and given.isdigit() and len(given) <= len(str(most))):
        return otherwise
    return min(max(1, int(given)), most)
