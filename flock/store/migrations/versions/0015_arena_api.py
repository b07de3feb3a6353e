"""What the door for FLock.io's clients keeps: submissions, assignments, and what its operator key spends."""

import sqlalchemy as sa
from alembic import op

revision = "0015_arena_api"
down_revision = "0014_market_payments"
branch_labels = None
depends_on = None

STATUSES = ("VALIDATING", "COMPLETED", "FAILED")


def upgrade() -> None:
    op.create_table(
        "arena_api_submissions",
        sa.Column("task", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("submission", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("account", sa.String, nullable=False),
        sa.Column("data", sa.JSON, nullable=False),
    )
    op.create_index("ix_arena_api_submissions_account", "arena_api_submissions", ["account", "task"])
    op.create_table(
        "arena_api_assignments",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("task", sa.BigInteger, nullable=False),
        sa.Column("window", sa.Integer, nullable=False),
        sa.Column("submission", sa.BigInteger, nullable=False),
        sa.Column("account", sa.String, nullable=False),
        sa.Column("status", sa.Enum(*STATUSES, name="arenaassignment"), nullable=False),
        sa.Column("assigned_at", sa.BigInteger, nullable=False),
    )
    op.create_index(
        "ix_arena_api_assignments_seat",
        "arena_api_assignments",
        ["task", "window", "account", "submission"],
        unique=True,
    )
    op.create_table(
        "arena_api_spending",
        sa.Column("account", sa.String, primary_key=True),
        sa.Column("day", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("gas", sa.String, nullable=False),
        sa.Column("flock", sa.String, nullable=False),
    )


def downgrade() -> None:
    for table in ("arena_api_spending", "arena_api_assignments", "arena_api_submissions"):
        op.drop_table(table)
    sa.Enum(name="arenaassignment").drop(op.get_bind(), checkfirst=True)
