"""Members by account, as ids on chain are reused. Rows are derived from the chain, so none is migrated."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008_member_accounts"
down_revision = "0007_node_keys"
branch_labels = None
depends_on = None

AMOUNTS = ("earned", "slashed", "slashed_flock")


def upgrade() -> None:
    _drop_members("DROPPED", "RETAINED")
    op.create_table(
        "members",
        sa.Column("task", sa.BigInteger, primary_key=True),
        sa.Column("account", sa.String, primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("id", sa.Integer, nullable=False),
        *_rest("ACTIVE", "LEAVING", "RETAINED", "LEFT"),
        sa.UniqueConstraint("task", "number"),
    )


def downgrade() -> None:
    _drop_members("RETAINED", "DROPPED")
    op.create_table(
        "members",
        sa.Column("task", sa.BigInteger, primary_key=True),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("account", sa.String, nullable=False),
        *_rest("ACTIVE", "LEAVING", "DROPPED", "LEFT"),
        sa.UniqueConstraint("task", "account"),
    )


def _drop_members(state: str, becomes: str) -> None:
    """The type of the state stays where the database has one, with one of its values renamed."""
    op.drop_table("members")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TYPE memberstate RENAME VALUE '{state}' TO '{becomes}'")


def _state(*states: str) -> sa.types.TypeEngine[str]:
    if op.get_bind().dialect.name == "postgresql":
        return postgresql.ENUM(*states, name="memberstate", create_type=False)
    return sa.Enum(*states, name="memberstate")


def _rest(*states: str) -> list[sa.Column[Any]]:
    return [
        sa.Column("state", _state(*states), nullable=False),
        sa.Column("stake", sa.String, nullable=False),
        sa.Column("weight", sa.Integer, nullable=False),
        sa.Column("strikes", sa.Integer, nullable=False),
        sa.Column("drawn", sa.Integer, nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in AMOUNTS),
    ]
