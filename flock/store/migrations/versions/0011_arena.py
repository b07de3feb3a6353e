"""The Arena's service: its rows, what trainers tell it, and the blobs that it keeps to itself.

The journal of events gets the times of blocks, which deadlines of submissions follow from.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011_arena"
down_revision = "0010_hub"
branch_labels = None
depends_on = None

TABLES = (
    "arena_brought",
    "arena_blobs",
    "arena_changes",
    "arena_commitments",
    "arena_members",
    "arena_openings",
    "arena_seats",
    "arena_submissions",
    "arena_tasks",
    "arena_windows",
)
KINDS = (
    "arenafinalverdict",
    "arenaqueue",
    "arenarole",
    "arenastage",
    "arenastanding",
    "arenaverdict",
    "arenawindowqueue",
)


def upgrade() -> None:
    op.create_table(
        "arena_brought",
        sa.Column("task", sa.BigInteger, nullable=False),
        sa.Column("account", sa.String, nullable=False),
        sa.Column("cid", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("task", "account", "cid"),
    )
    op.create_table(
        "arena_blobs",
        sa.Column("cid", sa.String, nullable=False),
        sa.Column("task", sa.BigInteger, nullable=False),
        sa.Column("account", sa.String, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("unneeded_since", sa.BigInteger),
        sa.PrimaryKeyConstraint("cid"),
    )
    op.create_index("ix_arena_blobs_account", "arena_blobs", ["account"])
    op.create_index("ix_arena_blobs_task", "arena_blobs", ["task"])
    op.create_table(
        "arena_changes",
        sa.Column("task", sa.BigInteger, nullable=False),
        sa.Column("submission", sa.BigInteger, nullable=False),
        sa.Column("block", sa.BigInteger, nullable=False),
        sa.Column("index", sa.Integer, nullable=False),
        sa.Column("what", sa.String, nullable=False),
        sa.Column("window", sa.Integer),
        sa.Column("transaction", sa.String, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("task", "submission", "block", "index"),
    )
    op.create_table(
        "arena_commitments",
        sa.Column("task", sa.BigInteger, nullable=False),
        sa.Column("window", sa.Integer, nullable=False),
        sa.Column("account", sa.String, nullable=False),
        sa.Column("stands_in", sa.Boolean, nullable=False),
        sa.Column("commitment", sa.LargeBinary(32), nullable=False),
        sa.Column("transaction", sa.String, nullable=False),
        sa.Column("revealed_transaction", sa.String),
        sa.PrimaryKeyConstraint("task", "window", "account", "stands_in"),
    )
    op.create_table(
        "arena_members",
        sa.Column("task", sa.BigInteger, nullable=False),
        sa.Column("account", sa.String, nullable=False),
        sa.Column("id", sa.BigInteger, nullable=False),
        sa.Column("role", sa.Enum("NONE", "TRAINER", "VALIDATOR", name="arenarole"), nullable=False),
        sa.Column(
            "standing",
            sa.Enum("ACTIVE", "SUSPENDED", "RETAINED", "LEFT", name="arenastanding"),
            nullable=False,
        ),
        sa.Column("stake", sa.String, nullable=False),
        sa.Column("position", sa.Integer),
        sa.Column("submissions", sa.Integer, nullable=False),
        sa.Column("best", sa.BigInteger),
        sa.Column("best_rank", sa.BigInteger),
        sa.Column("judged", sa.Integer, nullable=False),
        sa.Column("strikes", sa.Integer, nullable=False),
        sa.Column("misses", sa.Integer, nullable=False),
        sa.Column("absences", sa.Integer, nullable=False),
        sa.Column("retained_until", sa.BigInteger),
        sa.Column("slashed", sa.String, nullable=False),
        sa.Column("slashed_flock", sa.String, nullable=False),
        sa.Column("withdrawn", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("task", "account"),
    )
    op.create_index("ix_arena_members_best", "arena_members", ["task", "best_rank", "best"])
    op.create_index("ix_arena_members_id", "arena_members", ["task", "id"], unique=True)
    op.create_index("ix_arena_members_position", "arena_members", ["task", "position"])
    op.create_table(
        "arena_openings",
        sa.Column("commitment", sa.LargeBinary(32), nullable=False),
        sa.Column("task", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("salt", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("commitment"),
    )
    op.create_index("ix_arena_openings_task", "arena_openings", ["task"])
    op.create_table(
        "arena_seats",
        sa.Column("task", sa.BigInteger, nullable=False),
        sa.Column("window", sa.Integer, nullable=False),
        sa.Column("slot", sa.Integer, nullable=False),
        sa.Column("submission", sa.BigInteger, nullable=False),
        sa.Column("account", sa.String, nullable=False),
        sa.Column("substitute", sa.String),
        sa.Column("by", sa.String),
        sa.Column("code", sa.Integer),
        sa.Column("duplicate_of", sa.BigInteger),
        sa.Column("artifact", sa.LargeBinary(32)),
        sa.Column("loss_root", sa.LargeBinary(32)),
        sa.PrimaryKeyConstraint("task", "window", "slot"),
    )
    op.create_index("ix_arena_seats_account", "arena_seats", ["task", "account", "submission"])
    op.create_index("ix_arena_seats_submission", "arena_seats", ["task", "submission", "window"])
    op.create_index("ix_arena_seats_substitute", "arena_seats", ["task", "substitute", "submission"])
    op.create_table(
        "arena_submissions",
        sa.Column("task", sa.BigInteger, nullable=False),
        sa.Column("id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("account", sa.String, nullable=False),
        sa.Column("commitment", sa.LargeBinary(32), nullable=False),
        sa.Column("is_sealed", sa.Boolean, nullable=False),
        sa.Column("submitted_at", sa.BigInteger, nullable=False),
        sa.Column(
            "verdict",
            sa.Enum("QUEUED", "HIDDEN", "SCORED", "FAILED", "VOID", "CANCELLED", name="arenaverdict"),
            nullable=False,
        ),
        sa.Column("queue", sa.Enum("OPEN", "SEALED", "FINAL", name="arenaqueue"), nullable=False),
        sa.Column("index", sa.BigInteger, nullable=False),
        sa.Column("window", sa.Integer),
        sa.Column("median", sa.Integer),
        sa.Column("mad", sa.Integer),
        sa.Column("digest", sa.LargeBinary(32)),
        sa.Column("first", sa.BigInteger),
        sa.Column("is_finalist", sa.Boolean, nullable=False),
        sa.Column("final_window", sa.Integer),
        sa.Column(
            "final_verdict",
            sa.Enum("QUEUED", "HIDDEN", "SCORED", "FAILED", "VOID", "CANCELLED", name="arenafinalverdict"),
        ),
        sa.Column("final_median", sa.Integer),
        sa.Column("final_mad", sa.Integer),
        sa.PrimaryKeyConstraint("task", "id"),
    )
    op.create_index("ix_arena_submissions_account", "arena_submissions", ["task", "account", "id"])
    op.create_index("ix_arena_submissions_digest", "arena_submissions", ["task", "digest"])
    op.create_index(
        "ix_arena_submissions_waiting", "arena_submissions", ["task", "queue", "verdict", "window", "index"]
    )
    op.create_table(
        "arena_tasks",
        sa.Column("id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("creator", sa.String, nullable=False),
        sa.Column(
            "stage",
            sa.Enum(
                "ENROLLING", "RUNNING", "DISCLOSING", "FINALS", "FINISHED", "CANCELLED", name="arenastage"
            ),
            nullable=False,
        ),
        sa.Column("metadata_digest", sa.LargeBinary(32), nullable=False),
        sa.Column("parameters", sa.JSON, nullable=False),
        sa.Column("bounty", sa.String, nullable=False),
        sa.Column("streamed", sa.String, nullable=False),
        sa.Column("stage_ends_at", sa.BigInteger),
        sa.Column("is_bonded", sa.Boolean, nullable=False),
        sa.Column("key", sa.LargeBinary(32)),
        sa.Column("key_is_lost", sa.Boolean, nullable=False),
        sa.Column("submissions", sa.Integer, nullable=False),
        sa.Column("windows", sa.Integer, nullable=False),
        sa.Column("trainers", sa.Integer, nullable=False),
        sa.Column("validators", sa.Integer, nullable=False),
        sa.Column("places_on_a", sa.JSON, nullable=False),
        sa.Column("places_on_b", sa.JSON, nullable=False),
        sa.Column("is_on_b", sa.Boolean),
        sa.Column("winner", sa.BigInteger),
        sa.Column("model", sa.LargeBinary(32)),
        sa.Column("refund", sa.String),
        sa.Column("to_treasury", sa.String),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "arena_windows",
        sa.Column("task", sa.BigInteger, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("queue", sa.Enum("OPEN", "SEALED", "FINAL", name="arenawindowqueue"), nullable=False),
        sa.Column("submissions", sa.JSON, nullable=False),
        sa.Column("validators", sa.Integer, nullable=False),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("seed_block", sa.BigInteger),
        sa.Column("seed", sa.LargeBinary(32)),
        sa.Column("second_seed", sa.LargeBinary(32)),
        sa.Column("commit_ends_at", sa.BigInteger),
        sa.Column("replace_ends_at", sa.BigInteger),
        sa.Column("reveal_ends_at", sa.BigInteger),
        sa.Column("keeper", sa.String),
        sa.Column("judged", sa.Integer, nullable=False),
        sa.Column("transaction", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("task", "number"),
    )
    op.add_column("chain_events", sa.Column("time", sa.BigInteger))


def downgrade() -> None:
    op.drop_column("chain_events", "time")
    for table in TABLES:
        op.drop_table(table)
    for kind in KINDS:
        sa.Enum(name=kind).drop(op.get_bind())
