"""What a daemon does about a reorganisation that it notices."""

from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from flock.chain.client import BlockHeader
from flock.chain.sending.reorg_watcher import ReorgWatcher
from flock.chain.sending.sender import Sender
from flock.errors import RpcUnavailable


def block(number: int, branch: str) -> BlockHeader:
    return BlockHeader(number, f"{branch}{number}", f"{branch}{number - 1}", 0, 0)


@dataclass
class Chain:
    """A sender with its client and journal in one; its endpoint fails ``failures`` times to resume."""

    branch: str = "a"
    height: int = 1
    failures: int = 0
    resumed: list[str] = field(default_factory=list)

    @property
    def client(self) -> "Chain":
        return self

    journal = client

    def head(self) -> BlockHeader:
        return block(self.height, self.branch)

    def block(self, number: int) -> BlockHeader:
        return block(number, self.branch)

    def pending(self) -> list[Any]:
        return []

    def resume(self) -> None:
        self.resumed.append(self.branch)
        if self.failures:
            self.failures -= 1
            raise RpcUnavailable("The endpoint went away.")


def vigil_over(chain: Chain) -> ReorgWatcher:
    return ReorgWatcher(cast(Sender, chain))


def test_a_chain_that_grows_needs_nothing() -> None:
    chain = Chain()
    watcher = vigil_over(chain)
    for chain.height in (1, 2, 2, 5):
        assert not watcher()
    assert chain.resumed == []


def test_a_reorganisation_is_seen_once() -> None:
    chain = Chain()
    watcher = vigil_over(chain)
    watcher()
    chain.branch = "b"
    assert watcher()
    assert not watcher()
    assert chain.resumed == ["b"]


def test_what_an_endpoint_that_failed_left_undone_is_done_later() -> None:
    chain = Chain(failures=1)
    watcher = vigil_over(chain)
    watcher()
    chain.branch = "b"
    with pytest.raises(RpcUnavailable):
        watcher()
    watcher()
    watcher()
    assert chain.resumed == ["b", "b"]
