"""The one place where an error becomes an HTTP status: every failure is a problem+json answer (RFC 9457)."""

import json
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from flock.errors import (
    BlobUnavailable,
    FlockError,
    Misconfigured,
    Refused,
    Transient,
    UnknownTask,
)
from flock.log import logger
from flock.store.parts import OffsetMismatch
from flock.store.uploads import OFFSET_HEADER

MEDIA_TYPE = "application/problem+json"
INVALID_INPUT = "InvalidInput"


class ProblemResponse(JSONResponse):
    """In ASCII: what a sentence repeats of its input may be text that UTF-8 cannot write (lone surrogates)."""

    media_type = MEDIA_TYPE

    def render(self, content: object) -> bytes:
        return json.dumps(content, separators=(",", ":")).encode()


class NotFound(Refused):
    """No such thing here."""


class Unauthenticated(Refused):
    """The request does not prove who sent it; ``signs`` is the EIP-712 type that its sender is to sign."""

    def __init__(self, sentence: str, signs: str) -> None:
        super().__init__(sentence)
        self.signs = signs


class NotSignedIn(Refused):
    """The request carries no session, or one that has ended."""


class Forbidden(Refused):
    """Who sent the request may not do this."""


class Conflict(Refused):
    """What the request would make, or change, is there already, or has changed meanwhile."""


class InProgress(Conflict):
    """The same request is being answered; ``retry_after`` is in seconds."""

    def __init__(self, sentence: str, retry_after: int = 1) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class Gone(Refused):
    """It was here, and will not be again."""


class PaymentRefused(Refused):
    """What the request would pay with is not good; nothing was charged."""


class UpstreamFailed(Refused):
    """Another service, which this one asks, did not answer as it should."""


class LengthUnknown(Refused):
    """An upload that does not say how long it is."""


class TooSlow(Refused):
    """An upload of which nothing came for too long."""


class HungUp(Refused):
    """Its sender closed the connection before all of an upload came; nobody reads the answer."""


class TooLarge(Refused):
    """More bytes than this service takes."""


class BadFields(Refused):
    """A request whose fields do not hold; ``fields`` says of each what is wrong with it."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        sentence = "; ".join(f"{field}: {detail.removesuffix('.')}" for field, detail in fields.items())
        super().__init__(f"The input does not hold: {sentence}.")
        self.fields = dict(fields)


class TooManyRequests(Transient):
    """More than this service takes from one account or address; ``retry_after`` is in seconds."""

    def __init__(self, sentence: str, retry_after: int = 1) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class DiskFull(Transient):
    """The service has no room left."""


STATUS_BY_ERROR: dict[type[FlockError], HTTPStatus] = {
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    NotSignedIn: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    UnknownTask: HTTPStatus.NOT_FOUND,
    BlobUnavailable: HTTPStatus.NOT_FOUND,
    TooSlow: HTTPStatus.REQUEST_TIMEOUT,
    HungUp: HTTPStatus.BAD_REQUEST,
    Conflict: HTTPStatus.CONFLICT,
    OffsetMismatch: HTTPStatus.CONFLICT,
    Gone: HTTPStatus.GONE,
    PaymentRefused: HTTPStatus.PAYMENT_REQUIRED,
    UpstreamFailed: HTTPStatus.BAD_GATEWAY,
    LengthUnknown: HTTPStatus.LENGTH_REQUIRED,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    DiskFull: HTTPStatus.INSUFFICIENT_STORAGE,
    Refused: HTTPStatus.UNPROCESSABLE_ENTITY,
    Transient: HTTPStatus.SERVICE_UNAVAILABLE,
    Misconfigured: HTTPStatus.INTERNAL_SERVER_ERROR,
}


def install_problem_handlers(app: FastAPI) -> None:
    """Answer every error of ``app`` as a problem."""

    @app.exception_handler(FlockError)
    async def on_flock_error(request: Request, error: FlockError) -> JSONResponse:
        return answer_to(request, error)

    @app.exception_handler(RequestValidationError)
    async def on_invalid_input(request: Request, error: RequestValidationError) -> JSONResponse:
        fields = [{"field": _field(item), "detail": _problem(item)} for item in error.errors()]
        sentence = "; ".join(f"{item['field']}: {_in_sentence(item['detail'])}" for item in fields)
        detail = f"The input does not hold: {sentence}."
        return problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, detail, kind=INVALID_INPUT, errors=fields)

    @app.exception_handler(HTTPException)
    async def on_http_error(request: Request, error: HTTPException) -> JSONResponse:
        detail = f"{request.method} {request.url.path}: {error.detail}. See /openapi.json for what there is."
        return problem(request, HTTPStatus(error.status_code), detail, kind="BadRequest")

    @app.exception_handler(Exception)
    async def on_defect(request: Request, error: Exception) -> JSONResponse:
        logger().error("request_failed", path=request.url.path, exc_info=error)
        detail = "The service failed; the reason is in its log. Try again, and report it if it stays."
        return problem(request, HTTPStatus.INTERNAL_SERVER_ERROR, detail, kind="Defect")


def status_of(error: FlockError) -> HTTPStatus:
    """The status of the nearest ancestor of ``error`` that has one."""
    return next(
        (STATUS_BY_ERROR[kind] for kind in type(error).__mro__ if kind in STATUS_BY_ERROR),
        HTTPStatus.INTERNAL_SERVER_ERROR,
    )


def answer_to(request: Request, error: FlockError) -> JSONResponse:
    """The problem that ``error`` is."""
    body = problem_of(error, request.url.path)
    return ProblemResponse(body, status_of(error), headers=_headers_of(error))


def problem_of(error: FlockError, instance: str) -> Mapping[str, object]:
    """``error`` as a problem document about ``instance``."""
    if not isinstance(error, BadFields):
        return _body(status_of(error), str(error), instance, type(error).__name__)
    fields = [{"field": field, "detail": detail} for field, detail in error.fields.items()]
    return _body(status_of(error), str(error), instance, INVALID_INPUT, fields)


def problem(
    request: Request,
    status: HTTPStatus,
    detail: str,
    *,
    kind: str,
    errors: Sequence[dict[str, str]] | None = None,
) -> JSONResponse:
    """A problem+json answer; ``kind`` is a class name, ``errors`` lists the fields at fault."""
    body = _body(status, detail, request.url.path, kind, errors)
    return ProblemResponse(body, status)


def _body(
    status: HTTPStatus,
    detail: str,
    instance: str,
    kind: str,
    errors: Sequence[dict[str, str]] | None = None,
) -> Mapping[str, object]:
    words = re.sub(r"(?<!^)(?=[A-Z])", " ", kind).lower()
    body: dict[str, object] = {
        "type": f"urn:flock:{words.replace(' ', '-')}",
        "title": words.capitalize(),
        "status": int(status),
        "detail": detail,
        "instance": instance,
    }
    return body if errors is None else {**body, "errors": list(errors)}


def _headers_of(error: FlockError) -> Mapping[str, str]:
    match error:
        case TooManyRequests(retry_after=seconds) | InProgress(retry_after=seconds):
            return {"Retry-After": str(seconds)}
        case OffsetMismatch(offset=offset):
            return {OFFSET_HEADER: str(offset)}
        case NotSignedIn():
            return {"WWW-Authenticate": "Bearer"}
        case Unauthenticated(signs=signs):
            return {"WWW-Authenticate": f'EIP712 types="{signs}"'}
        case Transient() if status_of(error) is HTTPStatus.SERVICE_UNAVAILABLE:
            return {"Retry-After": "1"}
    return {}


def _problem(item: Mapping[str, Any]) -> str:
    """Our own sentences as they are, without pydantic's words before them."""
    if item["type"] == "value_error":
        return str(item["ctx"]["error"])
    return str(item["msg"])


def _in_sentence(detail: str) -> str:
    return detail[:1].lower() + detail[1:].removesuffix(".")


def _field(item: Mapping[str, Any]) -> str:
    """``("query", "task")`` is ``task``, ``("body", "seats", 3)`` is ``seats.3``; no JSON at all is ``body``."""
    location: Sequence[int | str] = item["loc"]
    named = [] if item["type"] == "json_invalid" else location[1:]
    return ".".join(map(str, named)) or str(location[0])
