"""What garbage collection needs to know of a stored blob."""

revision = "0005_storage"
down_revision = "0004_alliance"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
