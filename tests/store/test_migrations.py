"""The migrations make exactly the tables that the models describe."""

import importlib
import pkgutil
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import flock
from flock.store.database import Base, migrate, open_database


def test_a_migrated_database_has_the_tables_of_the_models_and_no_others(tmp_path: Path) -> None:
    for module in pkgutil.walk_packages(flock.__path__, "flock."):
        if module.name.rpartition(".")[2] in ("models", "memory", "journal", "checkpoint"):
            importlib.import_module(module.name)
    database = open_database(str(tmp_path / "flock.db"))
    migrate(database)
    with database.engine.connect() as connection:
        found = compare_metadata(
            MigrationContext.configure(connection, opts={"compare_type": True}), Base.metadata
        )
    database.close()
    assert found == []


def test_migrating_again_changes_nothing(tmp_path: Path) -> None:
    database = open_database(str(tmp_path / "flock.db"))
    for _ in range(2):
        migrate(database)
    database.close()
