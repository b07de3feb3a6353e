"""One file, many threads and processes; a transaction is whole or nothing."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from flock.errors import BadConfig
from flock.store import checkpoint, journal, memory  # noqa: F401 - their tables
from flock.store.checkpoint import Checkpoint, Mark
from flock.store.database import Base, Database, migrate, open_database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(str(tmp_path / "deep" / "flock.db"))
    migrate(opened)
    yield opened
    opened.close()


def test_the_migrations_give_exactly_the_tables_of_the_models(database: Database) -> None:
    own = {"intents", "transactions", "checkpoint_blocks"}
    with database.engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), Base.metadata)
        assert own <= set(inspect(connection).get_table_names())
    assert not [change for change in differences if any(name in str(change) for name in own)]


def test_migrating_again_changes_nothing(database: Database) -> None:
    with database.writing() as session:
        Checkpoint("reader").save(session, Mark(1, "0x01"), 0)
    migrate(database)
    with database.reading() as session:
        assert Checkpoint("reader").marks(session) == [Mark(1, "0x01")]


def test_processes_that_start_together_migrate_once(tmp_path: Path) -> None:
    script = "import sys; from flock.store.database import *; migrate(open_database(sys.argv[1]))"
    path = str(tmp_path / "shared.db")
    running = [subprocess.Popen([sys.executable, "-c", script, path]) for _ in range(3)]
    assert [process.wait(60) for process in running] == [0, 0, 0]


def test_a_block_that_raises_leaves_nothing(database: Database) -> None:
    def write_and_fail() -> None:
        with database.writing() as session:
            Checkpoint("reader").save(session, Mark(1, "0x01"), 0)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    with database.reading() as session:
        assert Checkpoint("reader").marks(session) == []


def test_writers_wait_for_each_other_instead_of_failing(database: Database) -> None:
    def write(number: int) -> None:
        with database.writing() as session:
            known = len(Checkpoint("reader").marks(session))
            Checkpoint("reader").save(session, Mark(known, str(number)), 0)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))
    with database.reading() as session:
        assert [mark.number for mark in Checkpoint("reader").marks(session)] == list(range(39, -1, -1))


@pytest.mark.parametrize("url", ["nosuch://host/db", "sqlite:////proc/nowhere/flock.db", "://"])
def test_a_database_that_cannot_be_opened_is_named(url: str) -> None:
    with pytest.raises(BadConfig, match="cannot be opened"):
        open_database(url)


class TestCheckpoint:
    def test_readers_do_not_see_each_other(self, database: Database) -> None:
        with database.writing() as session:
            Checkpoint("one").save(session, Mark(1, "0x01"), 0)
            assert Checkpoint("two").marks(session) == []

    def test_marks_no_fork_can_precede_are_dropped(self, database: Database) -> None:
        with database.writing() as session:
            for number in range(6):
                Checkpoint("reader").save(session, Mark(number, str(number)), final=3)
            assert [mark.number for mark in Checkpoint("reader").marks(session)] == [5, 4, 3]

    def test_rewinding_forgets_what_came_after(self, database: Database) -> None:
        with database.writing() as session:
            for number in range(4):
                Checkpoint("reader").save(session, Mark(number, str(number)), final=0)
            Checkpoint("reader").rewind(session, 1)
            assert [mark.number for mark in Checkpoint("reader").marks(session)] == [1, 0]
