"""The Arena, as a service is built of it."""

from collections.abc import Sequence
from pathlib import Path

from fastapi import APIRouter, FastAPI

from flock.arena import creation_endpoints, endpoints, event_endpoints, private_endpoints
from flock.arena.artifacts import Artifacts
from flock.arena.blob_needs import ArenaBlobs, PrivateBlobs
from flock.arena.clock import MAX_AGE_SECONDS, ChainClock
from flock.arena.creation import ArenaCreation
from flock.arena.flock_api.extension import FlockApi, FlockApiTerms
from flock.arena.membership_index import MembershipIndex
from flock.arena.models import PrivateBlob
from flock.arena.openings import Openings
from flock.arena.private_uploads import PrivateUploads
from flock.arena.projection import ArenaProjection
from flock.arena.service import ArenaService
from flock.arena.sets import HiddenSets
from flock.arena.telling import ArenaTelling
from flock.chain.contracts.deployed import Contracts
from flock.daemon import Step
from flock.store.database import Database
from flock.tasks.garbage import CollectGarbage, Collector, Retention
from flock.tasks.product import projector_of, reader_of
from flock.tasks.task_events import TaskEvents
from flock.web.uploads import Limits

NAME = "arena"
ROUTERS = (
    endpoints.router,
    private_endpoints.router,
    private_endpoints.opening_router,
    creation_endpoints.router,
    event_endpoints.router,
)
COLLECT_SECONDS = 60.0


class ArenaProduct:
    """Arenas of one deployment, over a migrated ``database``.

    ``private`` is the folder or fsspec URL of the blobs that the service keeps to itself, and of nothing else;
    ``clock_seconds`` says how old what it knows of the chain's time may be. With ``flock_api`` the service also
    speaks to FLock.io's clients, and has a hub.
    """

    name = NAME

    def __init__(
        self,
        contracts: Contracts,
        database: Database,
        private: Path | str,
        limits: Limits | None = None,
        retention: Retention | None = None,
        clock_seconds: float = MAX_AGE_SECONDS,
        flock_api: FlockApiTerms | None = None,
    ) -> None:
        book = contracts.book
        self.addresses = (book.task_manager, book.arena_board, book.arena_panels)
        self.projection = ArenaProjection(book.arena_board)
        self.blobs = ArenaBlobs()
        self._contracts = contracts
        self._database = database
        self._clock = ChainClock(contracts.client.now, clock_seconds)
        self._index = MembershipIndex(database, contracts)
        telling = ArenaTelling(database, contracts.client)
        self._events = TaskEvents(database, reader_of(NAME, contracts), telling)
        self._openings = Openings(database, contracts)
        self._uploads = PrivateUploads(database, contracts, private, limits or Limits())
        rows = projector_of(self, contracts, database)
        collector = Collector(
            database,
            self._uploads.blobs,
            retention or Retention(),
            [PrivateBlobs()],
            rows.is_current,
            PrivateBlob,
        )
        self._flock_api: FlockApi | None = None
        if flock_api is not None:
            self._flock_api = FlockApi(contracts, database, flock_api, rows.projected, self._clock)
        further: Sequence[Step] = self._flock_api.steps if self._flock_api else ()
        self.steps: Sequence[Step] = (
            CollectGarbage(collector, COLLECT_SECONDS, name="collect_private"),
            *further,
        )
        self.routers: Sequence[APIRouter] = (*ROUTERS, *(self._flock_api.routers if self._flock_api else ()))

    def belongs(self, task: int, account: str) -> bool:
        """Whether ``account`` is a member of the Arena ``task`` or created it."""
        return self._index.belongs(task, account)

    def mount(self, app: FastAPI) -> None:
        """Leave in ``app.state`` what the endpoints ask for."""
        uploads = app.state.uploads
        app.state.arena_events = self._events
        app.state.arena = ArenaService(
            contracts=self._contracts,
            clock=self._clock,
            uploads=self._uploads,
            openings=self._openings,
            artifacts=Artifacts(self._database, self._uploads, self._openings, uploads.blobs),
            sets=HiddenSets(self._uploads, self._index),
            creation=ArenaCreation(self._contracts, uploads),
        )
        if self._flock_api is not None:
            self._flock_api.mount(app, app.state.arena)
