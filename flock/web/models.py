"""What a service remembers that no chain event says."""

from sqlalchemy import BigInteger, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from flock.store.database import Base

DRAFT = 0
"""The task of a blob that was brought before its task was made."""


class BlobRow(Base):
    """Who brought a blob first, for which task, and how many bytes it has: what quotas are counted from.

    The row is there before the bytes are, and goes after them. ``unneeded_since`` is when it was first found
    that no task needs it, in seconds since the epoch; another upload makes that unknown again.
    """

    __abstract__ = True

    cid: Mapped[str] = mapped_column(primary_key=True)
    task: Mapped[int] = mapped_column(BigInteger, index=True)
    account: Mapped[str] = mapped_column(index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    unneeded_since: Mapped[int | None] = mapped_column(BigInteger, default=None)


class StoredBlob(BlobRow):
    """A blob that anyone can read."""

    __tablename__ = "stored_blobs"


class Nonce(Base):
    """A sign-in that may still happen, until ``expires_at`` (seconds since the epoch) and only once."""

    __tablename__ = "nonces"

    nonce: Mapped[str] = mapped_column(primary_key=True)
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)


class SignInSession(Base):
    """Who has signed in, until when. Of the token only the SHA-256 is kept."""

    __tablename__ = "sign_in_sessions"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    account: Mapped[str] = mapped_column(index=True)
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)


class ApiKey(Base):
    """A key that acts for ``account`` until its row goes. Of the key only the SHA-256 and the beginning are kept."""

    __tablename__ = "api_keys"

    secret_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    account: Mapped[str] = mapped_column(index=True)
    label: Mapped[str]
    begins: Mapped[str]
    made_at: Mapped[int] = mapped_column(BigInteger)
