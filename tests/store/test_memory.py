"""What a node remembers is still there when it starts again."""

from pathlib import Path

import pytest

from flock.store.database import Database, migrate, open_database
from flock.store.memory import Memory


@pytest.fixture
def database(tmp_path: Path) -> Database:
    opened = open_database(str(tmp_path / "node.db"))
    migrate(opened)
    return opened


def test_what_was_written_is_read_after_a_restart(tmp_path: Path, database: Database) -> None:
    Memory(database, "node").write("vote/1/2", {"candidate": "ab", "supports": True, "loss": 0.25})
    database.close()
    again = Memory(open_database(str(tmp_path / "node.db")), "node")
    assert again.read("vote/1/2") == {"candidate": "ab", "supports": True, "loss": 0.25}


def test_the_last_write_counts(database: Database) -> None:
    memory = Memory(database, "node")
    memory.write("best_loss", 0.5)
    memory.write("best_loss", 0.25)
    assert memory.read("best_loss") == 0.25


def test_what_was_never_written_is_none(database: Database) -> None:
    assert Memory(database, "node").read("vote/1/2") is None


def test_namespaces_do_not_see_each_other(database: Database) -> None:
    Memory(database, "node").write("key", 1)
    assert Memory(database, "coordinator").read("key") is None
