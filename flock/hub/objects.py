"""Bytes on their way into a hub: announced, sent under a ticket, then waiting for the commit that names them."""

import re
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Select, and_, exists, func, select
from sqlalchemy.orm import Session

from flock.errors import Refused, ServiceUnavailable
from flock.hub.limits import HubLimits
from flock.hub.models import HubFile, HubObject
from flock.hub.safetensors_header import HeaderCheck, is_safetensors
from flock.protocol.core.cid import cid_of, digest_of
from flock.store.blobs import BlobBackend
from flock.store.database import Database
from flock.web.errors import Forbidden, NotFound, TooLarge
from flock.web.intake import Intake

TICKET_BYTES = 32
_TICKET = re.compile(r"[A-Za-z0-9_-]{43}")
MOST_AT_ONCE = 50
"""Objects removed in one transaction: uploads wait for it."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """What was announced; with the ``ticket`` to send it under, unless its bytes are here from this account."""

    digest: bytes
    size: int
    ticket: str | None


class Objects:
    """What accounts have brought to a hub, in ``blobs``, by the clock ``now``."""

    def __init__(
        self,
        database: Database,
        blobs: BlobBackend,
        limits: HubLimits,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._limits = limits
        self._now = now
        self._intake = Intake(blobs, limits.spare, limits.idle_seconds)
        self._arriving: set[tuple[bytes, str]] = set()

    def announce(self, account: str, wanted: Sequence[tuple[bytes, int]]) -> list[Announcement]:
        """Count ``wanted``, digests and sizes, towards the quota of ``account``; tickets for what is missing.

        Each digest is answered once. What is announced again keeps its ticket: clients may ask twice for the same.
        Raises TooLarge, DiskFull, and Forbidden above a quota.
        """
        sizes = dict(wanted)
        for size in sizes.values():
            self._refuse_too_large(size)
        with self._database.writing() as session:
            missing = {
                digest: size
                for digest, size in sizes.items()
                if not self._is_held(session, account, digest, size)
            }
            self._refuse_above_quota(session, account, missing)
            tickets = {
                digest: self._ticket(session, account, digest, size) for digest, size in missing.items()
            }
        return [Announcement(digest, size, tickets.get(digest)) for digest, size in sizes.items()]

    async def receive(self, ticket: str, body: AsyncIterator[bytes]) -> None:
        """Store ``body`` as the object that ``ticket`` was given for; sending it again changes nothing.

        Raises NotFound for a ticket that is over, ServiceUnavailable while the object is on its way already, and what
        an intake and a header check raise.
        """
        row = await run_in_threadpool(self._ticketed, ticket)
        if row.stored_at is not None:
            await _discard(body, row.size)
            return
        with self._alone(row):
            check = HeaderCheck(row.size)
            await self._intake.take(cid_of(row.digest), row.size, body, check)
            await run_in_threadpool(self._confirm, row, is_safetensors=check.is_safetensors)

    def keep(self, account: str, small: Sequence[bytes]) -> None:
        """Store what came whole within a commit. Raises as ``announce``, and Refused for a broken header."""
        checked = {digest_of(data): (data, is_safetensors(data)) for data in small}
        self.announce(account, [(digest, len(data)) for digest, (data, _) in checked.items()])
        for digest, (data, _) in checked.items():
            with self._blobs.incoming(len(data)) as blob:
                blob.write(data)
                self._blobs.keep(blob, cid_of(digest))
        with self._database.writing() as session:
            for digest, (data, is_one) in checked.items():
                self._store(session, HubObject(digest=digest, account=account, size=len(data)), is_one)

    def require_stored(self, account: str, digest: bytes, size: int) -> None:
        """Raises NotFound unless ``account`` has brought these bytes."""
        with self._database.reading() as session:
            row = session.get(HubObject, (digest, account))
        if row is None or row.stored_at is None or row.size != size:
            raise NotFound(f"{size} bytes with the SHA-256 {digest.hex()} have not come: upload them first.")

    def brought(self, session: Session, account: str, digest: bytes) -> HubObject:
        """The object, for a commit. Raises Refused unless ``account`` has brought it."""
        row = session.get(HubObject, (digest, account))
        if row is None or row.stored_at is None or not self._blobs.has(cid_of(digest)):
            raise Refused(
                f"The bytes with the SHA-256 {digest.hex()} have not come from {account}, or waited too long: upload "
                f"them, then commit."
            )
        return row

    def collect(self) -> int:
        """Remove what has waited too long for its commit, or for its bytes; how many objects went.

        Bytes go before their row: killed between the two, the next run finds a row without bytes and forgets it.
        """
        with self._database.writing() as session:
            waste = list(session.scalars(self._waste()))
            for row in waste:
                if not self._has_other(session, row):
                    self._blobs.remove(cid_of(row.digest))
                session.delete(row)
                session.flush()
            return len(waste)

    def _is_held(self, session: Session, account: str, digest: bytes, size: int) -> bool:
        """Whether the bytes are here from this account; then they wait anew for their commit."""
        row = session.get(HubObject, (digest, account))
        if row is None or row.stored_at is None or not self._blobs.has(cid_of(digest)):
            return False
        if row.size != size:
            raise Refused(
                f"{digest.hex()} is the SHA-256 of {row.size} bytes, not {size}: announce it with its size."
            )
        row.announced_at = int(self._now())
        return True

    def _ticket(self, session: Session, account: str, digest: bytes, size: int) -> str:
        known = session.get(HubObject, (digest, account))
        ticket = (known and known.ticket) or secrets.token_urlsafe(TICKET_BYTES)
        row = HubObject(
            digest=digest,
            account=account,
            size=size,
            ticket=ticket,
            announced_at=int(self._now()),
            stored_at=None,
        )
        session.merge(row)
        return ticket

    def _ticketed(self, ticket: str) -> HubObject:
        row = None
        if _TICKET.fullmatch(ticket):  # no database takes every text
            with self._database.reading() as session:
                row = session.scalar(select(HubObject).where(HubObject.ticket == ticket))
        if row is None or row.announced_at + self._limits.ticket_seconds < self._now():
            raise NotFound(
                "The upload's URL is over, or was never given: ask for a new one and send it again."
            )
        if row.stored_at is None:
            self._refuse_too_large(row.size)  # the disk may have filled since
        return row

    @contextmanager
    def _alone(self, row: HubObject) -> Iterator[None]:
        """One ticket takes the room of one upload, however many connections show it."""
        key = (row.digest, row.account)
        if key in self._arriving:
            raise ServiceUnavailable(
                "These bytes are on their way already: send them again once they are here."
            )
        self._arriving.add(key)
        try:
            yield
        finally:
            self._arriving.discard(key)

    def _confirm(self, row: HubObject, *, is_safetensors: bool) -> None:
        """The row may have gone while the bytes came: then they count, and wait, anew."""
        with self._database.writing() as session:
            if session.get(HubObject, (row.digest, row.account)) is None:
                self._refuse_above_quota(session, row.account, {row.digest: row.size})
            self._store(session, row, is_safetensors)

    def _store(self, session: Session, row: HubObject, is_safetensors: bool) -> None:
        if not self._blobs.has(cid_of(row.digest)):
            raise ServiceUnavailable("The bytes were collected as they came: send them again.")
        now = int(self._now())
        session.merge(
            HubObject(
                digest=row.digest,
                account=row.account,
                size=row.size,
                ticket=row.ticket,
                announced_at=now,
                stored_at=now,
                is_safetensors=is_safetensors,
            )
        )

    def _refuse_too_large(self, size: int) -> None:
        if size > self._limits.file:
            raise TooLarge(
                f"The file has {size} bytes, this hub takes {self._limits.file}: send a smaller one."
            )
        self._intake.require_room(size)

    def _refuse_above_quota(self, session: Session, account: str, more: Mapping[bytes, int]) -> None:
        others = select(func.coalesce(func.sum(HubObject.size), 0), func.count()).where(
            HubObject.account == account, HubObject.digest.not_in(more)
        )
        taken, count = session.execute(others).one()
        if int(taken) + sum(more.values()) > self._limits.account:
            raise Forbidden(
                f"{account} has brought {taken} bytes, and {sum(more.values())} more would pass its quota of "
                f"{self._limits.account}: delete a repository, or ask the operator of this hub."
            )
        if count + len(more) > self._limits.objects:
            raise Forbidden(
                f"{account} has brought {count} files, and may bring no more than {self._limits.objects}: delete a "
                f"repository, or ask the operator of this hub."
            )

    def _waste(self) -> Select[HubObject]:
        is_named = exists().where(
            and_(HubFile.digest == HubObject.digest, HubFile.account == HubObject.account)
        )
        until = int(self._now()) - self._limits.uncommitted_seconds
        return select(HubObject).where(HubObject.announced_at < until, ~is_named).limit(MOST_AT_ONCE)

    def _has_other(self, session: Session, row: HubObject) -> bool:
        others = select(HubObject.account).where(
            HubObject.digest == row.digest, HubObject.account != row.account, HubObject.stored_at.is_not(None)
        )
        return session.scalar(others.limit(1)) is not None


async def _discard(body: AsyncIterator[bytes], most: int) -> None:
    """Read what a client sends a second time: it takes an answer only at the end."""
    seen = 0
    async for piece in body:
        seen += len(piece)
        if seen > most:
            return
