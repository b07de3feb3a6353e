"""What a host of the Marketplace was paid, for which calls, and the answers it keeps for a while."""

import sqlalchemy as sa
from alembic import op

revision = "0014_market_payments"
down_revision = "0013_market"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "market_payments",
        sa.Column("chain", sa.BigInteger, nullable=False),
        sa.Column("token", sa.String, nullable=False),
        sa.Column("payer", sa.String, nullable=False),
        sa.Column("nonce", sa.LargeBinary(32), nullable=False),
        sa.Column("gate", sa.String, nullable=False),
        sa.Column(
            "state", sa.Enum("RESERVED", "ANSWERED", "SETTLED", name="paymentstate"), nullable=False
        ),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("amount", sa.String, nullable=False),
        sa.Column("request", sa.LargeBinary(32), nullable=False),
        sa.Column("identifier", sa.String),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.Column("requirements", sa.JSON, nullable=False),
        sa.Column("busy_until", sa.BigInteger, nullable=False),
        sa.Column("kept_until", sa.BigInteger, nullable=False),
        sa.Column("is_delivered", sa.Boolean, nullable=False),
        sa.Column("is_dropped", sa.Boolean, nullable=False),
        sa.Column("transaction", sa.String),
        sa.Column("headers", sa.JSON),
        sa.Column("body", sa.LargeBinary),
        sa.Column("input_tokens", sa.BigInteger, nullable=False),
        sa.Column("output_tokens", sa.BigInteger, nullable=False),
        sa.Column("receipt_id", sa.LargeBinary(32)),
        sa.Column("receipt", sa.JSON),
        sa.PrimaryKeyConstraint("chain", "token", "payer", "nonce"),
    )
    op.create_index("ix_market_payments_kept_until", "market_payments", ["kept_until"])
    op.create_index("ix_market_payments_request", "market_payments", ["payer", "request"])
    op.create_index("ix_market_payments_identifier", "market_payments", ["payer", "identifier"])
    op.create_index("ix_market_payments_receipt", "market_payments", ["receipt_id"])


def downgrade() -> None:
    op.drop_table("market_payments")
    sa.Enum(name="paymentstate").drop(op.get_bind(), checkfirst=True)
