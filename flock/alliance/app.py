"""The Alliance service, put together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from sqlalchemy import Select, func, select

from flock.alliance import creation_endpoints, endpoints, event_endpoints
from flock.alliance import node_key_endpoints as node_keys
from flock.alliance.creation import TaskCreation
from flock.alliance.garbage import CollectGarbage, Collector, Retention
from flock.alliance.membership_index import MembershipIndex
from flock.alliance.projection import AllianceProjection
from flock.alliance.sponsor import Sponsor, SponsorTerms
from flock.alliance.task_events import TaskEvents
from flock.chain.contract_wallets import contract_accepts
from flock.chain.contracts.deployed import Contracts
from flock.chain.scanner import Scanner
from flock.daemon import Step
from flock.economy.api import endpoints as economy
from flock.economy.api import plan_endpoints as plans
from flock.economy.api.reader import Economy
from flock.store.database import Database
from flock.store.fsspec_blobs import open_backend
from flock.tasks.projector import Projector
from flock.web import blobs as blob_endpoints
from flock.web import sign_in_endpoints
from flock.web.app import Exposure, build_app
from flock.web.background import Background
from flock.web.listeners import Listeners
from flock.web.metrics import Reading
from flock.web.models import SignInSession, StoredBlob
from flock.web.sign_in import SignIn, SignInSite
from flock.web.uploads import Limits, Uploads

ROUTERS = (
    endpoints.router,
    creation_endpoints.router,
    event_endpoints.router,
    node_keys.router,
    blob_endpoints.router,
    sign_in_endpoints.router,
    economy.router,
    plans.router,
)
POLL_SECONDS = 0.25
COLLECT_SECONDS = 60.0
KEEP_AS_USUAL = Retention()


@dataclass(frozen=True)
class AllianceService:
    """The app and what runs beside it."""

    app: FastAPI
    background: Background
    projector: Projector


def alliance_service(
    contracts: Contracts,
    database: Database,
    blobs: Path | str,
    limits: Limits,
    poll_seconds: float = POLL_SECONDS,
    retention: Retention = KEEP_AS_USUAL,
    exposure: Exposure | None = None,
    sponsor: SponsorTerms | None = None,
) -> AllianceService:
    """The service over a migrated ``database``, with its blobs at ``blobs``, a folder or an fsspec URL.

    ``sponsor`` lets it make tasks with its own key.

    Raises BadConfig if the database holds the rows of another deployment.
    """
    projector = alliance_projector(contracts, database)
    projector.require_same_deployment()
    backend = open_backend(blobs)
    collector = Collector(database, backend, retention, projector.is_current)
    economics = Economy(contracts)
    steps: Sequence[Step] = [projector, CollectGarbage(collector, COLLECT_SECONDS), *economics.steps]
    background = Background(steps, poll_seconds)
    ledger = MembershipIndex(database, contracts)
    exposure = exposure or Exposure()
    listeners = Listeners(exposure.listeners)
    gauges = _gauges(contracts, database, projector, listeners)
    app = build_app("flock Alliance", database, ROUTERS, background, exposure, gauges)
    app.state.ledger = ledger
    app.state.projector = projector
    app.state.economy = economics
    app.state.uploads = Uploads(database, backend, ledger, limits, contracts.client.now)
    app.state.sign_in = SignIn(
        app.state.sessions,
        SignInSite(exposure.url.rstrip("/"), ledger.domain),
        partial(contract_accepts, contracts.client),
    )
    payer = Sponsor(contracts, database, sponsor) if sponsor else None
    app.state.creation = TaskCreation(contracts, app.state.uploads, payer)
    app.state.follow = TaskEvents(database, contracts.alliance_rounds)
    app.state.listeners = listeners
    return AllianceService(app, background, projector)


def alliance_projector(contracts: Contracts, database: Database) -> Projector:
    """What makes the rows of the deployment in ``contracts``."""
    book = contracts.book
    scanner = Scanner(
        contracts.client, (book.task_manager, book.staking, book.alliance_rounds), book.deployed_block
    )
    reader = f"{contracts.client.identity}-{book.alliance_rounds}"
    return Projector(database, scanner, reader, AllianceProjection(book.alliance_rounds))


def _gauges(
    contracts: Contracts, database: Database, projector: Projector, listeners: Listeners
) -> Mapping[str, tuple[str, Reading]]:
    def lag() -> float:
        return max(0, contracts.client.block_number() - projector.projected())

    def total(query: Select[Any]) -> float:
        with database.reading() as session:
            return float(session.scalar(query) or 0)

    return {
        "flock_projector_lag_blocks": ("Blocks the rows are behind the chain", lag),
        "flock_blob_bytes": (
            "Bytes of all blobs here",
            partial(total, select(func.sum(StoredBlob.size))),
        ),
        "flock_sessions": (
            "Sessions that have begun and not been forgotten",
            partial(total, select(func.count()).select_from(SignInSession)),
        ),
        "flock_event_listeners": ("Streams of events open now", lambda: listeners.count),
    }
