"""What a service remembers that no chain event says."""

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from flock.store.database import Base


class StoredBlob(Base):
    """Who brought a blob first, for which task, and how many bytes it has: what quotas are counted from."""

    __tablename__ = "stored_blobs"

    cid: Mapped[str] = mapped_column(primary_key=True)
    task: Mapped[int] = mapped_column(BigInteger, index=True)
    account: Mapped[str] = mapped_column(index=True)
    size: Mapped[int] = mapped_column(BigInteger)
