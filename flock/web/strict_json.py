"""JSON that every reader understands alike: UTF-8 without a byte order mark, and no name twice in an object."""

import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from flock.web.errors import BadFields

LONGEST_INTEGER = 40  # digits
DEEPEST = 16
TOO_DEEP = f"it is nested deeper than {DEEPEST} levels."


def parsed_json(data: bytes, what: str) -> Any:
    """The JSON in ``data``. Raises BadFields, calling it ``what``; its numbers are for others to judge."""
    try:
        return json.loads(_text(data), object_pairs_hook=_object, parse_int=_integer)
    except json.JSONDecodeError as problem:
        detail = f"it is not JSON: {problem.msg}, line {problem.lineno}, column {problem.colno}."
    except UnicodeDecodeError:
        detail = "it is not JSON: it is not UTF-8."
    except RecursionError:
        detail = TOO_DEEP
    except ValueError as problem:
        detail = str(problem)
    raise BadFields({what: detail})


class StrictJsonRoute(APIRoute):
    """Reads the body with ``parsed_json``, before anything else is done."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def strictly(request: Request) -> Response:
            strict = _StrictRequest(request.scope, request.receive)
            await strict.json()
            return await handle(strict)

        return strictly


class _StrictRequest(Request):
    async def json(self) -> Any:
        return parsed_json(await self.body(), "body")


def _text(data: bytes) -> str:
    text = data.decode()
    if text.startswith("\ufeff"):
        raise ValueError("it begins with a byte order mark; save it as UTF-8 without one.")
    return text


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"an object in it has the name {name[:80]!r} twice; give each name once.")
        found[name] = value
    return found


def _integer(digits: str) -> int:
    """Python refuses to read thousands of digits; a number of 40 is out of every range as well."""
    return int(digits[:LONGEST_INTEGER])
