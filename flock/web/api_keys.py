"""API keys: what a program shows in place of a session, for as long as its owner lets it.

A database that leaks gives no key away: of every key only the hash is in it.
"""

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy import CursorResult, delete, func, select

from flock.protocol.core.cid import digest_of
from flock.store.database import Database
from flock.web.errors import Conflict, NotFound
from flock.web.models import ApiKey

PREFIX = "flk_"
SECRET_BYTES = 32
MOST_KEYS = 20
ID_DIGITS = 16
SHOWN_DIGITS = 8


@dataclass(frozen=True)
class KeyInfo:
    """What is known of a key: everything but the key. ``begins`` is how it begins, ``made_at`` seconds since the
    epoch."""

    id: str
    label: str
    begins: str
    made_at: int


@dataclass(frozen=True)
class NewKey:
    """A key that was just made; its ``secret`` is shown this once."""

    secret: str
    info: KeyInfo


class ApiKeys:
    """The API keys of one service, by the clock ``now``. A key belongs to the account that made it."""

    def __init__(self, database: Database, now: Callable[[], float] = time.time) -> None:
        self._database = database
        self._now = now

    def make(self, account: str, label: str) -> NewKey:
        """A key of ``account``. Raises Conflict if it has as many as it may."""
        secret = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
        row = ApiKey(
            secret_hash=_hash(secret),
            account=account,
            label=label,
            begins=secret[: len(PREFIX) + SHOWN_DIGITS],
            made_at=int(self._now()),
        )
        with self._database.writing() as session:
            count = select(func.count()).select_from(ApiKey).where(ApiKey.account == account)
            if int(session.scalar(count) or 0) >= MOST_KEYS:
                raise Conflict(f"{account} has {MOST_KEYS} keys, and may have no more: revoke one first.")
            session.add(row)
        return NewKey(secret, _info(row))

    def of(self, account: str) -> Sequence[KeyInfo]:
        """The keys of ``account``, oldest first."""
        query = select(ApiKey).where(ApiKey.account == account).order_by(ApiKey.made_at, ApiKey.secret_hash)
        with self._database.reading() as session:
            return [_info(row) for row in session.scalars(query)]

    def revoke(self, account: str, key: str) -> None:
        """Forget the key with the id ``key``, at once. Raises NotFound if ``account`` has none of that id."""
        with self._database.writing() as session:
            rows = session.scalars(select(ApiKey).where(ApiKey.account == account))
            hashes = [row.secret_hash for row in rows if _info(row).id == key]
            gone = delete(ApiKey).where(ApiKey.secret_hash.in_(hashes))
            if cast("CursorResult[None]", session.execute(gone)).rowcount != 1:
                raise NotFound(
                    f"{account} has no key with the id {key[:ID_DIGITS]!r}: GET /api-keys lists them."
                )

    def find(self, secret: str) -> str | None:
        """The account that the key belongs to, unless it was revoked or never made."""
        if not secret.startswith(PREFIX):
            return None
        with self._database.reading() as session:
            row = session.get(ApiKey, _hash(secret))
        return None if row is None else row.account


def _hash(secret: str) -> bytes:
    """A key has 256 random bits: nobody can try them all, so its hash needs no salt."""
    return digest_of(secret.encode(errors="backslashreplace"))


def _info(row: ApiKey) -> KeyInfo:
    return KeyInfo(row.secret_hash.hex()[:ID_DIGITS], row.label, row.begins, row.made_at)
