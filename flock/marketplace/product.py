"""The Marketplace, as a service is built of it."""

from collections.abc import Sequence
from pathlib import Path

from fastapi import FastAPI

from flock.chain.contracts.deployed import Contracts
from flock.daemon import Step
from flock.marketplace import draft_endpoints, endpoints
from flock.marketplace.blob_needs import MarketBlobs
from flock.marketplace.cards import Cards, IndexCards
from flock.marketplace.projection import MarketProjection
from flock.store.database import Database
from flock.store.fsspec_blobs import open_backend

NAME = "market"
ROUTERS = (endpoints.router, draft_endpoints.router)


class MarketProduct:
    """The models of one deployment, over a migrated ``database``, with their documents in the service's ``blobs``."""

    name = NAME
    routers = ROUTERS

    def __init__(self, contracts: Contracts, database: Database, blobs: Path | str) -> None:
        book = contracts.book
        self.addresses = (book.model_market, book.host_bonds, book.subscriptions)
        self.projection = MarketProjection(*self.addresses)
        self.blobs = MarketBlobs()
        self._cards = Cards(database, open_backend(blobs))
        self.steps: Sequence[Step] = (IndexCards(self._cards),)

    def belongs(self, task: int, account: str) -> bool:  # noqa: ARG002 - none of them is its
        """No task is the Marketplace's: what is brought for a version is brought as a draft."""
        return False

    def mount(self, app: FastAPI) -> None:
        """Leave in ``app.state`` what the endpoints ask for."""
        app.state.market_cards = self._cards
