"""A program's database: its engine, its sessions, its migrations. SQLite or PostgreSQL, with the same guarantees.

A reading session sees one snapshot and blocks nobody. A writing session holds the one write lock of the
database from its first statement on, so what it has read is still true when it commits, and it cannot fail
half-way because of another writer. SQLite has that lock (``BEGIN IMMEDIATE``, write-ahead mode); in PostgreSQL
it is an advisory lock, taken before anything is read.
"""

import re
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, BigInteger, Connection, Dialect, Engine, Integer, String, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator

from flock.errors import BadConfig, DatabaseUnavailable

if TYPE_CHECKING:
    from alembic.config import Config

BUSY_MILLISECONDS = 15_000
BUSY_PAUSE_SECONDS = 0.01
CONNECT_SECONDS = 10
SYNCHRONOUS = "FULL"  # an intent must survive a power cut before it is sent
ADVISORY_LOCK = int.from_bytes(b"flock")
READING: Mapping[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
# The lock makes writers serial; each statement then sees all that earlier writers committed.
WRITING: Mapping[str, Any] = {"isolation_level": "READ COMMITTED"}

Wide = BigInteger().with_variant(Integer(), "sqlite")
"""64 bits everywhere: SQLite's INTEGER has them already."""


class Whole(TypeDecorator[int]):
    """A whole number of any size, as decimal text."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else int(value)


class Base(DeclarativeBase):
    """The base class of all tables."""


@dataclass(frozen=True)
class Database:
    """An open database. ``writing()`` commits when its block ends well and rolls back when it raises.

    Both raise DatabaseUnavailable if the database is unreachable, full, or locked for too long.
    """

    engine: Engine
    readers: sessionmaker[Session]
    writers: sessionmaker[Session]

    @property
    def address(self) -> str:
        """The database's URL or path, without the password."""
        return _without_password(self.engine.url)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session on one consistent snapshot; never blocks a writer."""
        with self._reaching(), self.readers() as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session that holds the only write lock until its block ends."""
        with self._reaching(), self.writers.begin() as session:
            yield session

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        try:
            yield
        except (DBAPIError, PoolExhausted) as problem:
            if _is_defect(problem):
                raise
            raise DatabaseUnavailable(
                f"The database {self.address} cannot be used now ({_reason(problem)}): check that its server "
                f"runs and its disk has free space. flock tries again."
            ) from problem


def open_database(url: str) -> Database:
    """Open ``url``: a file path for SQLite, or as SQLAlchemy writes it, e.g. postgresql://user@host/name.

    Raises BadConfig, never with the password in it, if it cannot be opened.
    """
    try:
        parsed = _parsed(url)
        engine = _sqlite(parsed) if parsed.get_backend_name() == "sqlite" else _postgresql(parsed)
        with engine.connect():
            pass
    except (ArgumentError, DBAPIError, ModuleNotFoundError, OSError, ValueError) as problem:
        raise BadConfig(
            f"The database {_shown(url)!r} cannot be opened ({_reason(problem)}). Name a writable file, or a URL "
            f"such as postgresql://user:password@host/name, whose server runs and has that user and database."
        ) from None
    # Rows stay readable after their session, which is how stores hand them out.
    return Database(
        engine,
        sessionmaker(_reader(engine), expire_on_commit=False),
        sessionmaker(_writer(engine), expire_on_commit=False),
    )


def migrate(database: Database, to: str = "head") -> None:
    """Bring the tables to revision ``to``, up or down (``base``: none); several processes may call it at once.

    Raises BadConfig if a newer version of flock made the database, there is no such revision, or it cannot
    be written to.
    """
    known = _revisions()
    try:
        with _writer(database.engine).begin() as connection:
            current = _revision(connection)
            wanted = known[0] if to == "head" else to
            _require_known(database, current, known)
            if wanted not in (*known, "base"):
                raise BadConfig(
                    f"There is no revision {wanted!r}: choose one of {', '.join(reversed(known))}."
                )
            if current != wanted:
                _move(
                    connection, wanted, is_up=wanted in known[: known.index(current) + 1 if current else None]
                )
    except DBAPIError as problem:
        raise BadConfig(
            f"The tables of {database.address} cannot be made or changed ({_reason(problem)}): "
            f"check its user's write permission and its free disk space."
        ) from None


def revision_of(database: Database) -> str | None:
    """The current revision of the tables; None without any."""
    with database.engine.connect() as connection:
        return _revision(connection)


@cache
def _revisions() -> tuple[str, ...]:
    """All of them, the newest first."""
    from alembic.script import ScriptDirectory

    return tuple(script.revision for script in ScriptDirectory.from_config(_alembic()).walk_revisions())


def _move(connection: Connection, revision: str, *, is_up: bool) -> None:
    from alembic import command

    config = _alembic()
    config.attributes["connection"] = connection
    (command.upgrade if is_up else command.downgrade)(config, revision)


def _require_known(database: Database, current: str | None, known: tuple[str, ...]) -> None:
    if current is not None and current not in known:
        raise BadConfig(
            f"The database {database.address} is at revision {current}, made by a newer version of flock; this one "
            f"ends at {known[0]}. Install the newer version again, or migrate back with it first: "
            f"`flock alliance migrate --to {known[0]}`."
        )


def _alembic() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "flock.store:migrations")
    return config


def _revision(connection: Connection) -> str | None:
    from alembic.migration import MigrationContext

    return MigrationContext.configure(connection).get_current_revision()


# --- The two kinds of database ---


def _reader(engine: Engine) -> Engine:
    return engine if _is_sqlite(engine) else engine.execution_options(**READING)


def _writer(engine: Engine) -> Engine:
    options = {} if _is_sqlite(engine) else WRITING
    return engine.execution_options(flock_writes=True, **options)


def _sqlite(url: URL) -> Engine:
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url)

    @event.listens_for(engine, "connect")
    def on_connect(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # the driver must not begin transactions of its own
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={BUSY_MILLISECONDS}",
            "foreign_keys=ON",
            f"synchronous={SYNCHRONOUS}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        _log_ahead(cursor)
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if _writes(connection) else "BEGIN DEFERRED")

    return engine


def _log_ahead(cursor: DBAPICursor) -> None:
    """Write-ahead mode. SQLite's own patience does not cover this change: processes that open a new database
    together refuse each other."""
    deadline = time.monotonic() + BUSY_MILLISECONDS / 1_000
    while not _is_ahead(cursor, last_try=time.monotonic() > deadline):
        time.sleep(BUSY_PAUSE_SECONDS)


def _is_ahead(cursor: DBAPICursor, *, last_try: bool) -> bool:
    try:
        cursor.execute("PRAGMA journal_mode=WAL")
    except sqlite3.OperationalError as problem:
        if last_try or problem.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True


def _postgresql(url: URL) -> Engine:
    patience = {} if "connect_timeout" in url.query else {"connect_timeout": CONNECT_SECONDS}
    engine = create_engine(url, pool_pre_ping=True, connect_args=patience)

    @event.listens_for(engine, "connect")
    def on_connect(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        cursor.execute(f"SET lock_timeout = {BUSY_MILLISECONDS}")
        cursor.close()
        connection.commit()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        if _writes(connection):
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")

    return engine


def _is_sqlite(engine: Engine) -> bool:
    return engine.dialect.name == "sqlite"


def _writes(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get("flock_writes"))


# --- Addresses and failures, in words ---


def _parsed(url: str) -> URL:
    parsed = make_url(url) if "://" in url else URL.create("sqlite", database=url)
    if parsed.drivername in ("postgres", "postgresql"):
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise ArgumentError(f"{parsed.get_backend_name()} is neither sqlite nor postgresql")
    return parsed


def _without_password(url: URL) -> str:
    bare = url.set(query={name: value for name, value in url.query.items() if name != "password"})
    return bare.database or "" if bare.drivername == "sqlite" else bare.render_as_string(hide_password=True)


def _shown(url: str) -> str:
    try:
        return _without_password(make_url(url)) if "://" in url else url
    except (ArgumentError, ValueError):
        return re.sub(r"[^/]*@", "***@", url)


def _reason(problem: Exception) -> str:
    """The first line of the database's own message."""
    said = str(getattr(problem, "orig", None) or problem).strip()
    return said.splitlines()[0] if said else problem.__class__.__name__


def _is_defect(problem: DBAPIError | PoolExhausted) -> bool:
    """Whether retrying cannot help, because the statement itself is wrong."""
    if isinstance(problem, PoolExhausted) or problem.connection_invalidated:
        return False
    code = getattr(problem.orig, "sqlite_errorcode", None)
    return not isinstance(problem, OperationalError) or code == sqlite3.SQLITE_ERROR
