"""What the door for FLock.io's clients keeps. None of it is on chain; times are Unix seconds, scores codes of
``flock.protocol.arena.scores``.
"""

from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, Enum, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from flock.store.database import Base, Whole


class AssignmentStatus(StrEnum):
    """As FLock.io's clients name it."""

    VALIDATING = "validating"
    COMPLETED = "completed"
    FAILED = "failed"


class ApiSubmissionRow(Base):
    """A submission that came through the door; ``data`` is what its trainer said of it."""

    __tablename__ = "arena_api_submissions"
    __table_args__ = (Index("ix_arena_api_submissions_account", "account", "task"),)

    task: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    submission: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    account: Mapped[str]
    data: Mapped[dict[str, Any]] = mapped_column(JSON)


class AssignmentRow(Base):
    """A seat that was handed to a validator's client, and what that reported; once a window and submission."""

    __tablename__ = "arena_api_assignments"
    __table_args__ = (
        Index("ix_arena_api_assignments_seat", "task", "window", "account", "submission", unique=True),
    )

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    task: Mapped[int] = mapped_column(BigInteger)
    window: Mapped[int]
    submission: Mapped[int] = mapped_column(BigInteger)
    account: Mapped[str]
    status: Mapped[AssignmentStatus] = mapped_column(Enum(AssignmentStatus, name="arenaassignment"))
    assigned_at: Mapped[int] = mapped_column(BigInteger)


class OperatorSpendingRow(Base):
    """What the operator key has spent for an account on a day, which begins at ``day``: gas and FLOCK, in wei."""

    __tablename__ = "arena_api_spending"

    account: Mapped[str] = mapped_column(String, primary_key=True)
    day: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    gas: Mapped[int] = mapped_column(Whole, default=0)
    flock: Mapped[int] = mapped_column(Whole, default=0)
