"""What happened on Arenas, by day. As all rows of Arenas it follows from events: they are made anew at the start."""

import sqlalchemy as sa
from alembic import op

revision = "0012_arena_days"
down_revision = "0011_arena"
branch_labels = None
depends_on = None

ROWS = (
    "arena_tasks",
    "arena_members",
    "arena_submissions",
    "arena_changes",
    "arena_windows",
    "arena_seats",
    "arena_commitments",
)
COUNTS = ("submissions", "scored", "failed", "void", "cancelled", "validations", "validators")


def upgrade() -> None:
    for table in ROWS:
        op.execute(f"DELETE FROM {table}")
    op.execute("DELETE FROM chain_events WHERE reader = 'arena'")
    op.execute("DELETE FROM checkpoint_blocks WHERE reader LIKE '%/arena'")
    op.create_table(
        "arena_days",
        sa.Column("task", sa.BigInteger, nullable=False),
        sa.Column("day", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in COUNTS),
        sa.Column("best_rank", sa.BigInteger),
        sa.PrimaryKeyConstraint("task", "day"),
    )
    op.create_index("ix_arena_days_day", "arena_days", ["day"])


def downgrade() -> None:
    op.drop_table("arena_days")
