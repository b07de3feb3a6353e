"""What a daemon does about a reorganisation that it notices."""

from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from flock.chain.client import Block
from flock.chain.sender import Sender
from flock.chain.vigil import Vigil
from flock.errors import RpcUnavailable


def block(number: int, branch: str) -> Block:
    return Block(number, f"{branch}{number}", f"{branch}{number - 1}", 0, 0)


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

    def head(self) -> Block:
        return block(self.height, self.branch)

    def block(self, number: int) -> Block:
        return block(number, self.branch)

    def pending(self) -> list[Any]:
        return []

    def resume(self) -> None:
        self.resumed.append(self.branch)
        if self.failures:
            self.failures -= 1
            raise RpcUnavailable("The endpoint went away.")


def vigil_over(chain: Chain) -> Vigil:
    return Vigil(cast(Sender, chain))


def test_a_chain_that_grows_needs_nothing() -> None:
    chain = Chain()
    vigil = vigil_over(chain)
    for chain.height in (1, 2, 2, 5):
        assert not vigil()
    assert chain.resumed == []


def test_a_reorganisation_is_seen_once() -> None:
    chain = Chain()
    vigil = vigil_over(chain)
    vigil()
    chain.branch = "b"
    assert vigil()
    assert not vigil()
    assert chain.resumed == ["b"]


def test_what_an_endpoint_that_failed_left_undone_is_done_later() -> None:
    chain = Chain(failures=1)
    vigil = vigil_over(chain)
    vigil()
    chain.branch = "b"
    with pytest.raises(RpcUnavailable):
        vigil()
    vigil()
    vigil()
    assert chain.resumed == ["b", "b"]
