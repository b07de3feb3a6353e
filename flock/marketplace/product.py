"""The Marketplace, as a service is built of it."""

from collections.abc import Sequence
from pathlib import Path

from fastapi import FastAPI

from flock.chain.contracts.deployed import Contracts
from flock.daemon import Step
from flock.marketplace import draft_endpoints, endpoints, plan_endpoints
from flock.marketplace.blob_needs import MarketBlobs
from flock.marketplace.cards import IndexCards
from flock.marketplace.projection import MarketProjection
from flock.store.database import Database
from flock.store.fsspec_blobs import open_backend

NAME = "market"
INDEX_SECONDS = 60.0
ROUTERS = (endpoints.router, draft_endpoints.router, plan_endpoints.router)


class MarketProduct:
    """The models of one deployment, over a migrated ``database``, with their documents in the service's ``blobs``.

    A document that comes after its version is found within about ``index_seconds``.
    """

    name = NAME
    routers = ROUTERS

    def __init__(
        self,
        contracts: Contracts,
        database: Database,
        blobs: Path | str,
        index_seconds: float = INDEX_SECONDS,
    ) -> None:
        book = contracts.book
        self.addresses = (book.model_market, book.host_bonds, book.subscriptions)
        self.projection = MarketProjection(*self.addresses)
        self.blobs = MarketBlobs()
        self.steps: Sequence[Step] = (IndexCards(database, open_backend(blobs), index_seconds),)

    def belongs(self, task: int, account: str) -> bool:  # noqa: ARG002 - none of them is its
        """No task is the Marketplace's: what is brought for a version is brought as a draft."""
        return False

    def mount(self, app: FastAPI) -> None:
        """Its endpoints ask for nothing but the rows, the economy and the uploads."""
