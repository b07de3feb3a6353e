"""What an Arena hides, over HTTP: artifacts, openings, sets. Who may see them, ``flock.arena.access`` says."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Path, Query, Request, Response

from flock.arena.endpoints import NO_ARENA, NO_SUBMISSION, SubmissionPath
from flock.arena.openings import Opening
from flock.arena.private_uploads import SignedUpload
from flock.arena.schemas import OpeningDocument, SetName
from flock.arena.scoring.rejection import Rejected
from flock.arena.service import Acting, PerhapsActing, Service
from flock.errors import BadBlob, BlobUnavailable, Refused
from flock.protocol.arena.scores import Failure
from flock.protocol.core.cid import digest_from
from flock.store.uploads import BlobUpload
from flock.web.blobs import (
    BODY,
    BYTES,
    NO_SESSION,
    RESUMING,
    STORING,
    UNSIGNED,
    Stored,
    UploadHeaders,
    blob_response,
)
from flock.web.database import ReadSession
from flock.web.errors import Forbidden
from flock.web.fields import EXAMPLE_ACCOUNT, EXAMPLE_CID, Account, TaskPath
from flock.web.problems import problems
from flock.web.router import PathRules, Router
from flock.web.strict_json import StrictJsonRoute

PRIVATE = "private, no-store"
PUBLIC = "public, max-age=300"

router = Router("arena", PathRules(streams=(r"/arena/tasks/[0-9]+/(artifacts|sets)/",)))
opening_router = Router("arena", PathRules(), StrictJsonRoute)

Bringer = Annotated[Account, Query(description="Whose it is: a trainer of the Arena, or its creator")]
SetPath = Annotated[SetName, Path(description="a, or b for the ciphertext of set B")]

NOT_YOURS = problems(
    Forbidden(
        f"{EXAMPLE_ACCOUNT} is neither the trainer of submission 17 of Arena 3 nor on its panel: ask again once a "
        f"window has drawn you for it, or the task is finished."
    )
)
NOT_HERE = problems(
    BlobUnavailable(
        "The trainer of submission 17 of Arena 3 has not brought its bytes here: ask again later."
    ),
    NO_ARENA,
    NO_SUBMISSION,
)


@router.put(
    "/arena/tasks/{task}/artifacts/{cid}",
    status_code=HTTPStatus.CREATED,
    summary="Store an artifact",
    openapi_extra=BODY,
    responses={
        **STORING,
        **UNSIGNED,
        **RESUMING,
        **problems(
            NO_ARENA, Rejected(Failure.TOO_LARGE, "The model has 2000000 parameters; the task allows 100000.")
        ),
    },
)
async def store_artifact(
    service: Service,
    request: Request,
    response: Response,
    task: TaskPath,
    cid: str,
    account: Bringer,
    given: UploadHeaders,
) -> Stored:
    """Store a trainer's safetensors file; its header is checked before the rest is taken. Again changes nothing.

    What broke off is continued as that of a blob. The signature is an EIP-712 ``BlobUpload`` by the trainer or its
    operator. Only the trainer and the submission's panel can read it before the task is finished.
    """
    upload = BlobUpload(digest_from(cid), task, account, given.size, given.deadline)
    if not await service.artifacts.receive(
        SignedUpload(upload, given.signature, request.stream(), given.offset)
    ):
        response.status_code = HTTPStatus.OK
    return Stored(cid=cid)


@router.get(
    "/arena/tasks/{task}/submissions/{submission}/artifact",
    response_class=Response,
    summary="Read a submission's artifact",
    responses={**BYTES, **NO_SESSION, **NOT_YOURS, **NOT_HERE},
)
def read_artifact(
    service: Service,
    session: ReadSession,
    request: Request,
    account: PerhapsActing,
    task: TaskPath,
    submission: SubmissionPath,
) -> Response:
    """Its bytes, whole or a range: for its trainer and its panel, and for anybody once disclosed and finished."""
    cid = service.artifacts.place_of(session, task, submission, account)
    return blob_response(request, service.uploads.blobs, cid, PRIVATE)


@opening_router.put(
    "/arena/tasks/{task}/submissions/{submission}/opening",
    status_code=HTTPStatus.NO_CONTENT,
    summary="Tell a panel what a submission is",
    responses={
        **NO_SESSION,
        **problems(
            Forbidden(f"Submission 17 of Arena 3 is not {EXAMPLE_ACCOUNT}'s: open your own."),
            NO_SUBMISSION,
            Refused(
                f"Digest and salt are not what {EXAMPLE_ACCOUNT} committed to as submission 17 of Arena 3: send "
                f"those that the commitment on chain was made of."
            ),
        ),
    },
)
def keep_opening(
    service: Service, account: Acting, task: TaskPath, submission: SubmissionPath, opening: OpeningDocument
) -> None:
    """Hand digest and salt of a commitment to the panel that will score it; nobody else learns them from here."""
    service.openings.keep(task, submission, account, Opening(_bytes(opening.digest), _bytes(opening.salt)))


@router.get(
    "/arena/tasks/{task}/submissions/{submission}/opening",
    summary="What a submission is",
    responses={**NO_SESSION, **NOT_YOURS, **NOT_HERE},
)
def read_opening(
    service: Service,
    session: ReadSession,
    response: Response,
    account: Acting,
    task: TaskPath,
    submission: SubmissionPath,
) -> OpeningDocument:
    """Digest and salt of its commitment: for its trainer and its panel."""
    response.headers["Cache-Control"] = PRIVATE
    found = service.openings.read(session, task, submission, account)
    return OpeningDocument(digest="0x" + found.digest.hex(), salt="0x" + found.salt.hex())


@router.put(
    "/arena/tasks/{task}/sets/{name}",
    status_code=HTTPStatus.CREATED,
    summary="Store a hidden set",
    openapi_extra=BODY,
    responses={
        **STORING,
        **UNSIGNED,
        **RESUMING,
        **problems(
            NO_ARENA,
            BadBlob(f"The bytes have the address bafkrei…, not {EXAMPLE_CID}: send the bytes it names."),
        ),
    },
)
async def store_set(
    service: Service,
    session: ReadSession,
    request: Request,
    response: Response,
    task: TaskPath,
    name: SetPath,
    account: Bringer,
    given: UploadHeaders,
) -> Stored:
    """Store set A, or the ciphertext of set B, for the Arena's creator; the terms name its digest."""
    cid = service.sets.cid_of(session, task, name)
    upload = BlobUpload(digest_from(cid), task, account, given.size, given.deadline)
    if not await service.sets.receive(SignedUpload(upload, given.signature, request.stream(), given.offset)):
        response.status_code = HTTPStatus.OK
    return Stored(cid=cid)


@router.get(
    "/arena/tasks/{task}/sets/a",
    response_class=Response,
    summary="Read set A",
    responses={
        **BYTES,
        **NO_SESSION,
        **problems(
            NO_ARENA,
            Forbidden(
                f"{EXAMPLE_ACCOUNT} is not an active validator of Arena 3, who alone see set A: enrol."
            ),
            BlobUnavailable("The creator of Arena 3 has not brought set A here: ask again later."),
        ),
    },
)
def read_set_a(
    service: Service, session: ReadSession, request: Request, account: Acting, task: TaskPath
) -> Response:
    """The hidden set that submissions are scored on: for the Arena's validators."""
    cid = service.sets.place_of(session, task, "a")
    service.sets.require_validator(task, account)
    return blob_response(request, service.uploads.blobs, cid, PRIVATE)


@router.get(
    "/arena/tasks/{task}/sets/b",
    response_class=Response,
    summary="Read the ciphertext of set B",
    responses={
        **BYTES,
        **problems(
            NO_ARENA, BlobUnavailable("The creator of Arena 3 has not brought set B here: ask again later.")
        ),
    },
)
def read_set_b(service: Service, session: ReadSession, request: Request, task: TaskPath) -> Response:
    """Set B as it was stored, encrypted; the task has the key once its creator has opened it."""
    cid = service.sets.place_of(session, task, "b")
    return blob_response(request, service.uploads.blobs, cid, PUBLIC)


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
