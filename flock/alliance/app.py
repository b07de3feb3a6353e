"""The Alliance service, put together."""

from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI

from flock.alliance import endpoints, node_keys
from flock.alliance.garbage import CollectGarbage, Collector, Retention
from flock.alliance.ledger import Ledger
from flock.alliance.projection import AllianceProjection
from flock.chain.contracts import Contracts
from flock.chain.scanner import Scanner
from flock.store.database import Database
from flock.store.fsspec_blobs import open_shelf
from flock.web import blobs as blob_endpoints
from flock.web.app import build_app
from flock.web.background import Background
from flock.web.projector import Projector
from flock.web.uploads import Limits, Uploads

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
) -> AllianceService:
    """The service over a migrated ``database``, with its blobs at ``blobs``, a folder or an fsspec URL.

    Raises BadConfig if the database holds the rows of another deployment.
    """
    projector = alliance_projector(contracts, database)
    projector.require_same_deployment()
    shelf = open_shelf(blobs)
    collector = Collector(database, shelf, retention, projector.is_current)
    background = Background([projector, CollectGarbage(collector, COLLECT_SECONDS)], poll_seconds)
    ledger = Ledger(database, contracts)
    app = build_app(
        "flock Alliance", database, [endpoints.router, node_keys.router, blob_endpoints.router], background
    )
    app.state.ledger = ledger
    app.state.projector = projector
    app.state.uploads = Uploads(database, shelf, ledger, limits, contracts.client.now)
    return AllianceService(app, background, projector)


def alliance_projector(contracts: Contracts, database: Database) -> Projector:
    """What makes the rows of the deployment in ``contracts``."""
    book = contracts.book
    scanner = Scanner(
        contracts.client, (book.task_manager, book.staking, book.alliance_rounds), book.deployed_block
    )
    reader = f"{contracts.client.identity}-{book.alliance_rounds}"
    return Projector(database, scanner, reader, AllianceProjection())
