"""What garbage collection needs to know about a stored blob."""

import sqlalchemy as sa
from alembic import op

revision = "0005_storage"
down_revision = "0004_alliance"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("stored_blobs", sa.Column("unneeded_since", sa.BigInteger))


def downgrade() -> None:
    op.drop_column("stored_blobs", "unneeded_since")
