"""What a node remembers is still there when it starts again."""

import pytest

from flock.store.database import Database, migrate, open_database
from flock.store.key_value import KeyValueStore


@pytest.fixture
def database(either_database: Database) -> Database:
    return either_database


def test_what_was_written_is_read_after_a_restart(either_url: str) -> None:
    vote = {"candidate": "ab", "supports": True, "loss": 0.25}
    before = open_database(either_url)
    migrate(before)
    KeyValueStore(before, "node").write("vote/1/2", vote)
    before.close()
    after = open_database(either_url)
    assert KeyValueStore(after, "node").read("vote/1/2") == vote
    after.close()


def test_the_last_write_counts(database: Database) -> None:
    memory = KeyValueStore(database, "node")
    memory.write("best_loss", 0.5)
    memory.write("best_loss", 0.25)
    assert memory.read("best_loss") == 0.25


def test_what_was_never_written_is_none(database: Database) -> None:
    assert KeyValueStore(database, "node").read("vote/1/2") is None


def test_namespaces_do_not_see_each_other(database: Database) -> None:
    KeyValueStore(database, "node").write("key", 1)
    assert KeyValueStore(database, "coordinator").read("key") is None
