"""The Alliance, as a service is built of it."""

from collections.abc import Sequence

from fastapi import FastAPI

from flock.alliance import creation_endpoints, endpoints, event_endpoints, node_key_endpoints
from flock.alliance.blob_needs import AllianceBlobs
from flock.alliance.creation import TaskCreation
from flock.alliance.membership_index import MembershipIndex
from flock.alliance.projection import AllianceProjection
from flock.alliance.telling import AllianceTelling
from flock.chain.contracts.deployed import Contracts
from flock.daemon import Step
from flock.store.database import Database
from flock.tasks.product import reader_of
from flock.tasks.sponsor import Sponsor, SponsorTerms
from flock.tasks.task_events import TaskEvents

NAME = "alliance"
ROUTERS = (endpoints.router, creation_endpoints.router, event_endpoints.router, node_key_endpoints.router)


class AllianceProduct:
    """Alliances of one deployment, over a migrated ``database``. ``sponsor`` lets the service pay for tasks."""

    name = NAME
    routers = ROUTERS
    steps: Sequence[Step] = ()

    def __init__(self, contracts: Contracts, database: Database, sponsor: SponsorTerms | None = None) -> None:
        book = contracts.book
        self.addresses = (book.task_manager, book.staking, book.alliance_rounds)
        self.projection = AllianceProjection(book.alliance_rounds)
        self.blobs = AllianceBlobs()
        self._contracts = contracts
        self._index = MembershipIndex(database, contracts)
        telling = AllianceTelling(contracts.alliance_rounds)
        self._events = TaskEvents(database, reader_of(NAME, contracts), telling)
        self._sponsor = Sponsor(contracts, database, sponsor) if sponsor else None

    def belongs(self, task: int, account: str) -> bool:
        """Whether ``account`` is a member of the Alliance ``task`` or created it."""
        return self._index.belongs(task, account)

    def mount(self, app: FastAPI) -> None:
        """Leave in ``app.state`` what the endpoints ask for."""
        app.state.alliance_index = self._index
        app.state.alliance_events = self._events
        app.state.creation = TaskCreation(self._contracts, app.state.uploads, self._sponsor)
