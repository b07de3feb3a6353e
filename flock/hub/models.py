"""A hub's rows. The bytes are in a store of blobs; here is what they are called, and who has brought them."""

from sqlalchemy import BigInteger, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from flock.store.database import Base


class HubRepository(Base):
    """A repository by its name in small letters; ``head`` is the revision that ``main`` is now.

    Times are seconds since the epoch. Until ``released_at`` only those read it whom the product lets.
    """

    __tablename__ = "hub_repositories"

    key: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    owner: Mapped[str] = mapped_column(index=True)
    head: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[int] = mapped_column(BigInteger)
    released_at: Mapped[int | None] = mapped_column(BigInteger, default=None)


class HubRevision(Base):
    """What a repository held at some time; it never changes."""

    __tablename__ = "hub_revisions"

    repository: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[str] = mapped_column(String(40), primary_key=True)
    created_at: Mapped[int] = mapped_column(BigInteger)


class HubFile(Base):
    """A file of a revision: ``digest`` is the SHA-256 of its bytes, ``oid`` what git would call it.

    ``is_large`` says whether git would keep it in LFS, ``account`` who has brought it.
    """

    __tablename__ = "hub_files"

    repository: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[str] = mapped_column(String(40), primary_key=True)
    path: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    oid: Mapped[str] = mapped_column(String(40))
    is_large: Mapped[bool]
    account: Mapped[str]


class HubObject(Base):
    """Bytes that ``account`` has announced, and from ``stored_at`` on has shown to have, by sending them all.

    To know a digest is not to have its bytes: nobody commits, or is spared to send, what only others have brought.
    The row is there before the bytes are, and goes after them. The ticket in an upload's URL is good for nothing but
    sending these very bytes.
    """

    __tablename__ = "hub_objects"

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    account: Mapped[str] = mapped_column(primary_key=True, index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    ticket: Mapped[str | None] = mapped_column(unique=True, default=None)
    announced_at: Mapped[int] = mapped_column(BigInteger, index=True)
    stored_at: Mapped[int | None] = mapped_column(BigInteger, default=None)
    is_safetensors: Mapped[bool] = mapped_column(default=False)
