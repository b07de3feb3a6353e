"""Making, listing and revoking API keys over HTTP, in a session that a wallet has opened."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Path, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from flock.web.api_keys import ID_DIGITS, MOST_KEYS, ApiKeys, KeyInfo
from flock.web.errors import Conflict, NotFound, NotSignedIn
from flock.web.fields import EXAMPLE_ACCOUNT
from flock.web.problems import problems
from flock.web.router import PathRules, Router
from flock.web.sessions import SignedIn

router = Router("api-keys", PathRules(creations=("/api-keys",)))

LONGEST_LABEL = 80
EXAMPLE_ID = "5f2a9c41d07be386"
EXAMPLE: dict[str, JsonValue] = {
    "id": EXAMPLE_ID,
    "label": "the trainer in Basel",
    "begins": "flk_mJ0oJXQ3",
    "made_at": 1896091800,
}
EXAMPLE_SECRET = "flk_mJ0oJXQ3yq2m8iN3sYyqk0G5o0d0b1W4T0V9yXw1b2E"  # noqa: S105 - an example
NO_SESSION = problems(NotSignedIn("The session has ended, or there never was one: sign in again."))


def _printable(label: str) -> str:
    if not label.isprintable():
        raise ValueError("write it on one line, without control characters.")
    return label


class KeyRequest(BaseModel):
    """What the owner calls the key."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"label": "the trainer in Basel"}]}
    )

    label: Annotated[str, AfterValidator(_printable)] = Field(min_length=1, max_length=LONGEST_LABEL)


class KeyAnswer(BaseModel):
    """What is known of a key."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    id: str
    label: str
    begins: str = Field(description="How the key begins, to be told from others")
    made_at: int = Field(description="seconds since the epoch")


class NewKeyAnswer(KeyAnswer):
    """A new key; the key itself is shown this once."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"key": EXAMPLE_SECRET, **EXAMPLE}]})

    key: str = Field(description="to be sent as Authorization: Bearer <key>")


def api_keys_of(request: Request) -> ApiKeys:
    """The API keys of the app."""
    keys: ApiKeys = request.app.state.api_keys
    return keys


Keys = Annotated[ApiKeys, Depends(api_keys_of)]


@router.post(
    "/api-keys",
    status_code=HTTPStatus.CREATED,
    summary="Make an API key",
    responses={
        **NO_SESSION,
        **problems(
            Conflict(f"{EXAMPLE_ACCOUNT} has {MOST_KEYS} keys, and may have no more: revoke one first.")
        ),
    },
)
def make_key(keys: Keys, account: SignedIn, response: Response, asked: KeyRequest) -> NewKeyAnswer:
    """A key that acts for the account that is signed in, until it is revoked."""
    response.headers["Cache-Control"] = "no-store"
    made = keys.make(account, asked.label)
    return NewKeyAnswer(key=made.secret, **_said(made.info).model_dump())


@router.get("/api-keys", summary="List API keys", responses=NO_SESSION)
def list_keys(keys: Keys, account: SignedIn) -> list[KeyAnswer]:
    """The keys of the account that is signed in, oldest first, without the keys themselves."""
    return [_said(info) for info in keys.of(account)]


@router.delete(
    "/api-keys/{key}",
    status_code=HTTPStatus.NO_CONTENT,
    summary="Revoke an API key",
    responses={
        **NO_SESSION,
        **problems(
            NotFound(f"{EXAMPLE_ACCOUNT} has no key with the id '{EXAMPLE_ID}': GET /api-keys lists them.")
        ),
    },
)
def revoke_key(
    keys: Keys,
    account: SignedIn,
    key: Annotated[str, Path(max_length=ID_DIGITS, description="Id of the key")],
) -> None:
    """The key opens nothing from now on."""
    keys.revoke(account, key)


def _said(info: KeyInfo) -> KeyAnswer:
    return KeyAnswer(id=info.id, label=info.label, begins=info.begins, made_at=info.made_at)
