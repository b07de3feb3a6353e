"""Intents, their transactions, and the checkpoints of chain readers."""

import sqlalchemy as sa
from alembic import op

revision = "0001_chain"
down_revision = None
branch_labels = None
depends_on = None

wide = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "intents",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("chain", sa.String, nullable=False),
        sa.Column("sender", sa.String, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False, index=True),
        sa.Column("to", sa.String, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("value", sa.String, nullable=False),
        sa.Column("gas", wide, nullable=False),
        sa.Column("nonce", wide),
        sa.Column("state", sa.Enum("PENDING", "MINED", "FAILED", name="intentstate"), nullable=False, index=True),
        sa.UniqueConstraint("chain", "sender", "key"),
        sa.UniqueConstraint("chain", "sender", "nonce"),
    )
    op.create_table(
        "transactions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("intent_id", sa.Integer, sa.ForeignKey("intents.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("hash", sa.String, nullable=False, unique=True),
        sa.Column("raw", sa.LargeBinary, nullable=False),
        sa.Column("nonce", wide, nullable=False),
        sa.Column("max_fee", sa.String, nullable=False),
        sa.Column("tip", sa.String, nullable=False),
        sa.Column("block", wide),
        sa.Column("gas_used", wide),
        sa.Column("fee", sa.String),
        sa.Column("succeeded", sa.Boolean),
    )
    op.create_table(
        "checkpoint_blocks",
        sa.Column("reader", sa.String, primary_key=True),
        sa.Column("number", wide, primary_key=True),
        sa.Column("hash", sa.String, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("checkpoint_blocks")
    op.drop_table("transactions")
    op.drop_table("intents")
    sa.Enum(name="intentstate").drop(op.get_bind())
