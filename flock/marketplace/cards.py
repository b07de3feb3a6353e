"""The metadata document of a version: what its publisher says of it.

It is a JSON object in canonical bytes, whose SHA-256 is on the chain. What is known of it is checked; whatever else
it holds is kept, for hosts and for readers.
"""

import json
import threading
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from flock.errors import BadBlob, BlobUnavailable, Refused
from flock.marketplace.models import CardRow, VersionRow
from flock.protocol.core.cid import cid_of, digest_of
from flock.store.blobs import BlobBackend
from flock.store.database import Database
from flock.tasks.documents import LARGEST_METADATA, METADATA, canonical_metadata, read_metadata
from flock.web.errors import BadFields

MOST_AT_ONCE = 100


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
    if canonical_metadata(document) != data:
        raise BadFields({METADATA: "it is not in canonical bytes: sorted names, no blanks, ASCII."})
    return card_of(document)


def write_card(document: Mapping[str, Any]) -> bytes:
    """The canonical bytes of a document that is a card. Raises BadFields."""
    card_of(document)
    return canonical_metadata(document)


class Cards:
    """The documents of published versions, as far as this service holds them in ``blobs``."""

    def __init__(self, database: Database, blobs: BlobBackend) -> None:
        self._database = database
        self._blobs = blobs
        self._refused: set[bytes] = set()
        self._lock = threading.Lock()

    def of(self, digest: bytes) -> dict[str, Any] | None:
        """The document with this SHA-256; None if it is not here, or is no card."""
        data = self._held(digest)
        try:
            if data is not None:
                read_card(data)
                found: dict[str, Any] = json.loads(data)
                return found
        except Refused:
            pass
        return None

    def index(self, data: bytes) -> bytes:
        """Let a document be found by its words; its digest. Raises BadFields for what is no card."""
        card, digest = read_card(data), digest_of(data)
        with self._database.writing() as session:
            session.merge(CardRow(digest=digest, kind=card.kind, words=card.words))
        return digest

    def index_missing(self) -> bool:
        """Index documents of published versions that came as blobs; says whether there was any."""
        with self._lock, self._database.reading() as session:
            missing = [digest for digest in _missing(session) if digest not in self._refused]
        done = False
        for digest in missing:
            data = self._held(digest)
            if data is None:
                continue
            try:
                self.index(data)
                done = True
            except Refused:
                self._refused.add(digest)
        return done

    def _held(self, digest: bytes) -> bytes | None:
        cid = cid_of(digest)
        try:
            if not self._blobs.has(cid) or self._blobs.size_of(cid) > LARGEST_METADATA:
                return None
            data = b"".join(self._blobs.pieces(cid, LARGEST_METADATA))
        except (BlobUnavailable, BadBlob):
            return None
        return data if digest_of(data) == digest else None


class IndexCards:
    """A daemon's step: index the documents that have come since."""

    name = "index_cards"

    def __init__(self, cards: Cards) -> None:
        self._cards = cards

    def __call__(self) -> bool:
        return self._cards.index_missing()


def _missing(session: Session) -> list[bytes]:
    is_indexed = select(CardRow.digest).where(CardRow.digest == VersionRow.metadata_digest).exists()
    query = select(VersionRow.metadata_digest).where(~is_indexed).distinct().order_by(VersionRow.id.desc())
    return list(session.scalars(query.limit(MOST_AT_ONCE)))


def _faults(problem: ValidationError) -> Iterator[tuple[str, str]]:
    for fault in problem.errors(include_url=False, include_input=False):
        place = ".".join([METADATA, *(str(part) for part in fault["loc"])])
        yield place, f"{fault['msg'][:1].lower()}{fault['msg'][1:]}."
