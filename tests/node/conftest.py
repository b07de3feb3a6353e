"""Nodes of one task, in this process, on a real chain and a real service."""

import pytest

from tests.node.arena import Arena, empty_arena, first_model, full_arena

__all__ = ["empty_arena", "first_model", "full_arena"]


@pytest.fixture
def arena(full_arena: Arena) -> Arena:
    """A task with as many members as it has seats."""
    return full_arena
