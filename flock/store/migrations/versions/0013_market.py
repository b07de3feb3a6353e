"""The Marketplace: models, versions, prices, hosts and subscriptions, and documents."""

import sqlalchemy as sa
from alembic import op

revision = "0013_market"
down_revision = "0012_arena_days"
branch_labels = None
depends_on = None

TABLES = (
    "market_cards",
    "market_hosts",
    "market_listings",
    "market_models",
    "market_parents",
    "market_prices",
    "market_subscriptions",
    "market_tokens",
    "market_versions",
)
KINDS = ("markethoststate", "marketsalestate")
INDEXED = (
    ("market_cards", "kind"),
    ("market_hosts", "subject"),
    ("market_listings", "host"),
    ("market_listings", "subject"),
    ("market_models", "owner"),
    ("market_models", "subject"),
    ("market_parents", "parent"),
    ("market_parents", "subject"),
    ("market_prices", "subject"),
    ("market_subscriptions", "subject"),
    ("market_subscriptions", "subscriber"),
    ("market_subscriptions", "version"),
    ("market_tokens", "subject"),
    ("market_versions", "digest"),
    ("market_versions", "metadata_digest"),
    ("market_versions", "model"),
    ("market_versions", "subject"),
    ("market_versions", "task"),
)


def upgrade() -> None:
    op.create_table(
        "market_cards",
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("words", sa.String, nullable=False),
        sa.Column("document", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_table(
        "market_hosts",
        sa.Column("account", sa.String, nullable=False),
        sa.Column("subject", sa.BigInteger, nullable=False),
        sa.Column("state", _kind("markethoststate", "BONDED", "LEAVING", "LEFT", "EXPELLED"), nullable=False),
        sa.Column("bond", sa.String, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("leaves_at", sa.BigInteger),
        sa.Column("slashed", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("account"),
    )
    op.create_table(
        "market_listings",
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("host", sa.String, nullable=False),
        sa.Column("subject", sa.BigInteger, nullable=False),
        sa.Column("splitter", sa.String, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("is_deployed", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("version", "host"),
    )
    op.create_table(
        "market_models",
        sa.Column("id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("subject", sa.BigInteger, nullable=False),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("transfers", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "market_parents",
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("parent", sa.BigInteger, nullable=False),
        sa.Column("subject", sa.BigInteger, nullable=False),
        sa.Column("bps", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("version", "parent"),
    )
    op.create_table(
        "market_prices",
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("token", sa.String, nullable=False),
        sa.Column("subject", sa.BigInteger, nullable=False),
        *(sa.Column(f"per_{what}", sa.String, nullable=False) for what in ("call", "period", "input", "output")),
        sa.Column("former", sa.JSON, nullable=False),
        sa.Column("honoured_until", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("version", "token"),
    )
    op.create_table(
        "market_subscriptions",
        sa.Column("id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("subject", sa.BigInteger, nullable=False),
        sa.Column("subscriber", sa.String, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("host", sa.String, nullable=False),
        sa.Column("token", sa.String, nullable=False),
        sa.Column("amount", sa.String, nullable=False),
        sa.Column("start", sa.BigInteger, nullable=False),
        sa.Column("end", sa.BigInteger, nullable=False),
        sa.Column("collected", sa.String, nullable=False),
        sa.Column("refunded", sa.String, nullable=False),
        sa.Column("cancelled_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "market_tokens",
        sa.Column("token", sa.String, nullable=False),
        sa.Column("subject", sa.BigInteger, nullable=False),
        sa.Column("is_listed", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("token"),
    )
    op.create_table(
        "market_versions",
        sa.Column("id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("subject", sa.BigInteger, nullable=False),
        sa.Column("model", sa.BigInteger, nullable=False),
        sa.Column("task", sa.BigInteger),
        sa.Column("publisher", sa.String, nullable=False),
        sa.Column("published_at", sa.BigInteger, nullable=False),
        sa.Column("state", _kind("marketsalestate", "LISTED", "RETIRED", "CONTESTED"), nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("metadata_digest", sa.LargeBinary(32), nullable=False),
        *(sa.Column(f"{what}_bps", sa.Integer, nullable=False) for what in ("fee", "host", "royalty", "makers")),
        sa.Column("shares", sa.JSON, nullable=False),
        sa.Column("contested_by", sa.BigInteger),
        sa.Column("is_royalty_deployed", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    for table, column in INDEXED:
        op.create_index(f"ix_{table}_{column}", table, [column])


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    for kind in KINDS:
        sa.Enum(name=kind).drop(op.get_bind(), checkfirst=True)


def _kind(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name)
