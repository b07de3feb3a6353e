"""Two chains may have the same transaction: a development chain that is started anew counts nonces from 0 again."""

from alembic import op

revision = "0016_same_hash"
down_revision = "0015_arena_api"
branch_labels = None
depends_on = None

ALONE, BESIDE_ITS_INTENT = "transactions_hash_key", "transactions_intent_id_hash_key"
# As PostgreSQL calls what has no name; SQLite has none for it.
NAMES = {"uq": "%(table_name)s_%(column_0_name)s_key"}


def upgrade() -> None:
    with op.batch_alter_table("transactions", naming_convention=NAMES) as batch:
        batch.drop_constraint(ALONE, type_="unique")
        batch.create_unique_constraint(BESIDE_ITS_INTENT, ["intent_id", "hash"])


def downgrade() -> None:
    with op.batch_alter_table("transactions", naming_convention=NAMES) as batch:
        batch.drop_constraint(BESIDE_ITS_INTENT, type_="unique")
        batch.create_unique_constraint(ALONE, ["hash"])
