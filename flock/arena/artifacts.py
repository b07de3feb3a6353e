"""Artifacts: taken from trainers once their headers are checked, shown to those who may see them."""

from collections.abc import AsyncIterator
from dataclasses import replace

from fastapi.concurrency import run_in_threadpool
from sqlalchemy.orm import Session

from flock.arena.access import require_reader
from flock.arena.models import SubmissionRow
from flock.arena.openings import Openings
from flock.arena.private_uploads import PrivateUploads, SignedUpload
from flock.arena.queries import known_submission, known_task
from flock.arena.scoring.artifact import header_size, read_header
from flock.arena.scoring.evaluator import evaluator_of
from flock.arena.task_document import TaskDocument, parse_document
from flock.errors import BlobUnavailable
from flock.protocol.core.cid import cid_of
from flock.store.blobs import BlobBackend
from flock.store.database import Database
from flock.tasks.documents import LARGEST_METADATA, read_metadata
from flock.training.header import LENGTH_BYTES


class Artifacts:
    """The artifacts of one deployment's Arenas. ``public`` is where the tasks' metadata are."""

    def __init__(
        self, database: Database, uploads: PrivateUploads, openings: Openings, public: BlobBackend
    ) -> None:
        self._database = database
        self._uploads = uploads
        self._openings = openings
        self._public = public

    async def receive(self, given: SignedUpload) -> bool:
        """Store an artifact that its trainer brings; says whether it is new here.

        Raises UnknownTask, Rejected for a header that cannot be a submission to the task, before anything that
        follows it is read, and as ``PrivateUploads.receive`` does.
        """
        upload = given.upload
        document = await run_in_threadpool(self._document_of, upload.task)
        door = self._uploads.of_trainers
        body = (
            _after_checked_header(door.kept(upload, given.offset), given.body, upload.size, document)
            if given.offset
            else _with_checked_header(given.body, upload.size, document)
        )
        return await self._uploads.receive(door, replace(given, body=body))

    def place_of(self, session: Session, task: int, submission: int, account: str | None) -> str:
        """The CID of a submission's artifact, for those who may see it.

        Only bytes that its own trainer has brought: to know another's digest is not to have its bytes. Raises
        NotFound, NotSignedIn, Forbidden; BlobUnavailable while the trainer has not told, or not brought them.
        """
        row = known_submission(session, task, submission)
        require_reader(session, known_task(session, task), row, account)
        cid = cid_of(self._openings.digest_of(session, row))
        if not self._uploads.has(session, task, row.account, cid):
            raise BlobUnavailable(
                f"The trainer of submission {submission} of Arena {task} has not brought its bytes here: ask again "
                f"later."
            )
        return cid

    def digest_of(self, session: Session, row: SubmissionRow) -> bytes:
        """The SHA-256 of a submission's artifact. Raises BlobUnavailable while its trainer has not told."""
        return self._openings.digest_of(session, row)

    def _document_of(self, task: int) -> TaskDocument:
        with self._database.reading() as session:
            digest = known_task(session, task).metadata_digest
        cid = cid_of(digest)
        if not self._public.has(cid):
            raise BlobUnavailable(
                f"This service does not hold the metadata of Arena {task} ({cid}), which say what a submission is: "
                f"ask its creator to upload them."
            )
        pieces = self._public.pieces(cid, LARGEST_METADATA)
        return parse_document(read_metadata(b"".join(pieces)))


async def _with_checked_header(
    body: AsyncIterator[bytes], size: int, document: TaskDocument
) -> AsyncIterator[bytes]:
    """``body`` from its first byte on, once its header is read. Raises Rejected, and takes no more of it then."""
    yield await _checked_head(body, size, document)
    async for piece in body:
        yield piece


async def _after_checked_header(
    began: AsyncIterator[bytes], body: AsyncIterator[bytes], size: int, document: TaskDocument
) -> AsyncIterator[bytes]:
    """``body``, once the header is read in what came before it. Raises Rejected, and takes none of it then."""
    await _checked_head(began, size, document)
    async for piece in body:
        yield piece


async def _checked_head(body: AsyncIterator[bytes], size: int, document: TaskDocument) -> bytes:
    """The pieces of ``body`` that the header is in. Raises Rejected."""
    head = b""
    while len(head) < _needed(head) and (piece := await anext(body, None)) is not None:
        head += piece
    await run_in_threadpool(_require_fits, head, size, document)
    return head


def _needed(head: bytes) -> int:
    return LENGTH_BYTES if len(head) < LENGTH_BYTES else header_size(head)


def _require_fits(head: bytes, size: int, document: TaskDocument) -> None:
    header = read_header(head[: _needed(head)], size, document.scoring.bounds)
    evaluator_of(document.scoring).require(header)
