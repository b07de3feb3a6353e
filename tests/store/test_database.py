"""One database, many threads and processes; a transaction is whole or nothing. The same on SQLite and PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from flock.errors import BadConfig, DatabaseUnavailable
from flock.store import database as database_module
from flock.store.checkpoint import Checkpoint, ProcessedBlock
from flock.store.database import Database, migrate, open_database
from tests.conftest import DURABLE, fresh_database
from tests.postgres import Postgres


@pytest.fixture
def database(either_database: Database) -> Database:
    return either_database


def mark(database: Database, number: int) -> None:
    with database.writing() as session:
        Checkpoint("reader").save(session, ProcessedBlock(number, hex(number)), 0)


def marked(database: Database) -> list[int]:
    with database.reading() as session:
        return [mark.number for mark in Checkpoint("reader").marks(session)]


def test_what_is_committed_is_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "SYNCHRONOUS", DURABLE)
    with closing(fresh_database(tmp_path / "flock.db")) as database, database.reading() as session:
        full = 2
        assert session.scalar(text("PRAGMA synchronous")) == full


def test_a_block_that_raises_leaves_nothing(database: Database) -> None:
    def write_and_fail() -> None:
        with database.writing() as session:
            Checkpoint("reader").save(session, ProcessedBlock(1, "0x01"), 0)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    assert marked(database) == []


def test_writers_wait_for_each_other_instead_of_failing(database: Database) -> None:
    def write(number: int) -> None:
        with database.writing() as session:
            known = len(Checkpoint("reader").marks(session))
            Checkpoint("reader").save(session, ProcessedBlock(known, str(number)), 0)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))
    assert marked(database) == list(range(39, -1, -1))


def test_a_reader_sees_one_moment_whatever_is_written_meanwhile(database: Database) -> None:
    mark(database, 1)
    with database.reading() as session:
        seen = [Checkpoint("reader").marks(session)]
        mark(database, 2)
        session.expire_all()
        seen.append(Checkpoint("reader").marks(session))
    assert seen == [[ProcessedBlock(1, "0x1")]] * 2
    assert marked(database) == [2, 1]


def test_integers_of_64_bits_fit(database: Database) -> None:
    mark(database, 2**63 - 1)
    assert marked(database) == [2**63 - 1]


def test_who_waits_too_long_for_the_lock_may_try_again(
    either_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "BUSY_MILLISECONDS", 50)
    database = open_database(either_url)
    migrate(database)
    with database.writing() as session:
        session.connection()
        with pytest.raises(DatabaseUnavailable, match="cannot be used now"):
            mark(database, 1)
    mark(database, 1)
    database.close()


def test_a_wrong_statement_is_a_defect_and_no_bad_weather(database: Database) -> None:
    with pytest.raises(DBAPIError, match="nosuch"), database.reading() as session:
        session.execute(text("SELECT * FROM nosuch"))


def test_a_database_without_room_may_have_some_later(tmp_path: Path) -> None:
    def fill() -> None:
        with database.writing() as session:
            session.execute(text("PRAGMA max_page_count = 1"))
            session.execute(text("CREATE TABLE large AS SELECT zeroblob(1000000)"))

    database = fresh_database(tmp_path / "full.db")
    with pytest.raises(DatabaseUnavailable, match="full"):
        fill()
    database.close()


def test_a_server_that_went_away_is_reached_again(postgres: Postgres) -> None:
    with postgres.database() as url:
        database = open_database(url)
        with pytest.raises(DatabaseUnavailable), database.writing() as session:
            session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        mark(database, 1)
        assert marked(database) == [1]
        database.close()


class TestAddress:
    @pytest.mark.parametrize(
        "url",
        [
            "nosuch://host/db",
            "mysql://flock:secret@host/db",
            "sqlite:////proc/nowhere/flock.db",
            "/proc/nowhere/flock.db",
            "://",
            "://flock:secret@host",
            "postgresql://flock:secret@/flock?host=/nowhere",
            "postgresql://flock@/flock?host=/nowhere&password=secret",
            "postgresql://flock:secret@host:port/flock",
        ],
    )
    def test_a_database_that_cannot_be_opened_is_named_without_its_password(self, url: str) -> None:
        with pytest.raises(BadConfig, match="cannot be opened") as refused:
            open_database(url)
        assert "secret" not in str(refused.value)

    def test_a_wrong_password_is_said_but_not_shown(self, postgres: Postgres) -> None:
        postgres.demand_password("guarded", "right")
        with postgres.database() as url:
            opened = open_database(url.replace("postgres:@", "guarded:right@"))
            assert "right" not in opened.address
            opened.close()
            with pytest.raises(BadConfig, match="password authentication failed") as refused:
                open_database(url.replace("postgres:@", "guarded:wrong@"))
        assert "wrong" not in str(refused.value)

    def test_a_database_that_the_server_does_not_have_is_named(self, postgres: Postgres) -> None:
        with postgres.database() as url, pytest.raises(BadConfig, match="nosuch"):
            open_database(url.replace("/test_", "/nosuch_"))


class TestCheckpoint:
    def test_readers_do_not_see_each_other(self, database: Database) -> None:
        with database.writing() as session:
            Checkpoint("one").save(session, ProcessedBlock(1, "0x01"), 0)
            assert Checkpoint("two").marks(session) == []

    def test_marks_no_fork_can_precede_are_dropped(self, database: Database) -> None:
        with database.writing() as session:
            for number in range(6):
                Checkpoint("reader").save(session, ProcessedBlock(number, str(number)), final=3)
            assert [mark.number for mark in Checkpoint("reader").marks(session)] == [5, 4, 3]

    def test_rewinding_forgets_what_came_after(self, database: Database) -> None:
        with database.writing() as session:
            for number in range(4):
                Checkpoint("reader").save(session, ProcessedBlock(number, str(number)), final=0)
            Checkpoint("reader").rewind(session, 1)
            assert [mark.number for mark in Checkpoint("reader").marks(session)] == [1, 0]


@pytest.mark.parametrize("name", ["a home", "50%", "what?", "no#1", "q?a=b&c", "Hôpital", "%41", "a:b@c"])
def test_a_file_lies_where_its_path_says_whatever_that_would_mean_in_a_url(tmp_path: Path, name: str) -> None:
    path = tmp_path / name / "flock.db"
    database = fresh_database(path)
    mark(database, 1)
    assert database.address == str(path)
    database.close()
    assert {each.name for each in tmp_path.rglob("*.db")} == {"flock.db"}
    assert path.is_file()
