"""What a product is to a service: one folder of code that says all this of itself."""

from collections.abc import Sequence
from typing import Protocol

from fastapi import APIRouter, FastAPI

from flock.chain.contracts.deployed import Contracts
from flock.chain.scanner import Scanner
from flock.daemon import Step
from flock.store.database import Database
from flock.tasks.garbage import BlobNeeds
from flock.tasks.projector import Projection, Projector, Reader


class Product(Protocol):
    """Its contracts and rows, its endpoints, its duties; a service may be built of any number of products."""

    @property
    def name(self) -> str:
        """In lower case, and no other product's: what it is kept under in the database."""

    @property
    def addresses(self) -> Sequence[str]:
        """The contracts whose events it reads."""

    @property
    def projection(self) -> Projection:
        """What those events mean."""

    @property
    def blobs(self) -> BlobNeeds:
        """Which blobs its tasks need."""

    @property
    def routers(self) -> Sequence[APIRouter]:
        """Its endpoints, under paths that no other product has."""

    @property
    def steps(self) -> Sequence[Step]:
        """What is to run beside the requests."""

    def belongs(self, task: int, account: str) -> bool:
        """Whether ``task`` is of this product, and ``account`` is a member of it or created it."""

    def mount(self, app: FastAPI) -> None:
        """Leave in ``app.state`` what its endpoints ask for; ``app.state.uploads`` is there already."""


def reader_of(name: str, contracts: Contracts) -> Reader:
    """Whom a product's rows are kept under in the database of a deployment."""
    return Reader(contracts.deployment, name)


def projector_of(product: Product, contracts: Contracts, database: Database) -> Projector:
    """What keeps a product's rows up with the chain."""
    projection = product.projection
    start = contracts.book.deployed_block
    scanner = Scanner(contracts.client, product.addresses, start, timed=projection.needs_times)
    return Projector(database, scanner, reader_of(product.name, contracts), projection)
