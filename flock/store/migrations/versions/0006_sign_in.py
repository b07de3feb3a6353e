"""Signing in: nonces once used, and sessions. Why a seat was judged as it was, and in which transactions.

The new columns follow from the events, so the rows are deleted here and rebuilt at the next start.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006_sign_in"
down_revision = "0005_storage"
branch_labels = None
depends_on = None

ROWS = ("tasks", "rounds", "seats", "members", "accounts", "chain_events", "checkpoint_blocks")


def on_seats() -> list[sa.Column[Any]]:
    return [
        sa.Column("reason", sa.String, nullable=True),
        sa.Column("strikes", sa.BigInteger, nullable=True),
        sa.Column("transactions", sa.JSON, nullable=False, server_default="{}"),
    ]


def on_rounds() -> list[sa.Column[Any]]:
    return [
        sa.Column("drawn_transaction", sa.String, nullable=False, server_default=""),
        sa.Column("finalised_transaction", sa.String, nullable=True),
    ]


def upgrade() -> None:
    _forget_rows()
    for column in on_seats():
        op.add_column("seats", column)
    for column in on_rounds():
        op.add_column("rounds", column)
    op.create_table(
        "nonces",
        sa.Column("nonce", sa.String, primary_key=True),
        sa.Column("expires_at", sa.BigInteger, nullable=False, index=True),
    )
    op.create_table(
        "sign_in_sessions",
        sa.Column("token_hash", sa.LargeBinary(32), primary_key=True),
        sa.Column("account", sa.String, nullable=False, index=True),
        sa.Column("expires_at", sa.BigInteger, nullable=False, index=True),
    )
    op.create_table(
        "sponsored_tasks",
        sa.Column("account", sa.String, primary_key=True),
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("request", sa.LargeBinary(32), nullable=False),
        sa.Column("task", sa.BigInteger, nullable=True),
    )


def downgrade() -> None:
    op.drop_table("sponsored_tasks")
    op.drop_table("sign_in_sessions")
    op.drop_table("nonces")
    for column in on_rounds():
        op.drop_column("rounds", column.name)
    for column in on_seats():
        op.drop_column("seats", column.name)


def _forget_rows() -> None:
    for table in ROWS:
        op.execute(f"DELETE FROM {table}")
