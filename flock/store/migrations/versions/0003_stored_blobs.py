"""Who uploaded which blob to a service."""

import sqlalchemy as sa
from alembic import op

revision = "0003_stored_blobs"
down_revision = "0002_memory"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stored_blobs",
        sa.Column("cid", sa.String, primary_key=True),
        sa.Column("task", sa.BigInteger, nullable=False, index=True),
        sa.Column("account", sa.String, nullable=False, index=True),
        sa.Column("size", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("stored_blobs")
