"""The migrations make exactly the tables that the models describe, go up and down, and lose nothing on the way."""

import importlib
import itertools
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from flock import alliance, arena, hub, marketplace, store, tasks, web
from flock.errors import BadConfig
from flock.marketplace import gate
from flock.store.database import Base, Database, migrate, open_database
from tests import patience

REVISIONS = [
    "0001_chain",
    "0002_memory",
    "0003_stored_blobs",
    "0004_alliance",
    "0005_storage",
    "0006_sign_in",
    "0007_node_keys",
    "0008_member_accounts",
    "0009_readers",
    "0010_hub",
    "0011_arena",
    "0012_arena_days",
    "0013_market",
    "0014_market_payments",
    "0015_arena_api",
    "0016_same_hash",
]
Rows = dict[str, list[dict[str, Any]]]

# Every other row is made of the chain's events, or ends by itself.
IRREPLACEABLE = {
    "intents": "0001_chain",
    "transactions": "0001_chain",
    "memory": "0002_memory",
    "stored_blobs": "0003_stored_blobs",
    "publications": "0004_alliance",
    "sign_in_sessions": "0006_sign_in",
    "sponsored_tasks": "0006_sign_in",
    "node_keys": "0007_node_keys",
    "api_keys": "0010_hub",
    "hub_repositories": "0010_hub",
    "hub_revisions": "0010_hub",
    "hub_files": "0010_hub",
    "hub_objects": "0010_hub",
    "arena_openings": "0011_arena",
    "arena_brought": "0011_arena",
    "arena_blobs": "0011_arena",
    "market_payments": "0014_market_payments",
    "arena_api_submissions": "0015_arena_api",
    "arena_api_assignments": "0015_arena_api",
    "arena_api_spending": "0015_arena_api",
}


@pytest.fixture
def empty(either_url: str) -> Iterator[Database]:
    opened = open_database(either_url)
    yield opened
    opened.close()


def reflected(database: Database) -> sa.MetaData:
    found = sa.MetaData()
    found.reflect(database.engine)
    return found


def sample(column: sa.Column[Any]) -> object:
    """Some value that the column can hold."""
    if isinstance(column.type, sa.Enum):
        return column.type.enums[0]
    if isinstance(column.type, sa.JSON):
        return {"a": 1}
    samples = {str: "text", bytes: b"bytes", bool: True, int: 1}
    return samples[column.type.python_type]


def fill(database: Database) -> None:
    """One row in every table, and no more."""
    tables = [table for table in reflected(database).sorted_tables if table.name != "alembic_version"]
    with database.writing() as session:
        for table in reversed(tables):
            session.execute(table.delete())
        for table in tables:
            session.execute(table.insert().values({c.name: sample(c) for c in table.columns}))


def rows(database: Database) -> Rows:
    with database.reading() as session:
        return {
            table.name: [dict(row) for row in session.execute(sa.select(table)).mappings()]
            for table in reflected(database).sorted_tables
            if table.name != "alembic_version"
        }


def agree(some: list[dict[str, Any]], others: list[dict[str, Any]]) -> bool:
    """Whether these single rows say the same in the columns that both have."""
    (one,), (other,) = some, others
    return all(one[name] == other[name] for name in one.keys() & other.keys())


def test_a_migrated_database_has_the_tables_of_the_models_and_no_others(either_database: Database) -> None:
    for package in (store, web, tasks, alliance, arena, marketplace, gate, hub):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    with either_database.engine.connect() as connection:
        found = compare_metadata(
            MigrationContext.configure(connection, opts={"compare_type": True}), Base.metadata
        )
    assert found == []


def test_every_revision_goes_down_and_up_again_and_loses_nothing_that_it_knows(empty: Database) -> None:
    migrate(empty)
    fill(empty)
    everything = before = rows(empty)
    for upper, lower in itertools.pairwise(reversed(REVISIONS)):
        for revision in (lower, upper, lower):
            migrate(empty, revision)
            now = rows(empty)
            assert all(agree(before[t], now[t]) for t, since in IRREPLACEABLE.items() if since <= lower)
            before = now
    for revision in ("base", "head"):
        migrate(empty, revision)
    assert rows(empty).keys() == everything.keys()


def test_migrating_again_changes_nothing(either_database: Database) -> None:
    fill(either_database)
    before = rows(either_database)
    migrate(either_database)
    assert rows(either_database) == before


def test_processes_that_start_together_migrate_once(either_url: str) -> None:
    script = "import sys; from flock.store.database import *; migrate(open_database(sys.argv[1]))"
    running = [subprocess.Popen([sys.executable, "-c", script, either_url]) for _ in range(6)]
    assert [process.wait(patience.SECONDS) for process in running] == [0] * 6


def test_a_database_of_a_newer_version_is_refused_with_both_revisions(either_database: Database) -> None:
    with either_database.writing() as session:
        session.execute(sa.text("UPDATE alembic_version SET version_num = '0099_future'"))
    with pytest.raises(BadConfig, match=rf"0099_future.*{REVISIONS[-1]}.*--to {REVISIONS[-1]}"):
        migrate(either_database)


def test_a_revision_that_is_not_there_is_named(either_database: Database) -> None:
    with pytest.raises(BadConfig, match="no revision 'yesterday'"):
        migrate(either_database, "yesterday")
