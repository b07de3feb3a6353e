"""One database a process: its engine, its sessions, its migrations.

SQLite is opened in write-ahead mode with a busy timeout, so that several threads and
processes may share one file. A writing session takes the write lock when it begins, never
half-way, so that it cannot fail on an upgrade from reader to writer.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

from flock.errors import BadConfig

BUSY_MILLISECONDS = 15_000


class Base(DeclarativeBase):
    """Every table of flock hangs on this."""


@dataclass(frozen=True)
class Database:
    """An open database. ``writing()`` commits when its block ends well and rolls back when it raises."""

    engine: Engine
    readers: sessionmaker[Session]
    writers: sessionmaker[Session]

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session on one consistent snapshot; never blocks a writer."""
        with self.readers() as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session that holds the only write lock until its block ends."""
        with self.writers.begin() as session:
            yield session

    def close(self) -> None:
        self.engine.dispose()


def open_database(url: str) -> Database:
    """Open ``url`` (as SQLAlchemy writes it, or a file path for SQLite); raises BadConfig if it cannot be."""
    address = url if "://" in url else f"sqlite:///{url}"
    try:
        parsed = make_url(address)
        if parsed.get_backend_name() == "sqlite" and parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(parsed)
        if parsed.get_backend_name() == "sqlite":
            _teach_sqlite(engine)
        with engine.connect():
            pass
    except (ArgumentError, DBAPIError, ModuleNotFoundError, OSError) as problem:
        raise BadConfig(
            f"The database {url!r} cannot be opened ({problem.__class__.__name__}). "
            "Name a writable file or an SQLAlchemy URL such as sqlite:///flock.db."
        ) from problem
    writer = engine.execution_options(flock_begin="IMMEDIATE")
    # Rows stay readable after their session, which is how stores hand them out.
    return Database(
        engine,
        sessionmaker(engine, expire_on_commit=False),
        sessionmaker(writer, expire_on_commit=False),
    )


def migrate(database: Database) -> None:
    """Bring the tables to the newest revision; safe to call from several processes at once."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "flock.store:migrations")
    with database.engine.execution_options(flock_begin="IMMEDIATE").begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "heads")


def _teach_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # the driver must not begin transactions of its own
        cursor = connection.cursor()
        for pragma in (f"busy_timeout={BUSY_MILLISECONDS}", "journal_mode=WAL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.execute("PRAGMA synchronous=FULL")  # an intent must survive a power cut before it is sent
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        mode = connection.get_execution_options().get("flock_begin", "DEFERRED")
        connection.exec_driver_sql(f"BEGIN {mode}")
