"""The journal of chain events that rows are made of, and the tasks that the service itself has paid for."""

from sqlalchemy import BigInteger, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from flock.store.database import Base


class ChainEvent(Base):
    """One log that rows were made of, as the chain gave it, so that a reorganisation can be undone.

    ``reader`` is the product whose rows they are: two products may make theirs of one log. ``subject`` is the id of
    what the log is about, a task's or any other that the product counts; ``topics`` are 32 bytes each, one after the
    other; ``time`` is the block's, in Unix seconds, if the product asks for times.
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
    time: Mapped[int | None] = mapped_column(BigInteger, default=None)


class SponsoredTaskRow(Base):
    """A task that this service was asked to make with its own key, under an Idempotency-Key of the account.

    ``request`` is the SHA-256 of what was asked; ``task`` the number, once it is made.
    """

    __tablename__ = "sponsored_tasks"

    account: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request: Mapped[bytes] = mapped_column(LargeBinary(32))
    task: Mapped[int | None] = mapped_column(BigInteger, default=None)
