"""The journal of chain events that rows are made of."""

from sqlalchemy import BigInteger, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from flock.store.database import Base


class ChainEvent(Base):
    """One log that rows were made of, as the chain gave it, so that a reorganisation can be undone.

    ``reader`` is the product whose rows they are: two products may make theirs of one log. ``subject`` is the id of
    what the log is about, a task's or any other that the product counts; ``topics`` are 32 bytes each, one after the
    other.
    """

    __tablename__ = "chain_events"
    __table_args__ = (Index("ix_chain_events_subject", "reader", "subject"),)

    reader: Mapped[str] = mapped_column(primary_key=True)
    block: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    index: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[int] = mapped_column(BigInteger)
    block_hash: Mapped[str]
    transaction: Mapped[str]
    address: Mapped[str]
    topics: Mapped[bytes] = mapped_column(LargeBinary)
    data: Mapped[bytes] = mapped_column(LargeBinary)
