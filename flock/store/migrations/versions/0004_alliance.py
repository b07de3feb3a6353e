"""The Alliance service: the journal of chain events and the rows derived from them."""

import sqlalchemy as sa
from alembic import op

revision = "0004_alliance"
down_revision = "0003_stored_blobs"
branch_labels = None
depends_on = None


def whole(name: str, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String, nullable=nullable)


def digest(name: str, nullable: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(32), nullable=nullable)


def task_key() -> sa.Column[int]:
    return sa.Column("task", sa.BigInteger, primary_key=True)


def upgrade() -> None:
    op.create_table(
        "chain_events",
        sa.Column("block", sa.BigInteger, primary_key=True),
        sa.Column("index", sa.Integer, primary_key=True),
        sa.Column("task", sa.BigInteger, nullable=False, index=True),
        sa.Column("block_hash", sa.String, nullable=False),
        sa.Column("transaction", sa.String, nullable=False),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("topics", sa.LargeBinary, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "tasks",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("creator", sa.String, nullable=False),
        sa.Column("state", sa.Enum("OPEN", "RUNNING", "CLOSED", "CANCELLED", name="taskstate"), nullable=False),
        digest("metadata_digest"),
        sa.Column("parameters", sa.JSON, nullable=False),
        whole("bounty"),
        whole("pool"),
        digest("model"),
        sa.Column("opened", sa.Integer, nullable=False),
        sa.Column("decided", sa.Integer, nullable=False),
        sa.Column("members", sa.Integer, nullable=False),
        sa.Column("seed_block", sa.BigInteger),
        whole("refund", nullable=True),
        whole("to_treasury", nullable=True),
    )
    op.create_table(
        "rounds",
        task_key(),
        sa.Column("number", sa.Integer, primary_key=True),
        digest("seed"),
        sa.Column("drawn_block", sa.BigInteger, nullable=False),
        sa.Column("propose_ends_at", sa.BigInteger, nullable=False),
        sa.Column("keeper", sa.String, nullable=False),
        sa.Column("outcome", sa.Enum("VOID", "ACCEPTED", "REJECTED", name="outcome")),
        digest("candidate", nullable=True),
        sa.Column("harmful", sa.BigInteger),
        sa.Column("rewarded", sa.BigInteger),
        sa.Column("attested", sa.BigInteger),
        whole("proposer_unit", nullable=True),
        whole("voter_unit", nullable=True),
        whole("pool_left", nullable=True),
        sa.Column("finalised_block", sa.BigInteger),
    )
    op.create_table(
        "seats",
        task_key(),
        sa.Column("round", sa.Integer, primary_key=True),
        sa.Column("seat", sa.Integer, primary_key=True),
        sa.Column("is_proposer", sa.Boolean, nullable=False),
        sa.Column("member", sa.Integer, nullable=False),
        sa.Column("account", sa.String, nullable=False),
        sa.Column("weight", sa.Integer, nullable=False),
        digest("commitment", nullable=True),
        sa.Column("attestation", sa.BigInteger),
        digest("sealed_vote", nullable=True),
        digest("candidate", nullable=True),
        sa.Column("harmful", sa.BigInteger),
        sa.Column("rewarded", sa.BigInteger),
        sa.Column("supports", sa.Boolean),
        digest("salt", nullable=True),
        sa.Column("verdict", sa.Enum("UNJUDGED", "GOOD", "BAD", name="verdict")),
        whole("earned"),
        whole("slashed"),
    )
    op.create_table(
        "members",
        task_key(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("account", sa.String, nullable=False),
        sa.Column("state", sa.Enum("ACTIVE", "LEAVING", "DROPPED", "LEFT", name="memberstate"), nullable=False),
        whole("stake"),
        sa.Column("weight", sa.Integer, nullable=False),
        sa.Column("strikes", sa.Integer, nullable=False),
        sa.Column("drawn", sa.Integer, nullable=False),
        whole("earned"),
        whole("slashed"),
        whole("slashed_flock"),
        sa.UniqueConstraint("task", "account"),
    )
    op.create_table(
        "accounts",
        task_key(),
        sa.Column("account", sa.String, primary_key=True),
        whole("allocated"),
        whole("keeper_fees"),
        whole("withdrawn"),
    )
    op.create_table(
        "publications",
        sa.Column("commitment", sa.LargeBinary(32), primary_key=True),
        sa.Column("task", sa.BigInteger, nullable=False, index=True),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("seat", sa.Integer, nullable=False),
        sa.Column("cid", sa.String, nullable=False),
    )


def downgrade() -> None:
    for table in ("publications", "accounts", "members", "seats", "rounds", "tasks", "chain_events"):
        op.drop_table(table)
    for kind in ("taskstate", "outcome", "verdict", "memberstate"):
        sa.Enum(name=kind).drop(op.get_bind())
