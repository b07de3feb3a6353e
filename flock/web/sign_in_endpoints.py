"""Signing in and out over HTTP."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from flock.web.errors import BadFields, NotSignedIn
from flock.web.fields import EXAMPLE_ACCOUNT, Account
from flock.web.problems import problems
from flock.web.router import PathRules, Router
from flock.web.sessions import OpenSession, Sessions, sessions_of
from flock.web.sign_in import LONGEST_MESSAGE, LONGEST_SIGNATURE, SignIn, statement_of

router = Router("sign-in", PathRules(sign_ins=("/nonce", "/sign-in")))

EXAMPLE_NONCE = "2f1c0e9a7d7b4c0d8a8c5a5f0a3c9e11"
EXAMPLE_RESOURCE = "eip155:31337:0x5FbDB2315678afecb367f032d93F642f64180aa3"
EXAMPLE_MESSAGE = f"""127.0.0.1:8700 wants you to sign in with your Ethereum account:
{EXAMPLE_ACCOUNT}

{statement_of("flock")}

URI: http://127.0.0.1:8700
Version: 1
Chain ID: 31337
Nonce: {EXAMPLE_NONCE}
Issued At: 2030-01-31T12:00:00Z
Expiration Time: 2030-01-31T12:10:00Z
Resources:
- {EXAMPLE_RESOURCE}"""
EXAMPLE_EXPIRY = 1896091800
NO_SESSION = problems(NotSignedIn("The session has ended, or there never was one: sign in again."))


class InvitationAnswer(BaseModel):
    """A nonce and all that a message must say; ``message`` is that message, if the account was named."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "nonce": EXAMPLE_NONCE,
                    "expires_at": EXAMPLE_EXPIRY,
                    "domain": "127.0.0.1:8700",
                    "uri": "http://127.0.0.1:8700",
                    "chain_id": 31337,
                    "resource": EXAMPLE_RESOURCE,
                    "message": EXAMPLE_MESSAGE,
                }
            ]
        }
    )

    nonce: str
    expires_at: int = Field(description="seconds since the epoch, by the service's clock")
    domain: str
    uri: str
    chain_id: int
    resource: str = Field(description="the contract, to be listed as the one resource (CAIP-10)")
    message: str | None


class SignInRequest(BaseModel):
    """A message of EIP-4361 and its signature."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"message": EXAMPLE_MESSAGE, "signature": "0x" + "5f" * 65}]},
    )

    message: str = Field(max_length=LONGEST_MESSAGE)
    signature: str = Field(
        max_length=LONGEST_SIGNATURE, description="EIP-191 (personal_sign), or what a contract wallet takes"
    )


class SessionAnswer(BaseModel):
    """Who is signed in, and until when."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"account": EXAMPLE_ACCOUNT, "expires_at": EXAMPLE_EXPIRY}]}
    )

    account: Account
    expires_at: int = Field(description="seconds since the epoch")


class SignedInAnswer(SessionAnswer):
    """A session; its token is shown this once."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "token": "mJ0oJXQ3yq2m8iN3sYyqk0G5o0d0b1W4T0V9yXw1b2E",
                    "account": EXAMPLE_ACCOUNT,
                    "expires_at": EXAMPLE_EXPIRY,
                }
            ]
        }
    )

    token: str = Field(description="to be sent as Authorization: Bearer <token>")


def sign_in_of(request: Request) -> SignIn:
    """The door of the app."""
    door: SignIn = request.app.state.sign_in
    return door


Door = Annotated[SignIn, Depends(sign_in_of)]


@router.get("/nonce", summary="Begin to sign in")
def nonce(
    door: Door,
    response: Response,
    account: Annotated[Account | None, Query(description="Who will sign")] = None,
) -> InvitationAnswer:
    """A nonce for one sign-in within ten minutes, and the message to sign."""
    response.headers["Cache-Control"] = "no-store"
    invitation, place = door.invite(account), door.place
    return InvitationAnswer(
        nonce=invitation.nonce,
        expires_at=invitation.expires_at,
        domain=place.domain,
        uri=place.url,
        chain_id=place.deployment.chain_id,
        resource=place.resource,
        message=invitation.message,
    )


@router.post(
    "/sign-in",
    summary="Sign in",
    responses=problems(
        NotSignedIn("The message ended at 2030-01-31T12:10:00Z: get a new one from /nonce?account=<yours>."),
        BadFields({"message": "it is not an EIP-4361 message; get one from /nonce?account=<yours>."}),
    ),
)
def sign_in(door: Door, response: Response, given: SignInRequest) -> SignedInAnswer:
    """A session for who signed the message: with its own key, or as a contract wallet (EIP-1271)."""
    response.headers["Cache-Control"] = "no-store"
    session = door.enter(given.message, given.signature)
    return SignedInAnswer(token=session.token, account=session.account, expires_at=session.expires_at)


@router.get("/session", summary="Who is signed in", responses=NO_SESSION)
def session(open_session: OpenSession, response: Response) -> SessionAnswer:
    """The account that the token belongs to."""
    response.headers["Cache-Control"] = "no-store"
    return SessionAnswer(account=open_session.account, expires_at=open_session.expires_at)


@router.post("/sign-out", status_code=HTTPStatus.NO_CONTENT, summary="Sign out", responses=NO_SESSION)
def sign_out(open_session: OpenSession, sessions: Annotated[Sessions, Depends(sessions_of)]) -> None:
    """End the session at once."""
    sessions.end(open_session.token)
