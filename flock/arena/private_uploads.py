"""Blobs that the service keeps to itself: artifacts and hidden sets, in a store that /blobs does not serve."""

import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from fastapi.concurrency import run_in_threadpool
from sqlalchemy.orm import Session

from flock.arena.membership_index import MembershipIndex
from flock.arena.models import BroughtRow, PrivateBlob
from flock.chain.contracts.deployed import Contracts
from flock.errors import BadBlob
from flock.protocol.arena.stages import Role
from flock.protocol.core.cid import cid_of
from flock.protocol.core.commitments import Domain
from flock.store.blobs import BlobBackend
from flock.store.database import Database
from flock.store.fsspec_blobs import open_backend
from flock.store.uploads import BlobUpload
from flock.tasks.membership import acts_for
from flock.web.errors import Forbidden
from flock.web.uploads import Limits, Uploads


@dataclass(frozen=True)
class SignedUpload:
    """An upload that is signed, and its body as it comes, which follows the first ``offset`` bytes."""

    upload: BlobUpload
    signature: str
    body: AsyncIterator[bytes]
    offset: int = 0


class _Bringers:
    """An ``UploadPolicy``: who may bring what, besides those who act for them."""

    def __init__(self, contracts: Contracts, may_bring: Callable[[int, str], bool], refusal: str) -> None:
        self.domain: Domain = contracts.deployment_domain
        self._contracts = contracts
        self._may_bring = may_bring
        self._refusal = refusal

    def require_belongs(self, task: int, account: str) -> None:
        """Raises Forbidden."""
        if not self._may_bring(task, account):
            raise Forbidden(self._refusal.format(account=account, task=task))

    def acts_for(self, account: str, signer: str) -> bool:
        """Whether ``signer`` is ``account`` or its operator at this moment."""
        return acts_for(self._contracts, account, signer)


class PrivateUploads:
    """Two doors of one store: trainers bring artifacts, creators bring sets."""

    def __init__(self, database: Database, contracts: Contracts, place: Path | str, limits: Limits) -> None:
        index = MembershipIndex(database, contracts)
        self.blobs: BlobBackend = open_backend(place)
        self._database = database
        trainers = _Bringers(
            contracts,
            lambda task, account: index.is_member(task, account, Role.TRAINER),
            "{account} is not an enrolled trainer of Arena {task}: enrol first.",
        )
        creators = _Bringers(
            contracts,
            index.is_creator,
            "{account} has not created Arena {task}: only its creator brings its sets.",
        )
        self.of_trainers, self.of_creators = (
            Uploads(database, self.blobs, policy, limits, contracts.client.now, PrivateBlob)
            for policy in (trainers, creators)
        )

    async def receive(self, door: Uploads, given: SignedUpload) -> bool:
        """Store what is brought to one of the doors; says whether it is new here.

        Bytes that are here already are read all the same, so that only who has them all is believed to have them.
        Raises as ``Uploads.receive`` does.
        """
        is_new = await door.receive(given.upload, given.signature, given.body, given.offset)
        if not is_new:
            await self._read_through(door, given)
        await run_in_threadpool(self._note, given.upload)
        return is_new

    def has(self, session: Session, task: int, account: str, cid: str) -> bool:
        """Whether ``account`` has brought all bytes of ``cid`` for ``task``, and they are here.

        Digests are public on chain: what somebody else has brought must not be had for naming its digest.
        """
        brought = session.get(BroughtRow, (task, account, cid))
        return brought is not None and self.blobs.has(cid)

    async def _read_through(self, door: Uploads, given: SignedUpload) -> None:
        seen = hashlib.sha256()
        if given.offset:
            async for piece in door.kept(given.upload, given.offset):
                seen.update(piece)
        async for piece in door.pieces(given.body):
            seen.update(piece)
        if seen.digest() != given.upload.digest:
            raise BadBlob(
                f"The bytes have the address {cid_of(seen.digest())}, not {cid_of(given.upload.digest)}: send the "
                f"bytes it names."
            )

    def _note(self, upload: BlobUpload) -> None:
        with self._database.writing() as session:
            session.merge(BroughtRow(task=upload.task, account=upload.account, cid=cid_of(upload.digest)))
