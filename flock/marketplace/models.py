"""The rows of the Marketplace. All but ``CardRow`` are made of chain events alone.

Amounts are in the smallest unit of their token, bonds in wei of gmFLOCK; both are kept as decimal text. ``subject``
is what the projector makes rows anew by, see ``projection``.
"""

from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, Enum, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from flock.store.database import Base, Whole


class SaleState(StrEnum):
    """What a version may become."""

    LISTED = "listed"
    RETIRED = "retired"
    CONTESTED = "contested"


class HostState(StrEnum):
    """Leaving: its bond still answers for it, and it begins nothing new."""

    BONDED = "bonded"
    LEAVING = "leaving"
    LEFT = "left"
    EXPELLED = "expelled"


class ModelRow(Base):
    """A model, an ERC-721 token, and who owns it now."""

    __tablename__ = "market_models"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    subject: Mapped[int] = mapped_column(BigInteger, index=True)
    owner: Mapped[str] = mapped_column(index=True)
    transfers: Mapped[int] = mapped_column(default=0)


class VersionRow(Base):
    """A version as published; ``task`` is None for an upload.

    ``shares`` are [account, basis points]. ``contested_by`` is the task that made
    the same bytes. Until its splitter of royalties is deployed there is no code at it.
    """

    __tablename__ = "market_versions"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    subject: Mapped[int] = mapped_column(BigInteger, index=True)
    model: Mapped[int] = mapped_column(BigInteger, index=True)
    task: Mapped[int | None] = mapped_column(BigInteger, index=True)
    publisher: Mapped[str]
    published_at: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[SaleState] = mapped_column(Enum(SaleState, name="marketsalestate"))
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), index=True)
    metadata_digest: Mapped[bytes] = mapped_column(LargeBinary(32), index=True)
    fee_bps: Mapped[int]
    host_bps: Mapped[int]
    royalty_bps: Mapped[int]
    makers_bps: Mapped[int]
    shares: Mapped[list[list[int | str]]] = mapped_column(JSON)
    contested_by: Mapped[int | None] = mapped_column(BigInteger, default=None)
    is_royalty_deployed: Mapped[bool] = mapped_column(default=False)


class ParentRow(Base):
    """What a version leaves for one that was there before: ``bps`` of what fee and host leave."""

    __tablename__ = "market_parents"

    version: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    parent: Mapped[int] = mapped_column(BigInteger, primary_key=True, index=True)
    subject: Mapped[int] = mapped_column(BigInteger, index=True)
    bps: Mapped[int]


class PriceRow(Base):
    """What a version costs in a token, and what it cost before: honoured until ``honoured_until`` (Unix seconds)."""

    __tablename__ = "market_prices"

    version: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    token: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[int] = mapped_column(BigInteger, index=True)
    per_call: Mapped[int] = mapped_column(Whole, default=0)
    per_period: Mapped[int] = mapped_column(Whole, default=0)
    per_input: Mapped[int] = mapped_column(Whole, default=0)
    per_output: Mapped[int] = mapped_column(Whole, default=0)
    former: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    honoured_until: Mapped[int] = mapped_column(BigInteger, default=0)


class ListingRow(Base):
    """A host that has begun to serve a version; payments for it by way of this host go to ``splitter``."""

    __tablename__ = "market_listings"

    version: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    host: Mapped[str] = mapped_column(primary_key=True, index=True)
    subject: Mapped[int] = mapped_column(BigInteger, index=True)
    splitter: Mapped[str]
    since: Mapped[int] = mapped_column(BigInteger)
    is_deployed: Mapped[bool] = mapped_column(default=False)


class HostRow(Base):
    """A host: its bond when it was taken in, and how it stands. ``leaves_at`` is when its bond is free."""

    __tablename__ = "market_hosts"

    account: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[int] = mapped_column(BigInteger, index=True)
    state: Mapped[HostState] = mapped_column(Enum(HostState, name="markethoststate"))
    bond: Mapped[int] = mapped_column(Whole)
    since: Mapped[int] = mapped_column(BigInteger)
    leaves_at: Mapped[int | None] = mapped_column(BigInteger, default=None)
    slashed: Mapped[int] = mapped_column(Whole, default=0)


class SubscriptionRow(Base):
    """A subscription; ``cancelled_at`` is when it ended early. Times in Unix seconds."""

    __tablename__ = "market_subscriptions"
    __table_args__ = (Index("ix_market_subscriptions_version", "version"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    subject: Mapped[int] = mapped_column(BigInteger, index=True)
    subscriber: Mapped[str] = mapped_column(index=True)
    version: Mapped[int] = mapped_column(BigInteger)
    host: Mapped[str]
    token: Mapped[str]
    amount: Mapped[int] = mapped_column(Whole)
    start: Mapped[int] = mapped_column(BigInteger)
    end: Mapped[int] = mapped_column(BigInteger)
    collected: Mapped[int] = mapped_column(Whole, default=0)
    refunded: Mapped[int] = mapped_column(Whole, default=0)
    cancelled_at: Mapped[int | None] = mapped_column(BigInteger, default=None)


class TokenRow(Base):
    """A token that governance has put on the list at some time."""

    __tablename__ = "market_tokens"

    token: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[int] = mapped_column(BigInteger, index=True)
    is_listed: Mapped[bool]


class CardRow(Base):
    """The document of a version, by the SHA-256 of its bytes. Not from the chain, but found by its digest there.

    ``words`` is what a search looks through, in lower case.
    """

    __tablename__ = "market_cards"

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    kind: Mapped[str] = mapped_column(index=True)
    words: Mapped[str]
    document: Mapped[dict[str, Any]] = mapped_column(JSON)


ROWS = (ModelRow, VersionRow, ParentRow, PriceRow, ListingRow, HostRow, SubscriptionRow, TokenRow)
"""What is made of events, and made anew after a reorganisation."""
