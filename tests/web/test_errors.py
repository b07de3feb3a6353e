"""Every failure of a service is a problem that names the input and the way out (RFC 9457)."""

from collections.abc import Iterator
from typing import Annotated

import httpx
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI, Query, Request

from flock.errors import (
    BadArrays,
    BadBlob,
    BlobUnavailable,
    ContractRefused,
    FlockError,
    NotDeployed,
    Refused,
    RpcUnavailable,
    ServiceUnavailable,
    UnknownTask,
)
from flock.web import errors
from flock.web.fields import Account, Amount, TaskPath

SENTENCE = "The input was this. Do that."

STATUSES = {
    errors.NotSignedIn: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    UnknownTask: 404,
    BlobUnavailable: 404,
    errors.LengthUnknown: 411,
    errors.TooLarge: 413,
    errors.TooManyRequests: 429,
    Refused: 422,
    BadBlob: 422,
    BadArrays: 422,
    ContractRefused: 422,
    NotDeployed: 500,
    RpcUnavailable: 503,
    ServiceUnavailable: 503,
    errors.DiskFull: 507,
}


def test_what_utf_8_cannot_write_is_repeated_all_the_same() -> None:
    request = Request({"type": "http", "path": "/", "headers": [], "query_string": b"", "server": ("a", 80)})
    answer = errors.answer_to(request, errors.BadFields({"metadata.train.\ud800": "write a number."}))
    assert b"metadata.train.\\ud800" in answer.body


def failing_app(error: Exception) -> FastAPI:
    app = FastAPI()
    errors.install_problem_handlers(app)

    @app.get("/fails")
    def fails() -> None:
        raise error

    @app.get("/tasks/{task}")
    def task(task: TaskPath, account: Account, limit: Annotated[int, Query(ge=1)] = 10) -> dict[str, Amount]:
        return {"amount": 10**30}

    return app


@pytest.fixture(scope="module")
def portal() -> Iterator[BlockingPortal]:
    with start_blocking_portal() as opened:
        yield opened


def ask(portal: BlockingPortal, app: FastAPI, path: str, method: str = "GET") -> httpx.Response:
    async def request() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            return await client.request(method, path)

    return portal.call(request)


@pytest.mark.parametrize(
    ("kind", "status"), STATUSES.items(), ids=lambda value: getattr(value, "__name__", "")
)
def test_every_error_has_its_status_and_says_its_sentence(
    portal: BlockingPortal, kind: type[FlockError], status: int
) -> None:
    answer = ask(portal, failing_app(kind(SENTENCE)), "/fails")
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["detail"] == SENTENCE
    assert problem["instance"] == "/fails"


def test_a_problem_is_typed_by_its_error(portal: BlockingPortal) -> None:
    problem = ask(portal, failing_app(UnknownTask(SENTENCE)), "/fails").json()
    assert (problem["type"], problem["title"]) == ("urn:flock:unknown-task", "Unknown task")


def test_errors_in_fields_are_listed_by_field(portal: BlockingPortal) -> None:
    error = errors.BadFields({"bounty": "too small.", "parameters.rule": "choose 0 to 6."})
    answer = ask(portal, failing_app(error), "/fails")
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:flock:invalid-input"
    assert [item["field"] for item in answer.json()["errors"]] == ["bounty", "parameters.rule"]
    assert (
        answer.json()["detail"]
        == "The input does not hold: bounty: too small; parameters.rule: choose 0 to 6."
    )


def test_who_has_not_signed_is_told_what_to_sign(portal: BlockingPortal) -> None:
    answer = ask(portal, failing_app(errors.Unauthenticated(SENTENCE, "Offer")), "/fails")
    assert (answer.status_code, answer.json()["detail"]) == (401, SENTENCE)
    assert answer.headers["WWW-Authenticate"] == 'EIP712 types="Offer"'


@pytest.mark.parametrize(
    ("error", "header", "value"),
    [
        (errors.NotSignedIn(SENTENCE), "WWW-Authenticate", "Bearer"),
        (errors.TooManyRequests(SENTENCE, 7), "Retry-After", "7"),
        (RpcUnavailable(SENTENCE), "Retry-After", "1"),
    ],
)
def test_a_problem_says_in_a_header_what_a_program_does_next(
    portal: BlockingPortal, error: FlockError, header: str, value: str
) -> None:
    assert ask(portal, failing_app(error), "/fails").headers[header] == value


def test_a_defect_tells_nothing_of_the_inside(portal: BlockingPortal) -> None:
    answer = ask(portal, failing_app(RuntimeError("password=secret")), "/fails")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.json()["type"] == "urn:flock:defect"


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/tasks/0?account=0x000000000000000000000000000000000000dEaD", "task"),
        ("/tasks/one?account=0x000000000000000000000000000000000000dEaD", "task"),
        ("/tasks/99999999999999999999?account=0x000000000000000000000000000000000000dEaD", "task"),
        ("/tasks/1?account=0x12", "account"),
        ("/tasks/1?account=0x000000000000000000000000000000000000dEAD", "account"),
        ("/tasks/1", "account"),
        ("/tasks/1?account=0x000000000000000000000000000000000000dEaD&limit=0", "limit"),
    ],
)
def test_invalid_input_names_the_field(portal: BlockingPortal, path: str, field: str) -> None:
    answer = ask(portal, failing_app(Refused(SENTENCE)), path)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert field in answer.json()["detail"]


def test_an_amount_travels_as_decimal_text(portal: BlockingPortal) -> None:
    path = "/tasks/1?account=0x000000000000000000000000000000000000dead"
    assert ask(portal, failing_app(Refused(SENTENCE)), path).json() == {"amount": str(10**30)}


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nowhere", 404), ("POST", "/fails", 405)])
def test_a_wrong_address_or_method_is_a_problem_too(
    portal: BlockingPortal, method: str, path: str, status: int
) -> None:
    answer = ask(portal, failing_app(Refused(SENTENCE)), path, method)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert path in answer.json()["detail"]
