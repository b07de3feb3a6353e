"""Signing in: nonces once used, and sessions."""

revision = "0006_sign_in"
down_revision = "0005_storage"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
