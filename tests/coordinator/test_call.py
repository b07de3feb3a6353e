"""Whom the coordinator calls, and when."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from flock.coordinator.steps.call import CallMembers
from flock.errors import ServiceUnavailable
from flock.protocol.alliance.rounds import Phase

SEATED = {Phase.PROPOSE: (1, 2), Phase.COMMIT: (3,)}


@dataclass
class Table:
    """All that ``Call`` works with: context, floor, strategy, roster and grid in one.

    ``joins`` connect one by one, whenever the roster is looked at; the chain leaves the phase after
    ``patience`` looks. Everybody answers at once, but for those who are ``silent``.
    """

    phase: Phase = Phase.PROPOSE
    connected: set[int] = field(default_factory=set)
    joins: list[int] = field(default_factory=list)
    silent: set[int] = field(default_factory=set)
    patience: int = 5
    task: int = 1
    drawn_block: int = 7
    failures: int = 0
    node_of: dict[str, int] = field(default_factory=dict)
    called: list[int] = field(default_factory=list)
    heard: list[int] = field(default_factory=list)

    def view(self) -> Any:
        return SimpleNamespace(
            number=1, phase=self.phase, drawn_block=self.drawn_block, seats=(1, 2, 3), model=bytes(32)
        )

    def stopping(self) -> bool:
        return False

    def refresh(self, _: object) -> None:
        self.connected.update(self.joins[:1])
        del self.joins[:1]
        self.patience -= 1
        if not self.patience:
            self.phase = Phase.ATTEST

    def enter(self, *_: object) -> None: ...

    def proposers(self, _: int) -> Sequence[int]:
        return [node for node in SEATED[Phase.PROPOSE] if node in self.connected]

    def voters(self, _: int) -> Sequence[int]:
        return [node for node in SEATED[Phase.COMMIT] if node in self.connected]

    def configure_train(self, number: int, *_: object) -> list[Any]:
        return [SimpleNamespace(metadata=SimpleNamespace(dst_node_id=n)) for n in self.proposers(number)]

    def configure_evaluate(self, number: int, *_: object) -> list[Any]:
        return [SimpleNamespace(metadata=SimpleNamespace(dst_node_id=n)) for n in self.voters(number)]

    def aggregate_train(self, _: int, replies: Sequence[Any]) -> tuple[None, None]:
        self.heard += [reply.metadata.src_node_id for reply in replies]
        return None, None

    def aggregate_evaluate(self, _: int, replies: Sequence[Any]) -> None:
        self.aggregate_train(0, replies)

    def push_messages(self, messages: Sequence[Any]) -> list[str]:
        if self.failures:
            self.failures -= 1
            raise ServiceUnavailable("The SuperLink went away.")
        nodes = [message.metadata.dst_node_id for message in messages]
        self.called += nodes
        return [str(node) for node in nodes]

    def pull_messages(self, ids: Iterable[str]) -> list[Any]:
        answering = sorted(int(each) for each in ids if int(each) not in self.silent)
        return [
            SimpleNamespace(metadata=SimpleNamespace(src_node_id=node, reply_to_message_id=str(node)))
            for node in answering
        ]


def call_at(table: Any) -> CallMembers:
    return CallMembers(table, table, table, table, lambda: table)


def test_each_phase_calls_those_who_sit_in_it_once() -> None:
    table = Table(connected={1, 2, 3})
    call = call_at(table)
    assert call()
    assert not call()
    table.phase = Phase.COMMIT
    assert call()
    assert not call()
    assert (table.called, table.heard) == ([1, 2, 3], [1, 2, 3])


def test_a_node_that_connects_between_two_looks_is_called_then() -> None:
    table = Table(connected={1})
    call = call_at(table)
    assert call()
    table.connected.add(2)
    assert call()
    assert (table.called, table.heard) == ([1, 2], [1, 2])


def test_a_node_that_connects_while_another_keeps_us_waiting_is_called_at_once() -> None:
    table = Table(connected={1}, joins=[2], silent={1})
    assert call_at(table)()
    assert (table.called, table.heard) == ([1, 2], [2])


def test_a_round_that_was_drawn_anew_calls_its_members_anew() -> None:
    table = Table(connected={1, 2, 3})
    call = call_at(table)
    assert call()
    table.drawn_block += 1
    assert call()
    assert table.called == [1, 2, 1, 2]


def test_who_could_not_be_called_is_called_once_the_superlink_is_back() -> None:
    table = Table(connected={1, 2}, failures=1)
    call = call_at(table)
    with pytest.raises(ServiceUnavailable):
        call()
    assert call()
    assert table.called == [1, 2]


def test_a_superlink_that_was_started_again_has_forgotten_the_calls() -> None:
    table: Any = Table(connected={1, 2})
    again: Any = Table(connected={1, 2})
    grids = [table, again]
    call = CallMembers(table, table, table, table, lambda: grids[0])
    assert call()
    del grids[0]
    assert call()
    assert not call()
    assert (table.called, again.called) == ([1, 2], [1, 2])


def test_outside_of_its_phases_nobody_is_called() -> None:
    table = Table(phase=Phase.ATTEST, connected={1, 2, 3})
    assert not call_at(table)()
    assert table.called == []
