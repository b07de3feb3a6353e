"""The journal of intents: what this process means to do on chain, and the signed bytes for it.

An intent is written before its transaction is sent, so that a process killed anywhere knows at its
next start what may already have been sent. One row of ``intents`` is one action (one key, one nonce);
one row of ``transactions`` is one signed attempt at it (a fee bump signs another).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ForeignKey, LargeBinary, Select, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from flock.store.database import Base, Database, Wide


class IntentState(StrEnum):
    PENDING = "pending"  # journalled, perhaps sent, not known to be mined
    MINED = "mined"  # done, for good or (after a reorganisation) until proven otherwise
    FAILED = "failed"  # reverted or abandoned: the same key may be tried again


class Intent(Base):
    """One act on chain. ``nonce`` is None once a nonce was given back unused."""

    __tablename__ = "intents"
    __table_args__ = (
        UniqueConstraint("chain", "sender", "key"),
        UniqueConstraint("chain", "sender", "nonce"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    chain: Mapped[str]
    sender: Mapped[str]
    key: Mapped[str]
    kind: Mapped[str] = mapped_column(index=True)
    to: Mapped[str]
    data: Mapped[bytes] = mapped_column(LargeBinary)
    value: Mapped[str]
    gas: Mapped[int] = mapped_column(Wide)
    nonce: Mapped[int | None] = mapped_column(Wide)
    state: Mapped[IntentState] = mapped_column(index=True)
    transactions: Mapped[list["Transaction"]] = relationship(
        back_populates="intent", order_by="Transaction.id", lazy="selectin"
    )


class Transaction(Base):
    """One signed attempt at an intent; the receipt's columns are filled when it is mined. Wei are text."""

    __tablename__ = "transactions"
    __table_args__ = (UniqueConstraint("intent_id", "hash", name="transactions_intent_id_hash_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    intent_id: Mapped[int] = mapped_column(ForeignKey("intents.id", ondelete="CASCADE"), index=True)
    hash: Mapped[str]
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    nonce: Mapped[int] = mapped_column(Wide)
    max_fee: Mapped[str]
    tip: Mapped[str]
    block: Mapped[int | None] = mapped_column(Wide)
    gas_used: Mapped[int | None] = mapped_column(Wide)
    fee: Mapped[str | None]
    succeeded: Mapped[bool | None]
    intent: Mapped[Intent] = relationship(back_populates="transactions")


@dataclass(frozen=True)
class Mined:
    """The receipt of a transaction; ``fee`` in wei."""

    hash: str
    block: int
    gas_used: int
    fee: int
    succeeded: bool


@dataclass(frozen=True)
class KindCost:
    """Gas of all mined transactions of one kind; ``fee`` in wei."""

    kind: str
    count: int
    gas_used: int
    fee: int


class IntentJournal:
    """The intents of one (chain, sender). Every method is one transaction of the database."""

    def __init__(self, database: Database, chain: str, sender: str) -> None:
        self.database = database
        self.chain = chain
        self.sender = sender

    def find(self, key: str) -> Intent | None:
        with self.database.reading() as session:
            return session.scalar(self._mine().where(Intent.key == key))

    def pending(self) -> Sequence[Intent]:
        """Intents not known to be mined, lowest nonce first."""
        with self.database.reading() as session:
            query = self._mine().where(Intent.state == IntentState.PENDING).order_by(Intent.nonce)
            return session.scalars(query).all()

    def mined_after(self, block: int) -> Sequence[Intent]:
        """Mined intents that a reorganisation could still undo: those in blocks later than ``block``."""
        with self.database.reading() as session:
            query = (
                self._mine()
                .join(Transaction)
                .where(Intent.state == IntentState.MINED, Transaction.block > block)
                .order_by(Intent.nonce)
            )
            return session.scalars(query).unique().all()

    def costs(self) -> Sequence[KindCost]:
        """The gas ledger: the total cost of each kind of transaction, including reverted ones."""
        with self.database.reading() as session:
            rows = session.execute(
                select(Intent.kind, Transaction.gas_used, Transaction.fee)
                .join(Transaction)
                .where(Intent.chain == self.chain, Intent.sender == self.sender)
                .where(Transaction.gas_used.is_not(None))
                .order_by(Intent.kind)
            ).all()
        kinds: dict[str, list[tuple[int, int]]] = {}
        for kind, gas_used, fee in rows:
            kinds.setdefault(kind, []).append((gas_used or 0, int(fee or 0)))
        return [_cost(kind, entries) for kind, entries in kinds.items()]

    def next_nonce(self, session: Session) -> int:
        """One more than the highest nonce held here, or 0; nobody can take it while ``session`` writes."""
        highest = session.scalar(
            select(func.max(Intent.nonce)).where(Intent.chain == self.chain, Intent.sender == self.sender)
        )
        return 0 if highest is None else highest + 1

    def locked(self, session: Session, key: str) -> Intent | None:
        """The intent of ``key`` inside a writing session, to be changed in place."""
        return session.scalar(self._mine().where(Intent.key == key))

    def add_attempt(self, session: Session, intent: Intent, signed: Transaction) -> None:
        """Journal one more signed attempt at ``intent``, which is pending from here on."""
        intent.nonce = signed.nonce
        intent.state = IntentState.PENDING
        intent.transactions.append(signed)
        session.add(intent)

    def complete(self, intent: Intent, mined: Mined) -> None:
        """Write down the receipt: the intent is mined, or failed if its transaction reverted."""
        with self.database.writing() as session:
            row = session.get_one(Intent, intent.id)
            row.state = IntentState.MINED if mined.succeeded else IntentState.FAILED
            for transaction in row.transactions:
                if transaction.hash == mined.hash:
                    transaction.block = mined.block
                    transaction.gas_used = mined.gas_used
                    transaction.fee = str(mined.fee)
                    transaction.succeeded = mined.succeeded

    def reopen(self, intent: Intent) -> None:
        """A reorganisation removed the transaction: the intent is pending again."""
        with self.database.writing() as session:
            row = session.get_one(Intent, intent.id)
            row.state = IntentState.PENDING
            for transaction in row.transactions:
                transaction.block = transaction.gas_used = transaction.fee = transaction.succeeded = None

    def give_up(self, intent: Intent) -> None:
        """The chain took no attempt at ``intent``: they are forgotten, and the nonce is free for another."""
        with self.database.writing() as session:
            row = session.get_one(Intent, intent.id)
            for transaction in row.transactions:
                if transaction.nonce == row.nonce:
                    session.delete(transaction)
            row.state = IntentState.FAILED
            row.nonce = None

    def _mine(self) -> Select[Intent]:
        return select(Intent).where(Intent.chain == self.chain, Intent.sender == self.sender)


def _cost(kind: str, entries: list[tuple[int, int]]) -> KindCost:
    return KindCost(kind, len(entries), sum(gas for gas, _ in entries), sum(fee for _, fee in entries))
