"""Rows made of chain events: scan, apply and checkpoint in one transaction.

The logs that made the rows are kept beside them. When a reorganisation takes blocks back, the subjects they tell
of are made anew from the logs that remain. Several products may keep their rows in one database, each as a reader of
its own with its own logs and its own place in the chain.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from eth_utils.address import to_checksum_address
from sqlalchemy import ColumnElement, and_, delete, insert, not_, select
from sqlalchemy.event import listen, remove
from sqlalchemy.orm import Session

from flock.chain.client import BlockHeader, Log
from flock.chain.events import Event, decode_event
from flock.chain.scanner import Batch, Rollback, Scanner
from flock.errors import BadConfig
from flock.log import logger
from flock.store.checkpoint import Checkpoint, CheckpointBlock
from flock.store.database import Database
from flock.tasks.rows import ChainEvent

TOPIC_BYTES = 32
LONGEST_TICK_SECONDS = 1.0
LAG_BLOCKS = 32


class Projection(Protocol):
    """What events mean to one product. Its rows are told apart by subject: a task, or whatever else has an id."""

    @property
    def needs_times(self) -> bool:
        """Whether every event must come with the timestamp of its block."""

    def subject_of(self, event: Event) -> int | None:
        """The id of what ``event`` is about, ``None`` if it means nothing to this product."""

    def apply(self, session: Session, event: Event) -> None:
        """Change the rows as ``event`` says."""

    def forget(self, session: Session, subject: int) -> None:
        """Remove every row of ``subject``."""

    def clear(self, session: Session) -> None:
        """Remove every row."""


@dataclass(frozen=True)
class Reader:
    """Whose rows they are: ``product`` by name, of one ``deployment``."""

    deployment: str
    product: str

    @property
    def name(self) -> str:
        """What its checkpoint is kept under."""
        return f"{self.deployment}/{self.product}"


class Projector:
    """A daemon's step that keeps the rows of ``reader`` up with the chain."""

    name = "project"

    def __init__(self, database: Database, scanner: Scanner, reader: Reader, projection: Projection) -> None:
        self._database = database
        self._scanner = scanner
        self._checkpoint = Checkpoint(reader.name)
        self._projection = projection
        self._reached: tuple[int, str] | None = None
        self._done_at: BlockHeader | None = None
        self.reader = reader

    def __call__(self) -> bool:
        """Apply what is new, for at most about a second. Until there is another block, nothing is."""
        head = self._scanner.client.head()
        if head == self._done_at:
            return False
        give_way = time.monotonic() + LONGEST_TICK_SECONDS
        advanced = False
        while self._reached != (head.number, head.hash) and self.advance():
            advanced = True
            if time.monotonic() > give_way:
                return True
        self._done_at = head
        return advanced

    def advance(self) -> bool:
        """Apply one batch, or undo a reorganised one; says whether there was any. Raises RpcUnavailable."""
        with self._database.reading() as session:
            marks = self._checkpoint.marks(session)
        found = self._scanner.next(marks)
        if found is None:
            return False
        with self._database.writing() as session:
            if self._checkpoint.marks(session) == marks:  # else another process was faster
                self._project(session, found)
        return True

    def projected(self) -> int:
        """The newest block the rows know; 0 at the beginning."""
        with self._database.reading() as session:
            marks = self._checkpoint.marks(session)
        return marks[0].number if marks else 0

    def is_current(self) -> bool:
        """Whether the rows know all of the chain but perhaps its newest blocks. Raises RpcUnavailable."""
        projected = self.projected()
        return projected > 0 and self._scanner.client.block_number() - projected <= LAG_BLOCKS

    def require_same_deployment(self) -> None:
        """Raises BadConfig if the database holds rows, of whatever product, of another chain or deployment."""
        of_ours = CheckpointBlock.reader.startswith(f"{self.reader.deployment}/", autoescape=True)
        others = select(CheckpointBlock.reader).where(not_(of_ours))
        with self._database.reading() as session:
            other = session.scalar(others.limit(1))
        if other is not None:
            raise BadConfig(
                f"The database holds the rows of another deployment ({other}, not "
                f"{self.reader.name}): name another folder, or make the rows anew with "
                f"`flock alliance replay`."
            )

    def reset(self) -> None:
        """Forget every row of this product, of whatever deployment, and begin again at the first block."""
        self._reached = self._done_at = None
        of_mine = CheckpointBlock.reader.endswith(f"/{self.reader.product}", autoescape=True)
        with self._database.writing() as session:
            self._projection.clear(session)
            session.execute(delete(ChainEvent).where(self._is_mine))
            session.execute(delete(CheckpointBlock).where(of_mine))

    @property
    def _is_mine(self) -> ColumnElement[bool]:
        return ChainEvent.reader == self.reader.product

    def _project(self, session: Session, found: Batch | Rollback) -> None:
        if isinstance(found, Rollback):
            self._roll_back(session, found.block)
            return
        with _rows_in_memory(session):
            journal = [row for event in found.events if (row := self._apply(session, event))]
        if journal:
            session.execute(insert(ChainEvent), journal)
        self._checkpoint.save(session, found.mark, found.final)
        self._reached = found.mark.number, found.mark.hash

    def _apply(self, session: Session, event: Event) -> dict[str, object] | None:
        """Change the rows as ``event`` says; what the journal keeps of it, ``None`` if it means nothing here."""
        subject = self._projection.subject_of(event)
        if subject is None:
            return None
        self._projection.apply(session, event)
        return {"reader": self.reader.product, "subject": subject, **_fields_of(event.log)}

    def _roll_back(self, session: Session, block: int) -> None:
        is_undone = and_(self._is_mine, ChainEvent.block > block)
        subjects = session.scalars(select(ChainEvent.subject).where(is_undone).distinct()).all()
        product = self.reader.product
        logger().warning("chain_reorganised", product=product, kept_block=block, subjects=list(subjects))
        session.execute(delete(ChainEvent).where(is_undone))
        self._checkpoint.rewind(session, block)
        for subject in subjects:
            self._make_anew(session, subject)

    def _make_anew(self, session: Session, subject: int) -> None:
        self._projection.forget(session, subject)
        of_it = select(ChainEvent).where(self._is_mine, ChainEvent.subject == subject)
        in_order = of_it.order_by(ChainEvent.block, ChainEvent.index)
        for row in session.scalars(in_order).all():
            event = decode_event(log_of(row))
            if event is not None:
                self._projection.apply(session, event)


@contextmanager
def _rows_in_memory(session: Session) -> Iterator[None]:
    """Forget no row between two events: a session holds rows weakly, and would read each again and again."""
    held: list[object] = []

    def hold(_: Session, row: object) -> None:
        held.append(row)

    arrivals = ("loaded_as_persistent", "pending_to_persistent")
    for arrival in arrivals:
        listen(session, arrival, hold)
    yield
    session.flush()
    for arrival in arrivals:
        remove(session, arrival, hold)


def _fields_of(log: Log) -> dict[str, object]:
    return {
        "block": log.block,
        "index": log.index,
        "block_hash": log.block_hash,
        "transaction": log.transaction,
        "address": log.address,
        "topics": b"".join(log.topics),
        "data": log.data,
        "time": log.time,
    }


def log_of(row: ChainEvent) -> Log:
    """The log that was kept."""
    return Log(
        address=to_checksum_address(row.address),
        topics=_topics(row.topics),
        data=row.data,
        block=row.block,
        block_hash=row.block_hash,
        transaction=row.transaction,
        index=row.index,
        time=row.time,
    )


def _topics(joined: bytes) -> tuple[bytes, ...]:
    starts: Sequence[int] = range(0, len(joined), TOPIC_BYTES)
    return tuple(joined[start : start + TOPIC_BYTES] for start in starts)
