"""Blobs over HTTP: anyone reads, members write."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import FileResponse

from flock.errors import BlobUnavailable
from flock.protocol.cid import digest_from
from flock.store.uploads import DEADLINE_HEADER, SIGNATURE_HEADER, BlobUpload
from flock.web.errors import LengthUnknown
from flock.web.fields import LARGEST_INTEGER, Account, TaskId
from flock.web.uploads import Uploads

router = APIRouter(tags=["blobs"])


def uploads_of(request: Request) -> Uploads:
    """The uploads service the app was built with."""
    uploads: Uploads = request.app.state.uploads
    return uploads


UploadsService = Annotated[Uploads, Depends(uploads_of)]


@router.api_route("/blobs/{cid}", methods=["GET", "HEAD"], response_class=FileResponse)
def read_blob(cid: str, uploads: UploadsService) -> FileResponse:
    """The bytes of ``cid``. They never change, so they may be cached for ever."""
    path = uploads.blobs.path_of(cid)
    if not path.is_file():
        raise BlobUnavailable(f"This service does not hold the blob {cid}: ask another, or try again later.")
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable",
        "ETag": f'"{cid}"',
        "X-Content-Type-Options": "nosniff",
    }
    return FileResponse(path, media_type="application/octet-stream", headers=headers)


@router.put("/blobs/{cid}", status_code=HTTPStatus.CREATED)
async def store_blob(
    cid: str,
    request: Request,
    response: Response,
    uploads: UploadsService,
    task: Annotated[TaskId, Query(description="Task the blob is for")],
    account: Annotated[Account, Query(description="Member of the task, or its creator")],
    deadline: Annotated[int, Header(alias=DEADLINE_HEADER, ge=0, le=LARGEST_INTEGER)],
    signature: Annotated[str, Header(alias=SIGNATURE_HEADER, max_length=200)],
) -> dict[str, str]:
    """Store the body under ``cid``; storing it again changes nothing.

    The signature is an EIP-712 ``BlobUpload`` by the account or its operator.
    """
    upload = BlobUpload(digest_from(cid), task, account, _length_of(request), deadline)
    if not await uploads.receive(upload, signature, request.stream()):
        response.status_code = HTTPStatus.OK
    return {"cid": cid}


def _length_of(request: Request) -> int:
    length = request.headers.get("Content-Length", "")
    if not length.isascii() or not length.isdigit():
        raise LengthUnknown("The upload does not say how long it is: send a Content-Length.")
    return int(length)
