"""The rows of the Alliance service. All but ``Publication`` are made of chain events alone.

Amounts are wei, stakes gm, both kept as decimal text: they do not fit a 64-bit column.
"""

from enum import StrEnum

from sqlalchemy import JSON, BigInteger, Enum, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from flock.protocol.alliance.votes import Outcome, Verdict
from flock.store.database import Base, Whole


class TaskStatus(StrEnum):
    """What a task may become."""

    OPEN = "open"
    RUNNING = "running"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class MemberStatus(StrEnum):
    """Leaving: sits in the open round, and is off the list when that is finalised.

    Retained: off the list, its stake held for as long as its strikes are remembered. Left: gone with its stake, by
    itself or slashed below the minimum.
    """

    ACTIVE = "active"
    LEAVING = "leaving"
    RETAINED = "retained"
    LEFT = "left"


ON_THE_LIST = (MemberStatus.ACTIVE, MemberStatus.LEAVING)
"""Who may sit, and does what its seat asks."""


class TaskRow(Base):
    """A task, its parameters and how far it is.

    ``parameters`` holds AllianceParameters by name, amounts as decimal text and bytes as hex.
    ``pool`` is what the rounds have left to pay; ``model`` is the digest of the current model.
    """

    __tablename__ = "tasks"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    creator: Mapped[str]
    state: Mapped[TaskStatus] = mapped_column(Enum(TaskStatus, name="taskstate"))
    metadata_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    parameters: Mapped[dict[str, int | str]] = mapped_column(JSON)
    bounty: Mapped[int] = mapped_column(Whole)
    pool: Mapped[int] = mapped_column(Whole, default=0)
    model: Mapped[bytes] = mapped_column(LargeBinary(32))
    opened: Mapped[int] = mapped_column(default=0)
    decided: Mapped[int] = mapped_column(default=0)
    members: Mapped[int] = mapped_column(default=0)
    seed_block: Mapped[int | None] = mapped_column(BigInteger)
    refund: Mapped[int | None] = mapped_column(Whole)
    to_treasury: Mapped[int | None] = mapped_column(Whole)


class RoundRow(Base):
    """A drawn round; the columns after ``drawn_transaction`` are empty until it is finalised.

    ``harmful``, ``rewarded`` and ``attested`` are bitmaps by proposer seat; a unit is wei per weight.
    """

    __tablename__ = "rounds"

    task: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    seed: Mapped[bytes] = mapped_column(LargeBinary(32))
    drawn_block: Mapped[int] = mapped_column(BigInteger)
    propose_ends_at: Mapped[int] = mapped_column(BigInteger)
    keeper: Mapped[str]
    drawn_transaction: Mapped[str] = mapped_column(default="")
    outcome: Mapped[Outcome | None] = mapped_column(default=None)
    candidate: Mapped[bytes | None] = mapped_column(LargeBinary(32), default=None)
    harmful: Mapped[int | None] = mapped_column(BigInteger, default=None)
    rewarded: Mapped[int | None] = mapped_column(BigInteger, default=None)
    attested: Mapped[int | None] = mapped_column(BigInteger, default=None)
    proposer_unit: Mapped[int | None] = mapped_column(Whole, default=None)
    voter_unit: Mapped[int | None] = mapped_column(Whole, default=None)
    pool_left: Mapped[int | None] = mapped_column(Whole, default=None)
    finalised_block: Mapped[int | None] = mapped_column(BigInteger, default=None)
    finalised_transaction: Mapped[str | None] = mapped_column(default=None)


class SeatRow(Base):
    """One seat of a round: who sat in it, what they did, and what came of it.

    Proposers have a ``commitment``; voters an ``attestation`` (a bitmap by proposer seat), a
    ``sealed_vote`` and, once revealed, a vote. ``earned`` in wei, ``slashed`` in gm. ``reason`` is the
    Reason of the verdict, ``strikes`` how many its member had after the round, ``transactions`` the hash of
    each act on chain, by what was done.
    """

    __tablename__ = "seats"

    task: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    round: Mapped[int] = mapped_column(primary_key=True)
    seat: Mapped[int] = mapped_column(primary_key=True)
    is_proposer: Mapped[bool]
    member: Mapped[int]
    account: Mapped[str]
    weight: Mapped[int]
    commitment: Mapped[bytes | None] = mapped_column(LargeBinary(32), default=None)
    attestation: Mapped[int | None] = mapped_column(BigInteger, default=None)
    sealed_vote: Mapped[bytes | None] = mapped_column(LargeBinary(32), default=None)
    candidate: Mapped[bytes | None] = mapped_column(LargeBinary(32), default=None)
    harmful: Mapped[int | None] = mapped_column(BigInteger, default=None)
    rewarded: Mapped[int | None] = mapped_column(BigInteger, default=None)
    supports: Mapped[bool | None] = mapped_column(default=None)
    salt: Mapped[bytes | None] = mapped_column(LargeBinary(32), default=None)
    verdict: Mapped[Verdict | None] = mapped_column(default=None)
    reason: Mapped[str | None] = mapped_column(default=None)
    strikes: Mapped[int | None] = mapped_column(BigInteger, default=None)
    transactions: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    earned: Mapped[int] = mapped_column(Whole, default=0)
    slashed: Mapped[int] = mapped_column(Whole, default=0)


class MemberRow(Base):
    """A member of a task, the ``number``-th account to join. ``id`` is that on the chain, 0 once it has left.

    ``stake`` is as joined; ``strikes`` the bitmap of its last seats, bit 0 the latest.
    ``drawn`` counts its seats; ``earned`` is what rounds paid it; ``slashed`` is gm, ``slashed_flock`` wei.
    """

    __tablename__ = "members"
    __table_args__ = (UniqueConstraint("task", "number"),)

    task: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    account: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]
    id: Mapped[int]
    state: Mapped[MemberStatus] = mapped_column(Enum(MemberStatus, name="memberstate"))
    stake: Mapped[int] = mapped_column(Whole)
    weight: Mapped[int]
    strikes: Mapped[int] = mapped_column(default=0)
    drawn: Mapped[int] = mapped_column(default=0)
    earned: Mapped[int] = mapped_column(Whole, default=0)
    slashed: Mapped[int] = mapped_column(Whole, default=0)
    slashed_flock: Mapped[int] = mapped_column(Whole, default=0)


class TaskAccountRow(Base):
    """Anyone's amounts on a task: gm allocated to membership, fees earned as keeper, wei withdrawn in all."""

    __tablename__ = "accounts"

    task: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    account: Mapped[str] = mapped_column(primary_key=True)
    allocated: Mapped[int] = mapped_column(Whole, default=0)
    keeper_fees: Mapped[int] = mapped_column(Whole, default=0)
    withdrawn: Mapped[int] = mapped_column(Whole, default=0)


class PublicationRow(Base):
    """Where the bytes behind a commitment are. Not from the chain, but checked against it."""

    __tablename__ = "publications"

    commitment: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    task: Mapped[int] = mapped_column(BigInteger, index=True)
    round: Mapped[int]
    seat: Mapped[int]
    cid: Mapped[str]
