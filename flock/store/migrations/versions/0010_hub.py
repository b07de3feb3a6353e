"""API keys of wallets; a hub's repositories, what they hold, and who has brought which bytes."""

import sqlalchemy as sa
from alembic import op

revision = "0010_hub"
down_revision = "0009_readers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("secret_hash", sa.LargeBinary(32), primary_key=True),
        sa.Column("account", sa.String, nullable=False, index=True),
        sa.Column("label", sa.String, nullable=False),
        sa.Column("begins", sa.String, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "hub_repositories",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("owner", sa.String, nullable=False, index=True),
        sa.Column("head", sa.String(40), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.Column("released_at", sa.BigInteger, nullable=True),
    )
    op.create_table(
        "hub_revisions",
        sa.Column("repository", sa.String, primary_key=True),
        sa.Column("revision", sa.String(40), primary_key=True),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "hub_files",
        sa.Column("repository", sa.String, primary_key=True),
        sa.Column("revision", sa.String(40), primary_key=True),
        sa.Column("path", sa.String, primary_key=True),
        sa.Column("digest", sa.LargeBinary(32), nullable=False, index=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("oid", sa.String(40), nullable=False),
        sa.Column("is_large", sa.Boolean, nullable=False),
        sa.Column("account", sa.String, nullable=False),
    )
    op.create_table(
        "hub_objects",
        sa.Column("digest", sa.LargeBinary(32), primary_key=True),
        sa.Column("account", sa.String, primary_key=True, index=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("ticket", sa.String, nullable=True, unique=True),
        sa.Column("announced_at", sa.BigInteger, nullable=False, index=True),
        sa.Column("stored_at", sa.BigInteger, nullable=True),
        sa.Column("is_safetensors", sa.Boolean, nullable=False),
    )


def downgrade() -> None:
    for table in ("hub_objects", "hub_files", "hub_revisions", "hub_repositories", "api_keys"):
        op.drop_table(table)
