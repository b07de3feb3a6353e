"""Nodes of one task, in this process, on a real chain and a real service."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from eth_account.signers.local import LocalAccount

from flock.chain.contracts.deployed import Contracts
from flock.store.database import Database
from tests.conftest import SenderOf
from tests.node.arena import Arena, fill, open_arena


@pytest.fixture
def empty_arena(
    contracts: Contracts, database: Database, sender_of: SenderOf, admin: LocalAccount, tmp_path: Path
) -> Iterator[Arena]:
    """A task that nobody has joined yet."""
    with open_arena(contracts, database, sender_of, admin, tmp_path) as arena:
        yield arena


@pytest.fixture
def arena(empty_arena: Arena, rich: Callable[[], LocalAccount]) -> Arena:
    """A task with as many members as it has seats."""
    fill(empty_arena, rich)
    return empty_arena
