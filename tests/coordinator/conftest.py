"""A coordinator's view of a task that has its members' nodes in this process."""

import pytest

from flock.alliance.client import AllianceClient
from flock.coordinator.context import CoordinatorContext
from flock.store.http_blobs import HttpBlobs
from tests.node.arena import MAX_BYTES, Arena, empty_arena, first_model, full_arena

__all__ = ["empty_arena", "first_model", "full_arena"]


@pytest.fixture
def arena(full_arena: Arena) -> Arena:
    """A task with as many members as it has seats."""
    return full_arena


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
