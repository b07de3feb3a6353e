"""The metadata document of a version: what its publisher says of it.

It is a JSON object in canonical bytes, whose SHA-256 is on the chain. What is known of it is checked; whatever else
it holds is kept, for hosts and for readers.
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from flock.errors import BlobUnavailable, Refused
from flock.marketplace.models import CardRow, VersionRow
from flock.protocol.core.cid import cid_of
from flock.store.blobs import BlobBackend
from flock.store.database import Database
from flock.tasks.documents import METADATA, canonical_metadata, read_metadata
from flock.web.errors import BadFields

LARGEST_CARD = 64 << 10
MOST_AT_ONCE = 20


def _printable(text: str) -> str:
    """What turns text around or moves a cursor hides what is written: no reader should have to look for it."""
    if not all(character.isprintable() or character == "\n" for character in text):
        raise ValueError("it holds control characters; write plain text")
    return text


Line = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_printable)]
Word = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[a-z0-9][a-z0-9._+-]*$")]
Text = Annotated[str, Field(max_length=8_000), AfterValidator(_printable)]
Measure = Annotated[float, Field(allow_inf_nan=False)]


class Card(BaseModel):
    """What a metadata document says. ``open`` lets everybody download the bytes, free of charge."""

    model_config = ConfigDict(extra="allow", strict=True)

    title: Line
    kind: Word = "other"
    summary: Text = ""
    licence: Line | None = None
    tags: Annotated[list[Word], Field(max_length=20)] = Field(default_factory=list)
    metrics: Annotated[dict[Line, Measure], Field(max_length=50)] = Field(default_factory=dict)
    open: bool = False

    @property
    def words(self) -> str:
        """What a search looks through."""
        return "\n".join([self.title, self.kind, *self.tags, self.licence or "", self.summary]).casefold()


def card_of(document: Mapping[str, Any]) -> Card:
    """The card in ``document``. Raises BadFields naming what is wrong with it."""
    try:
        return Card.model_validate(dict(document))
    except ValidationError as problem:
        raise BadFields(dict(_faults(problem))) from None


def read_card(data: bytes) -> Card:
    """The card in the bytes of a document. Raises BadFields for what is no card, or not in canonical bytes."""
    document = read_metadata(data)
    if write_card(document) != data:
        raise BadFields({METADATA: "it is not in canonical bytes: sorted names, no blanks, ASCII."})
    return card_of(document)


def write_card(document: Mapping[str, Any]) -> bytes:
    """The canonical bytes of a document that is a card. Raises BadFields."""
    card_of(document)
    data = canonical_metadata(document)
    if len(data) > LARGEST_CARD:
        raise BadFields({METADATA: f"it takes {len(data)} bytes; keep it within {LARGEST_CARD}."})
    return data


class IndexCards:
    """A daemon's step: take the documents of published versions out of ``blobs`` into rows, as they come.

    Whenever there is a new version it begins with the newest; once through, it looks again after ``seconds``, as a
    document may come later than its version.
    """

    name = "index_cards"

    def __init__(self, database: Database, blobs: BlobBackend, seconds: float) -> None:
        self._database = database
        self._blobs = blobs
        self._seconds = seconds
        self._newest = 0
        self._before: int | None = None
        self._again_at = 0.0

    def __call__(self) -> bool:
        with self._database.reading() as session:
            newest = session.scalar(select(func.max(VersionRow.id))) or 0
            if newest != self._newest or (self._before is None and time.monotonic() >= self._again_at):
                self._newest, self._before = newest, newest + 1
            if self._before is None:
                return False
            missing = _missing(session, self._before)
        self._before = missing[-1][0] if len(missing) == MOST_AT_ONCE else None
        self._again_at = time.monotonic() + self._seconds
        found = [row for _, digest in missing if (row := self._row(digest)) is not None]
        if found:
            with self._database.writing() as session:
                for row in found:
                    session.merge(row)
        return bool(found) or self._before is not None

    def _row(self, digest: bytes) -> CardRow | None:
        """The document with this SHA-256; None if it is not here, or is no card."""
        cid = cid_of(digest)
        try:
            if not self._blobs.has(cid) or self._blobs.size_of(cid) > LARGEST_CARD:
                return None
            data = b"".join(self._blobs.pieces(cid, LARGEST_CARD))
            card = read_card(data)
        except (BlobUnavailable, Refused):
            return None
        return CardRow(digest=digest, kind=card.kind, words=card.words, document=json.loads(data))


def _missing(session: Session, before: int) -> Sequence[tuple[int, bytes]]:
    """Versions below ``before`` whose documents are not known, the newest first, with the digests of these."""
    is_known = select(CardRow.digest).where(CardRow.digest == VersionRow.metadata_digest).exists()
    query = select(VersionRow.id, VersionRow.metadata_digest).where(~is_known, VersionRow.id < before)
    rows = session.execute(query.order_by(VersionRow.id.desc()).limit(MOST_AT_ONCE))
    return [(version, digest) for version, digest in rows]


def _faults(problem: ValidationError) -> Iterator[tuple[str, str]]:
    for fault in problem.errors(include_url=False, include_input=False):
        place = ".".join([METADATA, *(str(part) for part in fault["loc"])])
        yield place, f"{fault['msg'][:1].lower()}{fault['msg'][1:]}."
