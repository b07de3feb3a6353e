"""Who has signed in: sessions by token, and the nonces that each sign-in uses up.

A database that leaks opens no session: of every token only the hash is in it.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import CursorResult, delete

from flock.protocol.core.cid import digest_of
from flock.store.database import Database
from flock.web.errors import NotSignedIn
from flock.web.models import Nonce, SignInSession

NONCE_SECONDS = 600
TOKEN_BYTES = 32
NONCE_BYTES = 16


@dataclass(frozen=True)
class Session:
    """A session that has begun; ``expires_at`` in seconds since the epoch."""

    token: str
    account: str
    expires_at: int


class Sessions:
    """The sessions of one service, each ``lifetime`` seconds long, by the clock ``now``."""

    def __init__(
        self, database: Database, lifetime: int = 86_400, now: Callable[[], float] = time.time
    ) -> None:
        self.now = now
        self._database = database
        self._lifetime = lifetime

    def invite(self) -> tuple[str, int]:
        """A nonce that one sign-in may use, and when it ends. What has ended is forgotten."""
        now = int(self.now())
        nonce = secrets.token_hex(NONCE_BYTES)
        with self._database.writing() as session:
            for table in (Nonce, SignInSession):
                session.execute(delete(table).where(table.expires_at <= now))
            session.add(Nonce(nonce=nonce, expires_at=now + NONCE_SECONDS))
        return nonce, now + NONCE_SECONDS

    def begin(self, account: str, nonce: str) -> Session:
        """A session of ``account`` for ``nonce``. Raises NotSignedIn if that is used, over, or not ours."""
        now = int(self.now())
        token = secrets.token_urlsafe(TOKEN_BYTES)
        with self._database.writing() as session:
            used_up = delete(Nonce).where(Nonce.nonce == nonce, Nonce.expires_at > now)
            if cast("CursorResult[None]", session.execute(used_up)).rowcount != 1:
                raise NotSignedIn(
                    "The message's nonce was used before, is older than ten minutes, or was not given by this "
                    "service: get one from /nonce and sign a new message."
                )
            opened = SignInSession(token_hash=_hash(token), account=account, expires_at=now + self._lifetime)
            session.add(opened)
        return Session(token, account, opened.expires_at)

    def find(self, token: str) -> Session | None:
        """The session of ``token``, unless it has ended."""
        with self._database.reading() as session:
            row = session.get(SignInSession, _hash(token))
        if row is None or row.expires_at <= self.now():
            return None
        return Session(token, row.account, row.expires_at)

    def end(self, token: str) -> None:
        """Forget the session of ``token``."""
        with self._database.writing() as session:
            session.execute(delete(SignInSession).where(SignInSession.token_hash == _hash(token)))


def _hash(token: str) -> bytes:
    """A token has 256 random bits: nobody can try them all, so its hash needs no salt."""
    return digest_of(token.encode())


bearer = HTTPBearer(auto_error=False, description="The token that POST /sign-in answers")


def sessions_of(request: Request) -> Sessions:
    """The sessions of the app."""
    sessions: Sessions = request.app.state.sessions
    return sessions


def _session(
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
    sessions: Annotated[Sessions, Depends(sessions_of)],
) -> Session:
    if given is None:
        raise NotSignedIn(
            "This needs a session: sign in with /nonce and /sign-in, then send Authorization: Bearer <token>."
        )
    found = sessions.find(given.credentials)
    if found is None:
        raise NotSignedIn("The session has ended, or there never was one: sign in again.")
    return found


def _account(session: Annotated[Session, Depends(_session)]) -> str:
    return session.account


OpenSession = Annotated[Session, Depends(_session)]
SignedIn = Annotated[str, Depends(_account)]
"""The account whose session the request carries."""
