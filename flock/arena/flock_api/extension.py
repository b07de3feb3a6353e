"""The door and the hub, as an Arena's service is built with them."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from eth_account.signers.local import LocalAccount
from fastapi import APIRouter, FastAPI
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import select

from flock.arena.flock_api import endpoints
from flock.arena.flock_api.door import Door
from flock.arena.flock_api.models import ApiSubmissionRow
from flock.arena.flock_api.operating import Competing, Operator, Place
from flock.arena.flock_api.paths import FlockClients
from flock.arena.flock_api.repositories import ArenaAccess, Repositories
from flock.arena.flock_api.spending import Spending, SpendingLimit
from flock.arena.flock_api.waiting import HOLD_SECONDS, WakeAtBlocks
from flock.arena.models import ArenaTaskRow, TaskStage
from flock.arena.service import ArenaService
from flock.chain.contracts.deployed import Contracts
from flock.daemon import Step
from flock.errors import FlockError, Misconfigured
from flock.hub.hub import Hub
from flock.hub.limits import HubLimits
from flock.hub.router import hub_router
from flock.log import logger
from flock.store.database import Database
from flock.store.fsspec_blobs import open_backend
from flock.web import api_key_endpoints
from flock.web.background import Background

DUTIES_SECONDS = 0.5


@dataclass(frozen=True)
class FlockApiTerms:
    """Where the service is reached, where the hub's blobs and what is done for wallets are kept, and by which key.

    Without a ``key`` nothing is done for wallets.
    """

    url: str
    hub: Path | str
    folder: Path
    key: LocalAccount | None = None
    limit: SpendingLimit = field(default_factory=SpendingLimit)
    hub_limits: HubLimits = field(default_factory=HubLimits)
    hold_seconds: float = HOLD_SECONDS


class FlockApi:
    """The door of an Arena's service; ``projected`` is the newest block that its rows know."""

    def __init__(
        self,
        contracts: Contracts,
        database: Database,
        terms: FlockApiTerms,
        projected: Callable[[], int],
        now: Callable[[], int],
    ) -> None:
        hub = Hub(terms.url, database, open_backend(terms.hub), ArenaAccess(database), terms.hub_limits)
        place = Place(contracts, database, terms.folder, terms.url)
        operator = None
        if terms.key is not None:
            operator = Operator(
                place, terms.key, lambda address: Spending(database, contracts, address, terms.limit, now)
            )
        self.door = Door(terms.url, database, Repositories(hub), operator, terms.hold_seconds)
        self.routers: Sequence[APIRouter] = (endpoints.router, hub_router(hub), api_key_endpoints.router)
        self.steps: Sequence[Step] = (*hub.steps, WakeAtBlocks(self.door.waiters, projected))
        # Sending waits for blocks, which the projectors must not.
        self._background = Background([OperateWallets(self.door, database, now)], DUTIES_SECONDS)

    def mount(self, app: FastAPI, arena: ArenaService) -> None:
        """Take requests of ``app``, and work for wallets while it runs."""
        self.door.serve(arena, app.state.uploads.blobs)
        app.state.flock_api = self.door
        app.add_middleware(FlockClients)
        within = app.router.lifespan_context

        @asynccontextmanager
        async def lifespan(running: FastAPI) -> AsyncIterator[Any]:
            async with within(running) as state:
                self._background.start()
                try:
                    yield state
                finally:
                    await run_in_threadpool(self._background.stop)

        app.router.lifespan_context = lifespan


@dataclass
class OperateWallets:
    """A step: commit, reveal and disclose for every wallet that came through the door, one failing alone."""

    door: Door
    database: Database
    now: Callable[[], int]
    name: str = "operate_wallets"
    _refusals: dict[tuple[str, int], str] = field(default_factory=dict, init=False)

    def __call__(self) -> bool:
        operator = self.door.operator
        if operator is None:
            return False
        done = False
        for account, task, moment in self.door.assignments.reporters(self.now()):
            done = self._try(account, task, partial(Competing.validate, moment=moment)) or done
        for account, task in self._disclosing():
            done = self._try(account, task, Competing.compete) or done
        return done

    def _try(self, account: str, task: int, do: Callable[[Competing], bool]) -> bool:
        operator = self.door.operator
        if operator is None:
            return False
        try:
            done = do(operator.of(account, task))
        except Misconfigured:
            raise
        except FlockError as problem:
            if self._refusals.get((account, task)) != str(problem):
                logger(task=task).warning("wallet_waits", account=account, reason=str(problem))
            self._refusals[account, task] = str(problem)
            return False
        self._refusals.pop((account, task), None)
        return done

    def _disclosing(self) -> list[tuple[str, int]]:
        came = select(ApiSubmissionRow.account, ApiSubmissionRow.task).distinct()
        query = came.join(ArenaTaskRow, ArenaTaskRow.id == ApiSubmissionRow.task)
        with self.database.reading() as session:
            rows = session.execute(query.where(ArenaTaskRow.stage == TaskStage.DISCLOSING))
            return [(account, task) for account, task in rows]
