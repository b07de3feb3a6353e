"""How far the rows of all products are."""

from collections.abc import Sequence
from dataclasses import dataclass

from flock.chain.client import Client
from flock.chain.contracts.deployed import Contracts
from flock.store.database import Database
from flock.tasks.product import Product, projector_of
from flock.tasks.projector import Projector


@dataclass(frozen=True)
class RowsPosition:
    """The chain's newest block, and the newest that the rows of every product know."""

    head: int
    projected: int

    @property
    def lag(self) -> int:
        """How many blocks the rows are behind."""
        return max(0, self.head - self.projected)


class ProjectionProgress:
    """The projectors of one database, which are as far as the slowest of them."""

    def __init__(self, client: Client, projectors: Sequence[Projector]) -> None:
        self.projectors = projectors
        self._client = client

    def now(self) -> RowsPosition:
        """Where they are. Raises RpcUnavailable."""
        return RowsPosition(self._client.block_number(), self.projected())

    def projected(self) -> int:
        """The newest block that the rows of every product know."""
        return min(projector.projected() for projector in self.projectors)

    def is_current(self) -> bool:
        """Whether no product's rows are far behind the chain. Raises RpcUnavailable."""
        return all(projector.is_current() for projector in self.projectors)

    def require_same_deployment(self) -> None:
        """Raises BadConfig if the database holds rows of another deployment."""
        for projector in self.projectors:
            projector.require_same_deployment()

    def replay(self) -> int:
        """Forget all rows and make them anew; the block that they know then. Raises as the above."""
        for projector in self.projectors:
            projector.reset()
        self.require_same_deployment()
        for projector in self.projectors:
            while projector.advance():
                pass
        return self.projected()


def progress_of(products: Sequence[Product], contracts: Contracts, database: Database) -> ProjectionProgress:
    """The progress of ``products`` in ``database``."""
    return ProjectionProgress(
        contracts.client, [projector_of(product, contracts, database) for product in products]
    )
