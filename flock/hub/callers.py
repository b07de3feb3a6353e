"""Who asks a hub, and what of a request's body is read."""

from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError

from flock.errors import Refused
from flock.hub.errors import InvalidKey
from flock.web.api_key_endpoints import Keys
from flock.web.errors import NotSignedIn, TooLarge
from flock.web.strict_json import parsed_json

Model = TypeVar("Model", bound=BaseModel)


def _caller(request: Request, keys: Keys) -> str | None:
    given = request.headers.get("Authorization")
    if given is None:
        return None
    scheme, _, secret = given.partition(" ")
    account = keys.find(secret.strip()) if scheme.lower() == "bearer" else None
    if account is None:
        raise InvalidKey(
            "The key is none of this hub's, or was revoked: make one with POST /api-keys and send it as "
            "Authorization: Bearer flk_…"
        )
    return account


def _account(caller: Annotated[str | None, Depends(_caller)]) -> str:
    if caller is None:
        raise NotSignedIn("This needs a key: make one with POST /api-keys, then set HF_TOKEN to it.")
    return caller


Caller = Annotated[str | None, Depends(_caller)]
"""The account whose key the request carries; None if it carries none."""
KeyOwner = Annotated[str, Depends(_account)]
"""The account whose key the request carries."""


async def body_of(request: Request, most: int) -> bytes:
    """The body of ``request``. Raises TooLarge as soon as it has more than ``most`` bytes."""
    found = bytearray()
    async for piece in request.stream():
        found += piece
        if len(found) > most:
            raise TooLarge(f"The request has more than {most} bytes: send it in parts.")
    return bytes(found)


def shaped(shape: type[Model], data: bytes) -> Model:
    """The JSON in ``data`` as ``shape``. Raises Refused, and says where it does not hold."""
    found: Any = parsed_json(data, "body")
    try:
        return shape.model_validate(found)
    except ValidationError as problem:
        first = problem.errors()[0]
        field = ".".join(map(str, first["loc"])) or "body"
        raise Refused(f"The request does not hold: {field}: {first['msg'].lower()}.") from None
