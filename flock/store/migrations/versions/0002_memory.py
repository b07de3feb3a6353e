"""The durable memory of nodes and coordinators."""

import sqlalchemy as sa
from alembic import op

revision = "0002_memory"
down_revision = "0001_chain"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "memory",
        sa.Column("namespace", sa.String, primary_key=True),
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("value", sa.String, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("memory")
