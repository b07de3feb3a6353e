"""The objects that the coordinator uses, wired once at start."""

from collections.abc import Callable
from dataclasses import dataclass

from flock.alliance.client import AllianceClient
from flock.chain.contracts.alliance_rounds import RoundView
from flock.chain.contracts.deployed import Contracts
from flock.chain.sending.sender import Sender
from flock.protocol.alliance.params import AllianceParameters
from flock.store.blobs import BlobStore


@dataclass(frozen=True)
class CoordinatorContext:
    """The coordinator's view of one task. It has no power: anyone can do what it does."""

    contracts: Contracts
    sender: Sender
    task: int
    parameters: AllianceParameters
    blobs: BlobStore
    service: AllianceClient
    max_model_bytes: int
    stopping: Callable[[], bool]

    def view(self) -> RoundView:
        return self.contracts.alliance_rounds.round_view(self.task)
