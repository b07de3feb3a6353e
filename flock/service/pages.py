"""What a browser shows of a service: what it is, and its operations. The pages load nothing from elsewhere."""

from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from html import escape
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from flock.protocol.core.commitments import Domain
from flock.service.health import deployment_of

router = APIRouter(include_in_schema=False)

STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "td,th{text-align:left;padding:.2rem 1rem .2rem 0;vertical-align:top}code{overflow-wrap:anywhere}"
)
# No script, no picture, no frame: nothing but the style above.
POLICY = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(STYLE.encode()).digest()).decode()}'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
METHODS = ("get", "head", "post", "put", "delete")


@router.get("/")
def landing(request: Request, deployment: Annotated[Domain, Depends(deployment_of)]) -> HTMLResponse:
    """What this is, and where to go."""
    facts = {
        "version": request.app.version,
        "chain": str(deployment.chain_id),
        "deployment (TaskManager)": deployment.contract,
    }
    places = {
        "docs": "all operations",
        "openapi.json": "the same as an OpenAPI document, for Swagger UI, Redoc, Postman and generators of clients",
        "tasks": "the tasks",
        "health": "whether the rows are up to date",
        "metrics": "for Prometheus",
    }
    return _page(
        request.app.title,
        "<p>This service stores the models and updates of federated-learning tasks and indexes what their chain "
        "says. Nobody has to trust it: bytes are checked against digests on the chain.</p>"
        + _table(
            f"<tr><th>{escape(name)}</th><td><code>{escape(value)}</code></td>"
            for name, value in facts.items()
        )
        + _table(
            f'<tr><td><a href="{path}">/{path}</a></td><td>{escape(what)}</td>'
            for path, what in places.items()
        ),
    )


@router.get("/docs")
def operations(request: Request) -> HTMLResponse:
    """Every operation, by its group."""
    groups: dict[str, list[str]] = {}
    for path, item in request.app.openapi()["paths"].items():
        for method in METHODS:
            if method in item:
                group = (item[method].get("tags") or ["others"])[0]
                groups.setdefault(group, []).append(_row(method, path, item[method]))
    body = "".join(f"<h2>{escape(group.capitalize())}</h2>{_table(rows)}" for group, rows in groups.items())
    note = (
        '<p>Parameters, bodies and answers, with examples, are in <a href="openapi.json">/openapi.json</a>; open it '
        "with Swagger UI, Redoc, Postman or any other tool for OpenAPI.</p>"
    )
    return _page(f"{request.app.title}: operations", note + body)


def _row(method: str, path: str, operation: dict[str, Any]) -> str:
    summary = escape(operation.get("summary", ""))
    return f"<tr><td>{method.upper()}</td><td><code>{escape(path)}</code></td><td>{summary}</td>"


def _table(rows: Iterable[str]) -> str:
    return f"<table>{''.join(rows)}</table>"


def _page(title: str, body: str) -> HTMLResponse:
    name = escape(title)
    return HTMLResponse(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{name}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style><h1>{name}</h1>{body}</html>',
        headers={"Content-Security-Policy": POLICY},
    )
