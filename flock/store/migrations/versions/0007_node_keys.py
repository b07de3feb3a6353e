"""Members' attestations of their Flower nodes' keys."""

revision = "0007_node_keys"
down_revision = "0006_sign_in"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
