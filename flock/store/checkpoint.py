"""Checkpoints: the newest blocks that a reader of the chain has processed, and their hashes."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Delete, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from flock.store.database import Base, Wide


class CheckpointBlock(Base):
    """One processed block of one reader. Enough of them are kept to find the fork of a reorganisation."""

    __tablename__ = "checkpoint_blocks"

    reader: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(Wide, primary_key=True)
    hash: Mapped[str]


@dataclass(frozen=True)
class ProcessedBlock:
    """A processed block: its number and its 0x hash."""

    number: int
    hash: str


class Checkpoint:
    """The marks of one reader, read and written in the caller's session.

    The caller applies a batch of events and saves the mark in one transaction, so that no event is
    applied twice or lost.
    """

    def __init__(self, reader: str) -> None:
        self.reader = reader

    def marks(self, session: Session) -> Sequence[ProcessedBlock]:
        """All kept marks, newest first."""
        query = (
            select(CheckpointBlock)
            .where(CheckpointBlock.reader == self.reader)
            .order_by(CheckpointBlock.number.desc())
        )
        return [ProcessedBlock(row.number, row.hash) for row in session.scalars(query)]

    def save(self, session: Session, mark: ProcessedBlock, final: int) -> None:
        """Add ``mark``; drop marks below the newest one at or under ``final``, which no fork can precede."""
        session.merge(CheckpointBlock(reader=self.reader, number=mark.number, hash=mark.hash))
        session.flush()
        settled = [kept.number for kept in self.marks(session) if kept.number <= final]
        if settled:
            session.execute(self._mine().where(CheckpointBlock.number < settled[0]))

    def rewind(self, session: Session, number: int) -> None:
        """Forget every mark after block ``number``."""
        session.execute(self._mine().where(CheckpointBlock.number > number))

    def _mine(self) -> Delete:
        return delete(CheckpointBlock).where(CheckpointBlock.reader == self.reader)
