"""Taking blobs in: from members only, no larger than allowed, and only as what they say they are."""

import shutil
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from fastapi.concurrency import run_in_threadpool
from sqlalchemy import func, select

from flock.errors import Refused
from flock.protocol.cid import cid_of
from flock.protocol.commitments import Domain
from flock.store.blobs import DiskBlobs
from flock.store.database import Database
from flock.store.uploads import BlobUpload
from flock.web.errors import DiskFull, Forbidden, TooLarge, Unauthenticated
from flock.web.models import StoredBlob


class Circle(Protocol):
    """Who may upload for a task, as the chain has it."""

    @property
    def domain(self) -> Domain:
        """The deployment that signatures must name."""

    def belongs(self, task: int, account: str) -> bool:
        """Whether ``account`` is a member of ``task`` or created it."""

    def acts_for(self, account: str, signer: str) -> bool:
        """Whether ``signer`` is ``account`` or its operator."""


@dataclass(frozen=True, slots=True)
class Limits:
    """In bytes: one blob, all blobs of one account on one task, and what must stay free on the disk."""

    blob: int = 512 << 20
    quota: int = 64 << 30
    spare: int = 1 << 30


class Uploads:
    """The door of a service's blob store."""

    def __init__(
        self, database: Database, blobs: DiskBlobs, root: Path, circle: Circle, limits: Limits
    ) -> None:
        self._database = database
        self._root = root
        self._circle = circle
        self._limits = limits
        self.blobs = blobs

    async def receive(self, upload: BlobUpload, signature: str, body: AsyncIterator[bytes]) -> bool:
        """Store ``body``; says whether it is new here.

        Raises Unauthenticated, Forbidden, TooLarge or DiskFull before it reads ``body``, and BadBlob if
        the bytes are not what the upload names.
        """
        await run_in_threadpool(self._admit, upload, signature)
        cid = cid_of(upload.digest)
        is_new = not await run_in_threadpool(self.blobs.has, cid)
        if is_new:
            await self._store(upload, cid, body)
        return is_new

    async def _store(self, upload: BlobUpload, cid: str, body: AsyncIterator[bytes]) -> None:
        with self.blobs.incoming(upload.size) as blob:
            async for piece in body:
                await run_in_threadpool(blob.write, piece)
            await run_in_threadpool(self.blobs.keep, blob, cid)
        await run_in_threadpool(self._record, upload, cid)

    def _admit(self, upload: BlobUpload, signature: str) -> None:
        self._refuse_too_large(upload)
        self._refuse_unsigned(upload, signature)
        if not self._circle.belongs(upload.task, upload.account):
            raise Forbidden(
                f"{upload.account} is neither a member nor the creator of task {upload.task}: join it first."
            )
        self._refuse_above_quota(upload)

    def _refuse_too_large(self, upload: BlobUpload) -> None:
        if upload.size > self._limits.blob:
            raise TooLarge(
                f"The blob has {upload.size} bytes, this service takes {self._limits.blob}: "
                f"send a smaller one."
            )
        if shutil.disk_usage(self._root).free - upload.size < self._limits.spare:
            raise DiskFull("This service has no room for the blob: ask its operator, or try again later.")

    def _refuse_unsigned(self, upload: BlobUpload, signature: str) -> None:
        if upload.deadline < time.time():
            raise Unauthenticated(
                f"The upload's signature ended at {upload.deadline}: sign it with a later deadline."
            )
        try:
            signer = upload.signer(self._circle.domain, signature)
        except Refused as error:
            raise Unauthenticated(str(error)) from None
        if not self._circle.acts_for(upload.account, signer):
            raise Unauthenticated(
                f"The signature is {signer}'s, who is neither {upload.account} nor its operator: "
                f"sign with one of their keys, for this blob, size, task, chain and contract."
            )

    def _refuse_above_quota(self, upload: BlobUpload) -> None:
        """Uploads that run side by side may pass the quota by their own sizes, no further."""
        stored = select(func.coalesce(func.sum(StoredBlob.size), 0)).where(
            StoredBlob.task == upload.task, StoredBlob.account == upload.account
        )
        with self._database.reading() as session:
            taken = session.scalar(stored) or 0
        if taken + upload.size > self._limits.quota:
            raise Forbidden(
                f"{upload.account} has stored {taken} bytes for task {upload.task}, and {upload.size} more "
                f"would pass its quota of {self._limits.quota}: ask the operator of this service."
            )

    def _record(self, upload: BlobUpload, cid: str) -> None:
        with self._database.writing() as session:
            session.merge(StoredBlob(cid=cid, task=upload.task, account=upload.account, size=upload.size))
