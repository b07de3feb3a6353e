"""A coordinator's view of a task that has its members' nodes in this process."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from eth_account.signers.local import LocalAccount

from flock.alliance.client import AllianceClient
from flock.chain.contracts.deployed import Contracts
from flock.coordinator.context import CoordinatorContext
from flock.store.database import Database
from flock.store.http_blobs import HttpBlobs
from tests.conftest import SenderOf
from tests.node.arena import MAX_BYTES, Arena, fill, open_arena


@pytest.fixture
def arena(
    contracts: Contracts,
    database: Database,
    sender_of: SenderOf,
    admin: LocalAccount,
    rich: Callable[[], LocalAccount],
    tmp_path: Path,
) -> Iterator[Arena]:
    with open_arena(contracts, database, sender_of, admin, tmp_path) as opened:
        fill(opened, rich)
        yield opened


@pytest.fixture
def stopping() -> list[bool]:
    """Holds True once the coordinator is told to stop."""
    return [False]


@pytest.fixture
def context(arena: Arena, stopping: list[bool]) -> CoordinatorContext:
    """Its key is nobody's in particular: a coordinator has no power."""
    return CoordinatorContext(
        contracts=arena.contracts,
        sender=arena.keeper,
        task=arena.task,
        parameters=arena.contracts.task_manager.parameters_of(arena.task),
        blobs=arena.clients.enter_context(HttpBlobs(arena.service)),
        service=arena.clients.enter_context(AllianceClient(arena.service)),
        max_model_bytes=MAX_BYTES,
        stopping=lambda: stopping[0],
    )
