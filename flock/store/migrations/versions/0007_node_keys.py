"""Members' attestations of their Flower nodes' keys."""

import sqlalchemy as sa
from alembic import op

revision = "0007_node_keys"
down_revision = "0006_sign_in"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "node_keys",
        sa.Column("task", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("account", sa.String, primary_key=True),
        sa.Column("public_key", sa.LargeBinary(33), nullable=False),
        sa.Column("issued_at", sa.BigInteger, nullable=False),
        sa.Column("signature", sa.String, nullable=False),
        sa.Column("possession", sa.String, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("node_keys")
