"""What a node remembers of its promises, across restarts."""

from pathlib import Path

import pytest

from flock.node.memory import CastVote, NodeMemory
from flock.protocol.core.commitments import Vote
from flock.store.database import Database
from flock.store.key_value import KeyValueStore
from tests.conftest import fresh_database

VOTE = CastVote("ab" * 32, harmful=0b01, rewarded=0b10, supports=True, candidate_loss=0.25)


@pytest.fixture
def memory(database: Database) -> NodeMemory:
    return NodeMemory(KeyValueStore(database, "node"), task=1)


def test_a_new_node_remembers_nothing(memory: NodeMemory) -> None:
    assert memory.proposed_update(1) is None
    assert memory.vote(1) is None
    assert not memory.is_published(1, "bafy-one", 0)


def test_promises_are_kept_by_round(memory: NodeMemory) -> None:
    memory.keep_update(1, "bafy-one")
    memory.keep_published(1, "bafy-one", 0)
    memory.keep_vote(1, VOTE)
    assert (memory.proposed_update(1), memory.vote(1)) == ("bafy-one", VOTE)
    assert (memory.proposed_update(2), memory.vote(2)) == (None, None)
    assert memory.is_published(1, "bafy-one", 0)
    assert not memory.is_published(2, "bafy-one", 0)


def test_what_was_shown_is_these_bytes_for_this_seat(memory: NodeMemory) -> None:
    """A reorganisation may draw the member into another seat, or make it train anew."""
    memory.keep_published(1, "bafy-one", 0)
    assert not memory.is_published(1, "bafy-two", 0)
    assert not memory.is_published(1, "bafy-one", 1)


def test_promises_outlive_the_process(tmp_path: Path) -> None:
    first = fresh_database(tmp_path / "node.db")
    NodeMemory(KeyValueStore(first, "node"), 1).keep_vote(1, VOTE)
    first.close()
    second = fresh_database(tmp_path / "node.db")
    assert NodeMemory(KeyValueStore(second, "node"), 1).vote(1) == VOTE
    second.close()


def test_two_tasks_do_not_see_each_other(database: Database) -> None:
    store = KeyValueStore(database, "node")
    NodeMemory(store, 1).keep_update(1, "bafy-one")
    NodeMemory(store, 1).keep_accepted_loss(0.1)
    assert NodeMemory(store, 2).proposed_update(1) is None
    assert NodeMemory(store, 2).keep_accepted_loss(0.9) == 0.9


def test_a_vote_is_sealed_as_the_protocol_has_it() -> None:
    assert VOTE.ballot == Vote(b"\xab" * 32, 0b01, 0b10, True)


def test_the_best_accepted_loss_only_falls(memory: NodeMemory) -> None:
    assert [memory.keep_accepted_loss(loss) for loss in (0.5, 0.7, 0.4, 0.6)] == [0.5, 0.5, 0.4, 0.4]


def test_a_best_loss_of_zero_is_a_loss(memory: NodeMemory) -> None:
    memory.keep_accepted_loss(0.0)
    assert memory.keep_accepted_loss(0.3) == 0.0
