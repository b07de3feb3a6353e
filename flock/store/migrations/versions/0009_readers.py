"""The journal of events is kept for each reader apart, so that two products may share a database.

No old row says whose it is. Rows follow from the events, so they are forgotten here and made anew at the next start;
what no event says (publications, quotas, sessions) stays.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009_readers"
down_revision = "0008_member_accounts"
branch_labels = None
depends_on = None

ROWS = ("tasks", "rounds", "seats", "members", "accounts", "checkpoint_blocks")


def upgrade() -> None:
    _forget_rows()
    op.create_table(
        "chain_events",
        sa.Column("reader", sa.String, primary_key=True),
        *_place(),
        sa.Column("subject", sa.BigInteger, nullable=False),
        *_log(),
    )
    op.create_index("ix_chain_events_subject", "chain_events", ["reader", "subject"])


def downgrade() -> None:
    _forget_rows()
    op.create_table(
        "chain_events",
        *_place(),
        sa.Column("task", sa.BigInteger, nullable=False, index=True),
        *_log(),
    )


def _forget_rows() -> None:
    for table in ROWS:
        op.execute(f"DELETE FROM {table}")
    op.drop_table("chain_events")


def _place() -> list[sa.Column[Any]]:
    return [
        sa.Column("block", sa.BigInteger, primary_key=True),
        sa.Column("index", sa.Integer, primary_key=True),
    ]


def _log() -> list[sa.Column[Any]]:
    return [
        sa.Column("block_hash", sa.String, nullable=False),
        sa.Column("transaction", sa.String, nullable=False),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("topics", sa.LargeBinary, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    ]
