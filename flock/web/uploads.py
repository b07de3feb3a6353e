"""Taking blobs in: from members only, no larger than allowed, and only as what they say they are."""

import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol

from fastapi.concurrency import run_in_threadpool
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from flock.errors import Refused, ServiceUnavailable
from flock.protocol.core.cid import cid_of
from flock.protocol.core.commitments import Domain
from flock.store.blobs import BlobBackend
from flock.store.database import Database
from flock.store.parts import Part
from flock.store.uploads import BlobUpload
from flock.web.errors import DiskFull, Forbidden, TooLarge, Unauthenticated
from flock.web.intake import Intake
from flock.web.models import DRAFT, BlobRow, StoredBlob

NO_ROOM_FOR_DRAFTS = "This service has no room for more drafts: make tasks of yours, or try again in a day."


class UploadPolicy(Protocol):
    """Who may upload for a task, as the chain has it."""

    @property
    def domain(self) -> Domain:
        """The deployment that signatures must name."""

    def require_belongs(self, task: int, account: str) -> None:
        """Raises Forbidden, and says what to do, if ``account`` has nothing to bring to ``task``."""

    def acts_for(self, account: str, signer: str) -> bool:
        """Whether ``signer`` is ``account`` or its operator."""


@dataclass(frozen=True, slots=True)
class Limits:
    """In bytes: one blob, all blobs of one account on one task, what must stay free on disk, all drafts of one
    account, all drafts together; in seconds: how long an upload may send nothing.
    """

    blob: int = 512 << 20
    quota: int = 64 << 30
    spare: int = 1 << 30
    drafts: int = 1 << 30
    all_drafts: int = 16 << 30
    idle_seconds: float = 60


class Uploads:
    """The door of one of a service's blob stores, whose rows are in ``table``.

    ``clock`` is what deadlines of signatures are held against.
    """

    def __init__(
        self,
        database: Database,
        blobs: BlobBackend,
        policy: UploadPolicy,
        limits: Limits,
        clock: Callable[[], float] = time.time,
        table: type[BlobRow] = StoredBlob,
    ) -> None:
        self._database = database
        self._table = table
        self._policy = policy
        self._limits = limits
        self._clock = clock
        self._intake = Intake(blobs, limits.spare, limits.idle_seconds)
        self.blobs = blobs

    async def receive(
        self, upload: BlobUpload, signature: str, body: AsyncIterator[bytes], offset: int = 0
    ) -> bool:
        """Store ``body``, which follows the first ``offset`` bytes that came before; says whether it is new here.

        Raises Unauthenticated, Forbidden, TooLarge, DiskFull or OffsetMismatch before it reads ``body``, DiskFull
        also when the disk fills meanwhile, and BadBlob if the bytes are not what the upload names.
        """
        await run_in_threadpool(self._admit, upload, signature)
        row = self._row(upload.digest, upload.task, upload.account, upload.size)
        return await self._receive(row, body, _part_of(upload), offset)

    async def receive_draft(self, digest: bytes, account: str, size: int, body: AsyncIterator[bytes]) -> bool:
        """Store ``body`` of ``size`` bytes for a task that ``account``, who has signed in, has yet to make.

        Says whether it is new here; raises as ``receive`` does.
        """
        await run_in_threadpool(self._refuse_too_large, size)
        return await self._receive(self._row(digest, DRAFT, account, size), body)

    async def _receive(
        self, row: BlobRow, body: AsyncIterator[bytes], part: Part | None = None, offset: int = 0
    ) -> bool:
        if await run_in_threadpool(self._is_held, row):
            return False
        try:
            await self._intake.take(row.cid, row.size, body, part=part, offset=offset)
        except BaseException:
            await run_in_threadpool(self._let_go, row.cid)
            raise
        await run_in_threadpool(self._confirm, row)
        return True

    def pieces(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """``body`` as it comes. Raises TooSlow when nothing comes for too long."""
        return self._intake.pieces(body)

    def kept(self, upload: BlobUpload, offset: int) -> AsyncIterator[bytes]:
        """The first ``offset`` bytes of what broke off. Raises OffsetMismatch if others are here."""
        return self._intake.kept(_part_of(upload), offset)

    def _row(self, digest: bytes, task: int, account: str, size: int) -> BlobRow:
        return self._table(cid=cid_of(digest), task=task, account=account, size=size, unneeded_since=None)

    def _admit(self, upload: BlobUpload, signature: str) -> None:
        self._refuse_too_large(upload.size)
        self._refuse_unsigned(upload, signature)
        self._policy.require_belongs(upload.task, upload.account)

    def _refuse_too_large(self, size: int) -> None:
        if size > self._limits.blob:
            raise TooLarge(
                f"The blob has {size} bytes, this service takes {self._limits.blob}: send a smaller one."
            )
        self._intake.require_room(size)

    def _refuse_unsigned(self, upload: BlobUpload, signature: str) -> None:
        now = self._clock()
        if upload.deadline < now:
            raise _unsigned(
                f"The upload's signature ended at {upload.deadline}, and it is {now:.0f} on the chain: sign it "
                f"with a later deadline."
            )
        try:
            signer = upload.signer(self._policy.domain, signature)
        except Refused as error:
            raise _unsigned(str(error)) from None
        if not self._policy.acts_for(upload.account, signer):
            raise _unsigned(
                f"The signature is {signer}'s, who is neither {upload.account} nor its operator: "
                f"sign with one of their keys, for this blob, size, task, chain and contract."
            )

    def _is_held(self, row: BlobRow) -> bool:
        """Whether the bytes are here already. If not, their row is: it counts, and nobody collects them.

        One transaction, as the collector of garbage looks and removes in one.
        """
        with self._database.writing() as session:
            known, is_held = session.get(self._table, row.cid), self.blobs.has(row.cid)
            if is_held:
                row.size = self.blobs.size_of(row.cid)  # whatever is said of it now
            if known is None or _counts_anew(known, row, is_held=is_held):
                self._refuse_above_quota(session, row)
                session.merge(row)
            else:
                known.unneeded_since = None
            return is_held

    def _confirm(self, row: BlobRow) -> None:
        """An upload may take longer than its row was let stand: then it counts anew, and waits anew."""
        with self._database.writing() as session:
            known = session.get(self._table, row.cid)
            if known is not None:
                known.unneeded_since = None
                return
            if not self.blobs.has(row.cid):
                raise ServiceUnavailable(f"The blob {row.cid} was collected as it came: send it again.")
            try:
                self._refuse_above_quota(session, row)
            except Forbidden:
                self.blobs.remove(row.cid)
                raise
            session.merge(row)

    def _let_go(self, cid: str) -> None:
        """Forget the row of bytes that did not come."""
        with self._database.writing() as session:
            row = session.get(self._table, cid)
            if row is not None and not self.blobs.has(cid):
                session.delete(row)

    def _refuse_above_quota(self, session: Session, row: BlobRow) -> None:
        table = self._table
        others = select(func.coalesce(func.sum(table.size), 0)).where(
            table.task == row.task, table.cid != row.cid
        )
        if row.task == DRAFT and int(session.scalar(others) or 0) + row.size > self._limits.all_drafts:
            raise DiskFull(NO_ROOM_FOR_DRAFTS)
        taken = int(session.scalar(others.where(table.account == row.account)) or 0)
        quota = self._limits.drafts if row.task == DRAFT else self._limits.quota
        if taken + row.size > quota:
            what = "in drafts" if row.task == DRAFT else f"for task {row.task}"
            raise Forbidden(
                f"{row.account} has stored {taken} bytes {what}, and {row.size} more "
                f"would pass its quota of {quota}: ask the operator of this service."
            )


def _part_of(upload: BlobUpload) -> Part:
    return Part(f"{upload.task} {upload.account}", cid_of(upload.digest))


def _unsigned(sentence: str) -> Unauthenticated:
    return Unauthenticated(sentence, BlobUpload.__name__)


def _counts_anew(known: BlobRow, row: BlobRow, *, is_held: bool) -> bool:
    """Whether ``row`` replaces ``known``: a draft becomes a task's, or more bytes come than were announced."""
    return (known.task == DRAFT != row.task) or (not is_held and row.size > known.size)
