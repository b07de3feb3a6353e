"""Errors in the OpenAPI document: every operation says which problems it answers."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, Field

from flock.errors import FlockError, ServiceUnavailable
from flock.web.errors import MEDIA_TYPE, BadFields, TooManyRequests, problem_of, status_of

Responses = dict[int | str, dict[str, Any]]


class FieldProblem(BaseModel):
    """What is wrong with one field."""

    field: str
    detail: str


class ProblemDocument(BaseModel):
    """Why a request was not answered (RFC 9457); ``errors`` lists the fields at fault, if any are."""

    type: str = Field(description="urn:flock: and what kind of error it is")
    title: str
    status: int
    detail: str = Field(description="What was wrong with which input, and what to do")
    instance: str
    errors: list[FieldProblem] | None = None


def problems(*errors: FlockError) -> Responses:
    """What FastAPI takes as ``responses``: a problem for each error, with its sentence in the example."""
    found: Responses = {}
    for error in errors:
        status = status_of(error)
        entry = found.setdefault(int(status), _entry(status))
        entry["content"][MEDIA_TYPE]["examples"][type(error).__name__] = {"value": problem_of(error, "/…")}
    return found


def _entry(status: HTTPStatus) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": status.phrase, "content": {MEDIA_TYPE: {"schema": schema, "examples": {}}}}


COMMON = problems(
    BadFields({"limit": "input should be less than or equal to 1000"}),
    TooManyRequests("127.0.0.1 may send 6000 requests a minute, and has: go on in 12 seconds.", 12),
    ServiceUnavailable("The RPC at 127.0.0.1:8545 cannot be reached: start the chain, or correct `rpc`."),
)
"""What every operation may answer."""


def document_problems(app: FastAPI) -> None:
    """Give the OpenAPI document of ``app`` the schema that the problems refer to."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(
                title=app.title, version=app.version, description=app.description, routes=app.routes
            )
            schema = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            schemas.update({**schema.pop("$defs"), "Problem": schema})
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
