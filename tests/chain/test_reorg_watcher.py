"""What a daemon does about a reorganisation that it notices."""

from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from eth_account.signers.local import LocalAccount

from flock.chain.client import BlockHeader, Client
from flock.chain.sending.reorg_watcher import ReorgWatcher
from flock.chain.sending.sender import Sender, open_sender
from flock.errors import RpcUnavailable
from flock.store.database import Database
from tests.conftest import TREASURY


@dataclass
class Chain:
    """A sender with its client and journal in one; its endpoint fails ``failures`` times to resume.

    Up to the block ``fork`` all branches are one.
    """

    branch: str = "a"
    height: int = 1
    fork: int = 0
    failures: int = 0
    resumed: list[str] = field(default_factory=list)

    @property
    def client(self) -> "Chain":
        return self

    journal = client

    def head(self) -> BlockHeader:
        return self.block(self.height)

    def block(self, number: int) -> BlockHeader:
        if number > self.height:
            raise RpcUnavailable("There is no such block.")
        own, parent = (self.branch if each > self.fork else "a" for each in (number, number - 1))
        return BlockHeader(number, f"{own}{number}", f"{parent}{number - 1}", 0, 0)

    def take_blocks(self) -> dict[str, int]:
        return {}

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


@dataclass
class Between(Chain):
    """A chain in which a transaction is mined, and its block replaced, between two looks at the head."""

    taken: dict[str, int] = field(default_factory=lambda: {"a2": 2})

    def take_blocks(self) -> dict[str, int]:
        taken, self.taken = self.taken, {}
        return taken


@pytest.mark.parametrize("height", [2, 3])
def test_a_block_that_came_and_went_between_two_looks_is_missed(height: int) -> None:
    chain = Between(fork=1)
    watcher = vigil_over(chain)
    assert not watcher()  # the endpoint has no block 2 yet
    chain.branch, chain.height = "b", height
    assert watcher()
    assert not watcher()
    assert chain.resumed == ["b"]


def test_a_block_that_stays_needs_nothing() -> None:
    chain = Between()
    watcher = vigil_over(chain)
    for chain.height in (1, 2, 3):
        assert not watcher()
    assert chain.resumed == []


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


def test_a_transaction_whose_block_came_and_went_is_sent_again(
    own_client: Client, admin: LocalAccount, database: Database
) -> None:
    rpc, sender = own_client.rpc, open_sender(own_client, admin, database)
    watcher = ReorgWatcher(sender)
    watcher()
    before = rpc.request("evm_snapshot")
    sender.send("gift:1", TREASURY, b"", value=7)
    rpc.request("evm_revert", before)
    rpc.request("anvil_mine", "0x1")
    assert own_client.balance(TREASURY) == 0
    assert watcher()
    rpc.request("anvil_mine", "0x1")
    assert own_client.balance(TREASURY) == 7
