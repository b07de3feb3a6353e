"""Blobs over HTTP: anyone reads, members write."""

import itertools
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Header, Query, Request, Response
from fastapi.responses import FileResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict

from flock.errors import BlobUnavailable
from flock.protocol.core.cid import digest_from
from flock.store.blobs import BlobBackend, DiskBlobs
from flock.store.parts import OffsetMismatch
from flock.store.uploads import DEADLINE_HEADER, OFFSET_HEADER, SIGNATURE_HEADER, BlobUpload
from flock.web.errors import (
    DiskFull,
    Forbidden,
    LengthUnknown,
    NotSignedIn,
    TooLarge,
    TooSlow,
    Unauthenticated,
)
from flock.web.fields import EXAMPLE_ACCOUNT, EXAMPLE_CID, LARGEST_INTEGER, Account, TaskId
from flock.web.problems import Responses, problems
from flock.web.router import PathRules, Router
from flock.web.sessions import SignedIn
from flock.web.uploads import Uploads

MEDIA_TYPE = "application/octet-stream"

router = Router("blobs", PathRules(streams=("/blobs/", "/drafts/")))


BODY = {
    "requestBody": {
        "required": True,
        "content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}},
    }
}
BYTES: Responses = {
    int(HTTPStatus.OK): {"content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}}
}
MISSING = problems(
    BlobUnavailable(f"This service does not hold the blob {EXAMPLE_CID}: ask another, or try again later.")
)
STORING = problems(
    LengthUnknown("The upload does not say how long it is: send a Content-Length."),
    TooSlow("Nothing came for 60 s of the blob that was announced: send it again."),
    TooLarge("The blob has 600000000 bytes, this service takes 536870912: send a smaller one."),
    Forbidden(f"{EXAMPLE_ACCOUNT} has stored 1073741824 bytes in drafts, and 8 more would pass its quota."),
    DiskFull("This service has no room for the blob: ask its operator, or try again later."),
)
RESUMING = problems(OffsetMismatch(1 << 20))
UNSIGNED = problems(
    Unauthenticated(
        "The upload's signature ended at 1896091200: sign it with a later deadline.", BlobUpload.__name__
    )
)
NO_SESSION = problems(NotSignedIn("The session has ended, or there never was one: sign in again."))


class Stored(BaseModel):
    """What is stored now, under its content address."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"cid": EXAMPLE_CID}]})

    cid: str


@dataclass(frozen=True)
class SignedHeaders:
    """What the headers of an upload say: it is signed until ``deadline``, and its body begins at ``offset`` of the
    ``size`` bytes that the blob has.
    """

    deadline: int
    signature: str
    offset: int
    size: int


def _signed_headers(
    request: Request,
    deadline: Annotated[int, Header(alias=DEADLINE_HEADER, ge=0, le=LARGEST_INTEGER)],
    signature: Annotated[str, Header(alias=SIGNATURE_HEADER, max_length=200)],
    offset: Annotated[
        int,
        Header(
            alias=OFFSET_HEADER,
            ge=0,
            le=LARGEST_INTEGER,
            description="To continue an upload that broke off: how many bytes of it are here. The signature is for "
            "the whole blob.",
        ),
    ] = 0,
) -> SignedHeaders:
    return SignedHeaders(deadline, signature, offset, offset + length_of(request))


UploadHeaders = Annotated[SignedHeaders, Depends(_signed_headers)]


def uploads_of(request: Request) -> Uploads:
    """The uploads service the app was built with."""
    uploads: Uploads = request.app.state.uploads
    return uploads


UploadsService = Annotated[Uploads, Depends(uploads_of)]


@router.head("/blobs/{cid}", response_class=Response, summary="Whether a blob is here", responses=MISSING)
@router.get("/blobs/{cid}", response_class=Response, summary="Read a blob", responses={**BYTES, **MISSING})
def read_blob(cid: str, request: Request, uploads: UploadsService) -> Response:
    """The bytes of ``cid``. They never change, so they may be cached for ever."""
    return blob_response(request, uploads.blobs, cid, "public, max-age=31536000, immutable")


def blob_response(request: Request, blobs: BlobBackend, cid: str, caching: str) -> Response:
    """The bytes of ``cid`` in ``blobs``, whole or a range of them. Raises BlobUnavailable."""
    if not blobs.has(cid):
        raise BlobUnavailable(f"This service does not hold the blob {cid}: ask another, or try again later.")
    headers = {
        "Cache-Control": caching,
        "ETag": f'"{cid}"',
        "X-Content-Type-Options": "nosniff",
    }
    if isinstance(blobs, DiskBlobs):
        return FileResponse(blobs.path_of(cid), media_type=MEDIA_TYPE, headers=headers)
    size = blobs.size_of(cid)
    headers["Content-Length"] = str(size)
    if request.method == "HEAD":
        return Response(media_type=MEDIA_TYPE, headers=headers)
    pieces = blobs.pieces(cid, size)
    first = next(pieces, b"")  # what is missing or damaged is mostly known before the answer begins
    return StreamingResponse(itertools.chain([first], pieces), media_type=MEDIA_TYPE, headers=headers)


@router.put(
    "/blobs/{cid}",
    status_code=HTTPStatus.CREATED,
    summary="Store a blob",
    openapi_extra=BODY,
    responses={**STORING, **UNSIGNED, **RESUMING},
)
async def store_blob(
    cid: str,
    request: Request,
    response: Response,
    uploads: UploadsService,
    task: Annotated[TaskId, Query(description="Task the blob is for")],
    account: Annotated[Account, Query(description="Member of the task, or its creator")],
    given: UploadHeaders,
) -> Stored:
    """Store the body under ``cid``; storing it again changes nothing.

    The signature is an EIP-712 ``BlobUpload`` by the account or its operator. What broke off can be continued for an
    hour: ask with `Upload-Offset` as the blob's size and no body, and the answer says how many bytes are here.
    """
    upload = BlobUpload(digest_from(cid), task, account, given.size, given.deadline)
    if not await uploads.receive(upload, given.signature, request.stream(), given.offset):
        response.status_code = HTTPStatus.OK
    return Stored(cid=cid)


@router.put(
    "/drafts/{cid}",
    status_code=HTTPStatus.CREATED,
    summary="Store a draft",
    openapi_extra=BODY,
    responses={**STORING, **NO_SESSION},
)
async def store_draft(
    cid: str, request: Request, response: Response, uploads: UploadsService, account: SignedIn
) -> Stored:
    """Store a model (or anything else) for a task that is still to be made; it is kept for a day.

    Then a task on the chain must name it, or it is removed.
    """
    if not await uploads.receive_draft(digest_from(cid), account, length_of(request), request.stream()):
        response.status_code = HTTPStatus.OK
    return Stored(cid=cid)


def length_of(request: Request) -> int:
    """Bytes of the body, as its sender says. Raises LengthUnknown."""
    length = request.headers.get("Content-Length", "")
    if not length.isascii() or not length.isdigit():
        raise LengthUnknown("The upload does not say how long it is: send a Content-Length.")
    return int(length)
