"""The objects that every duty of a node uses, wired once at start."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress

from flock.alliance.client import AllianceClient
from flock.chain.client import BlockHeader
from flock.chain.contracts.alliance_rounds import RoundView
from flock.chain.contracts.deployed import Contracts
from flock.chain.sending.sender import Sender
from flock.node.memory import NodeMemory
from flock.protocol.alliance.params import AllianceParameters
from flock.protocol.core.commitments import Domain
from flock.store.blobs import BlobStore, DiskBlobs
from flock.training.app import AppRunner, Config
from flock.training.schedules import Settings, at_round

# On some development chains time passes without a block.
LONGEST_BLOCK_SECONDS = 2.0


class RoundWatch:
    """The task's round as the chain shows it, read anew once there is another ``head``."""

    def __init__(self, read: Callable[[], RoundView], head: Callable[[], BlockHeader]) -> None:
        self._read = read
        self._head = head
        self._view: RoundView | None = None
        self._read_at: tuple[str, float] | None = None

    def view(self) -> RoundView:
        block = self._head().hash
        if self._view is None or self._is_over(block):
            view = self.refresh()
            self._read_at = block, time.monotonic()
            return view
        return self._view

    def refresh(self) -> RoundView:
        self._view = self._read()
        return self._view

    def _is_over(self, block: str) -> bool:
        if self._read_at is None:
            return True
        read_at, seconds = self._read_at
        return block != read_at or time.monotonic() - seconds > LONGEST_BLOCK_SECONDS


@dataclass(frozen=True)
class Wallet:
    """A node's identity: ``owner`` holds the stake; ``salt_key`` derives vote salts and must be backed up."""

    owner: ChecksumAddress
    operator: LocalAccount
    salt_key: LocalAccount


@dataclass(frozen=True)
class NodeContext:
    """One member's view of one task.

    ``head`` says the newest block. ``local`` holds what this node made or checked; ``shared`` is where the others
    look. ``hears_coordinator`` says whether Flower's fleet API answers at present; ``task_config`` is the task's word
    to every app. ``update_norm`` (WAD, 0 = no limit) clips own updates further than the task asks; ``max_epsilon`` is
    how much all of them together may tell about the member's data.
    """

    contracts: Contracts
    sender: Sender
    wallet: Wallet
    task: int
    parameters: AllianceParameters
    head: Callable[[], BlockHeader]
    watch: RoundWatch
    local: DiskBlobs
    shared: BlobStore
    service: AllianceClient
    app: AppRunner
    memory: NodeMemory
    max_model_bytes: int
    hears_coordinator: Callable[[], bool]
    task_config: Settings
    update_norm: int = 0
    max_epsilon: float | None = None

    @property
    def domain(self) -> Domain:
        """What every commitment of this node is bound to."""
        return self.contracts.alliance_rounds.domain

    @property
    def norm_clip(self) -> int:
        """Maximum norm of this node's updates (WAD, 0 = no limit): the smaller of the task's limit and its own."""
        limits = [limit for limit in (self.parameters.norm_clip, self.update_norm) if limit]
        return min(limits, default=0)

    def app_config(self, number: int) -> Config:
        """The app's config in round ``number``, the same with and without a coordinator."""
        return {**at_round(self.task_config, number), "server-round": number}
