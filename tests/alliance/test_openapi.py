"""The OpenAPI document has an example of every request and answer, and says of every operation what may go wrong."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from flock.alliance import product
from flock.arena import product as arena
from flock.marketplace import product as market
from flock.service import app as service
from flock.store.database import open_database
from flock.web import metrics
from flock.web.app import build_app
from flock.web.background import Background
from flock.web.errors import MEDIA_TYPE
from flock.web.problems import ProblemDocument

JSON = "application/json"
ROUTERS = (*product.ROUTERS, *arena.ROUTERS, *market.ROUTERS, *service.ROUTERS)
ROUTES = [
    pytest.param(route, id=f"{method} {route.path}")
    for router in (*ROUTERS, metrics.router)
    for route in router.routes
    if isinstance(route, APIRoute)
    for method in route.methods
]


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    database = open_database(str(tmp_path_factory.mktemp("openapi") / "flock.db"))
    yield build_app("documented", database, ROUTERS, Background([], 60)).openapi()
    database.close()


def operation(document: dict[str, Any], route: APIRoute) -> dict[str, Any]:
    [method] = route.methods
    found: dict[str, Any] = document["paths"][route.path][method.lower()]
    return found


def examples(document: dict[str, Any], content: dict[str, Any]) -> list[Any]:
    """Those beside a schema, or in the schema it refers to."""
    if "example" in content:
        return [content["example"]]
    name = content["schema"].get("$ref", "").rpartition("/")[2]
    found: list[Any] = document["components"]["schemas"].get(name, {}).get("examples", [])
    return found


@pytest.mark.parametrize("route", ROUTES)
def test_it_says_what_the_operation_does(document: dict[str, Any], route: APIRoute) -> None:
    assert operation(document, route)["summary"]
    assert operation(document, route)["description"]


@pytest.mark.parametrize("route", ROUTES)
def test_examples_of_requests_hold(document: dict[str, Any], route: APIRoute) -> None:
    if route.body_field is None:
        return
    content = operation(document, route)["requestBody"]["content"][JSON]
    adapter = TypeAdapter(route.body_field.field_info.annotation)
    assert examples(document, content)
    for example in examples(document, content):
        adapter.validate_python(example)


@pytest.mark.parametrize("route", ROUTES)
def test_examples_of_answers_hold(document: dict[str, Any], route: APIRoute) -> None:
    for status, answer in operation(document, route)["responses"].items():
        content = answer.get("content", {}).get(JSON)
        if status.startswith("2") and content and route.response_model:
            assert examples(document, content)
            for example in examples(document, content):
                TypeAdapter(route.response_model).validate_python(example)


@pytest.mark.parametrize("route", ROUTES)
def test_it_says_what_may_go_wrong(document: dict[str, Any], route: APIRoute) -> None:
    described = operation(document, route)
    responses = described["responses"]
    failures = {status for status in responses if status >= "400"}
    assert {"422", "429", "503"} <= failures
    assert "401" in failures or "security" not in described
    for status in failures:
        content = responses[status]["content"]
        assert list(content) == [MEDIA_TYPE]
        for example in content[MEDIA_TYPE]["examples"].values():
            assert ProblemDocument.model_validate(example["value"]).status == int(status)


def test_nothing_refers_to_a_schema_that_is_not_there(document: dict[str, Any]) -> None:
    def references(part: object) -> Iterator[str]:
        if isinstance(part, dict):
            yield from (value for name, value in part.items() if name == "$ref")
            for inner in part.values():
                yield from references(inner)
        elif isinstance(part, list):
            for inner in part:
                yield from references(inner)

    known = document["components"]["schemas"]
    assert {reference.rpartition("/")[2] for reference in references(document)} <= known.keys()


def test_the_document_needs_no_database(tmp_path: Path) -> None:
    """It is made of the routes alone, so that it can be published beside the code."""
    database = open_database(str(tmp_path / "empty.db"))
    app = build_app("documented", database, ROUTERS, Background([], 60))
    assert app.openapi()["info"]["title"] == "documented"
    database.close()
