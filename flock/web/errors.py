"""The one place where an error becomes an HTTP status: every failure is a problem+json answer (RFC 9457)."""

import re
from collections.abc import Sequence
from http import HTTPStatus

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

MEDIA_TYPE = "application/problem+json"


class NotFound(Refused):
    """No such thing here."""


class Unauthenticated(Refused):
    """The request does not prove who sent it."""


class Forbidden(Refused):
    """Who sent the request may not do this."""


class LengthUnknown(Refused):
    """An upload that does not say how long it is."""


class TooLarge(Refused):
    """More bytes than this service takes."""


class DiskFull(Transient):
    """The service has no room left."""


STATUS_BY_ERROR: dict[type[FlockError], HTTPStatus] = {
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    UnknownTask: HTTPStatus.NOT_FOUND,
    BlobUnavailable: HTTPStatus.NOT_FOUND,
    LengthUnknown: HTTPStatus.LENGTH_REQUIRED,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    DiskFull: HTTPStatus.INSUFFICIENT_STORAGE,
    Refused: HTTPStatus.UNPROCESSABLE_ENTITY,
    Transient: HTTPStatus.SERVICE_UNAVAILABLE,
    Misconfigured: HTTPStatus.INTERNAL_SERVER_ERROR,
}

HEADERS_BY_STATUS = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": 'EIP712 types="BlobUpload"'},
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": "1"},
}


def install_problem_handlers(app: FastAPI) -> None:
    """Answer every error of ``app`` as a problem."""

    @app.exception_handler(FlockError)
    async def on_flock_error(request: Request, error: FlockError) -> JSONResponse:
        return problem(request, status_of(error), str(error), kind=type(error).__name__)

    @app.exception_handler(RequestValidationError)
    async def on_invalid_input(request: Request, error: RequestValidationError) -> JSONResponse:
        fields = [{"field": _field(item["loc"]), "detail": str(item["msg"])} for item in error.errors()]
        sentence = "; ".join(f"{item['field']}: {item['detail'].lower()}" for item in fields)
        detail = f"The input does not hold: {sentence}."
        return problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, detail, kind="InvalidInput", errors=fields)

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


def problem(
    request: Request,
    status: HTTPStatus,
    detail: str,
    *,
    kind: str,
    errors: Sequence[dict[str, str]] | None = None,
) -> JSONResponse:
    """A problem+json answer; ``kind`` is a class name, ``errors`` lists the fields at fault."""
    words = re.sub(r"(?<!^)(?=[A-Z])", " ", kind).lower()
    body: dict[str, object] = {
        "type": f"urn:flock:{words.replace(' ', '-')}",
        "title": words.capitalize(),
        "status": int(status),
        "detail": detail,
        "instance": request.url.path,
    }
    if errors is not None:
        body["errors"] = list(errors)
    return JSONResponse(body, status, headers=HEADERS_BY_STATUS.get(status), media_type=MEDIA_TYPE)


def _field(location: Sequence[int | str]) -> str:
    """``("query", "task")`` is ``task``, ``("body", "seats", 3)`` is ``seats.3``."""
    return ".".join(str(part) for part in location[1:]) or str(location[0])
