"""Refusals as huggingface's clients read them: ``{"error": …}``, ``X-Error-Message`` and ``X-Error-Code``."""

from collections.abc import Callable, Coroutine, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect

from flock.errors import FlockError, Refused, Transient
from flock.web.errors import Conflict, NotFound, NotSignedIn, ProblemResponse, TooManyRequests, status_of

LONGEST_MESSAGE = 500
INVALID_CREDENTIALS = "Invalid credentials in Authorization header"
"""Clients take any other 401 for a repository that is not there."""


class RepoNotFound(NotFound):
    """No such repository, or none that who asks may read: nobody learns which."""


class NoCredentials(NotSignedIn):
    """As RepoNotFound, to who has shown no key: with one the answer may be another."""


class RevisionNotFound(NotFound):
    """The repository has no such revision."""


class EntryNotFound(NotFound):
    """The revision, ``commit``, has no such file."""

    def __init__(self, sentence: str, commit: str) -> None:
        super().__init__(sentence)
        self.commit = commit


class InvalidKey(NotSignedIn):
    """The request carries a key, but none that opens anything."""


class RepoExists(Conflict):
    """The repository is there already, at ``url``."""

    def __init__(self, sentence: str, url: str) -> None:
        super().__init__(sentence)
        self.url = url


class RepoChanged(Conflict):
    """The commit stands on a revision that is no longer the newest one."""


class RangeNotSatisfiable(Refused):
    """A range that begins behind the end of a file of ``size`` bytes."""

    def __init__(self, sentence: str, size: int) -> None:
        super().__init__(sentence)
        self.size = size


CODES: Mapping[type[FlockError], str] = {
    RepoNotFound: "RepoNotFound",
    NoCredentials: "RepoNotFound",
    RevisionNotFound: "RevisionNotFound",
    EntryNotFound: "EntryNotFound",
}
STATUSES: Mapping[type[FlockError], HTTPStatus] = {
    RepoChanged: HTTPStatus.PRECONDITION_FAILED,
    RangeNotSatisfiable: HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
}


class HubRoute(APIRoute):
    """Answers every refusal in huggingface's form."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answering(request: Request) -> Response:
            try:
                return await handle(request)
            except FlockError as error:
                return refusal(error)
            except ClientDisconnect:
                return refusal(Refused("The request ended before its body did: send it again."))
            except RequestValidationError:
                return refusal(
                    Refused("The request's path or query does not hold: check it and send it again.")
                )

        return answering


def refusal(error: FlockError) -> JSONResponse:
    """The answer that ``error`` is."""
    return ProblemLike(_body(error), status_of_refusal(error), headers=_headers(error))


class ProblemLike(ProblemResponse):
    """In ASCII, as problems are; but plain JSON."""

    media_type = "application/json"


def status_of_refusal(error: FlockError) -> HTTPStatus:
    """As everywhere in flock, but 400 for what is refused as it stands: clients then show the sentence."""
    status = STATUSES.get(type(error)) or status_of(error)
    return HTTPStatus.BAD_REQUEST if status is HTTPStatus.UNPROCESSABLE_ENTITY else status


def in_header(sentence: str) -> str:
    """``sentence`` on one line of printable ASCII, whatever of a stranger's input it repeats."""
    ascii_only = sentence.encode("ascii", "backslashreplace").decode()
    return "".join(c if c.isprintable() else " " for c in ascii_only)[:LONGEST_MESSAGE]


def _body(error: FlockError) -> Mapping[str, object]:
    if isinstance(error, RepoExists):
        return {"error": str(error), "url": error.url}
    return {"error": str(error)}


def _headers(error: FlockError) -> dict[str, str]:
    headers = {"X-Error-Message": in_header(str(error)), "Cache-Control": "no-store"}
    if (code := CODES.get(type(error))) is not None:
        headers["X-Error-Code"] = code
    match error:
        case InvalidKey():
            headers |= {"X-Error-Message": INVALID_CREDENTIALS, "WWW-Authenticate": "Bearer"}
        case NotSignedIn():
            headers["WWW-Authenticate"] = "Bearer"
        case EntryNotFound(commit=commit):
            headers["X-Repo-Commit"] = commit
        case RangeNotSatisfiable(size=size):
            headers["Content-Range"] = f"bytes */{size}"
        case TooManyRequests(retry_after=seconds):
            headers["Retry-After"] = str(seconds)
        case Transient() if status_of(error) is HTTPStatus.SERVICE_UNAVAILABLE:
            headers["Retry-After"] = "1"
    return headers
