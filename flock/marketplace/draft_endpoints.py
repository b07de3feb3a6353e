"""Bringing the document of a version before it is published."""

from collections.abc import AsyncIterator
from http import HTTPStatus

import anyio.from_thread

from flock.marketplace.cards import write_card
from flock.marketplace.schemas import DraftAnswer, DraftRequest
from flock.protocol.core.cid import cid_of, digest_of
from flock.web.blobs import UploadsService
from flock.web.errors import BadFields, Forbidden, NotSignedIn
from flock.web.fields import EXAMPLE_ACCOUNT
from flock.web.problems import problems
from flock.web.router import PathRules, Router
from flock.web.sessions import SignedIn
from flock.web.strict_json import StrictJsonRoute

router = Router("market", PathRules(creations=("/market/drafts",)), StrictJsonRoute)


@router.post(
    "/market/drafts",
    status_code=HTTPStatus.CREATED,
    summary="Store a version's document",
    responses=problems(
        NotSignedIn("The session has ended, or there never was one: sign in again."),
        Forbidden(
            f"{EXAMPLE_ACCOUNT} has stored 1073741824 bytes in drafts, and 8 more would pass its quota."
        ),
        BadFields({"metadata.title": "field required."}),
    ),
)
def store(
    uploads: UploadsService,
    account: SignedIn,
    document: DraftRequest,
) -> DraftAnswer:
    """Check a document, keep its canonical bytes for a day, and answer the digest to publish.

    Bytes of an open model go to `/drafts/{cid}`. What a version on the chain names is kept for good.
    """
    data = write_card(document.root)
    digest = digest_of(data)
    anyio.from_thread.run(uploads.receive_draft, digest, account, len(data), _in_one_piece(data))
    return DraftAnswer(cid=cid_of(digest), digest=digest)


async def _in_one_piece(data: bytes) -> AsyncIterator[bytes]:
    yield data
