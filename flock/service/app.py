"""A service, put together of products: one app, one database, one store of blobs, one deployment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from sqlalchemy import Select, func, select

from flock.chain.contract_wallets import contract_accepts
from flock.chain.contracts.deployed import Contracts
from flock.daemon import Step
from flock.economy.api import endpoints as economy
from flock.economy.api import plan_endpoints as plans
from flock.economy.api.reader import Economy
from flock.service import health, pages
from flock.service.progress import ProjectionProgress, progress_of
from flock.store.database import Database
from flock.store.fsspec_blobs import open_backend
from flock.tasks.garbage import CollectGarbage, Collector, Retention
from flock.tasks.membership import Membership
from flock.tasks.product import Product
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

ROUTERS = (health.router, blob_endpoints.router, sign_in_endpoints.router, economy.router, plans.router)
"""What every service answers, whatever its products."""
POLL_SECONDS = 0.25
COLLECT_SECONDS = 60.0


@dataclass(frozen=True)
class Operation:
    """How a service is run: what it takes in, what it keeps, how it faces the network, how often it looks around."""

    limits: Limits = field(default_factory=Limits)
    retention: Retention = field(default_factory=Retention)
    exposure: Exposure = field(default_factory=Exposure)
    poll_seconds: float = POLL_SECONDS


@dataclass(frozen=True)
class Service:
    """The app and what runs beside it; a projector for each product, in their order."""

    app: FastAPI
    background: Background
    projectors: Sequence[Projector]


def build(
    products: Sequence[Product],
    contracts: Contracts,
    database: Database,
    blobs: Path | str,
    operation: Operation | None = None,
) -> Service:
    """The service of ``products`` over a migrated ``database``, with its blobs at ``blobs``, a folder or fsspec URL.

    Raises BadConfig if the database holds the rows of another deployment.
    """
    operation = operation or Operation()
    progress = progress_of(products, contracts, database)
    progress.require_same_deployment()
    collector = collector_of(products, database, blobs, operation.retention, progress)
    economics = Economy(contracts)
    steps: list[Step] = [*progress.projectors, CollectGarbage(collector, COLLECT_SECONDS), *economics.steps]
    steps += [step for product in products for step in product.steps]
    background = Background(steps, operation.poll_seconds)
    exposure = operation.exposure
    listeners = Listeners(exposure.listeners)
    routers = [router for product in products for router in product.routers]
    title = _title_of(products)
    gauges = _gauges(database, progress, listeners)
    app = build_app(title, database, [*routers, *ROUTERS, pages.router], background, exposure, gauges)
    policy = Membership(contracts, products)
    app.state.progress = progress
    app.state.deployment = policy.domain
    app.state.economy = economics
    app.state.listeners = listeners
    app.state.uploads = Uploads(database, open_backend(blobs), policy, operation.limits, contracts.client.now)
    app.state.sign_in = SignIn(
        app.state.sessions,
        SignInSite(exposure.url.rstrip("/"), policy.domain, title),
        partial(contract_accepts, contracts.client),
    )
    for product in products:
        product.mount(app)
    return Service(app, background, progress.projectors)


def collector_of(
    products: Sequence[Product],
    database: Database,
    blobs: Path | str,
    retention: Retention,
    progress: ProjectionProgress,
) -> Collector:
    """What removes the blobs at ``blobs`` that no task of ``products`` needs."""
    needs = [product.blobs for product in products]
    return Collector(database, open_backend(blobs), retention, needs, progress.is_current)


def _title_of(products: Sequence[Product]) -> str:
    return "flock " + " and ".join(product.name.capitalize() for product in products)


def _gauges(
    database: Database, progress: ProjectionProgress, listeners: Listeners
) -> Mapping[str, tuple[str, Reading]]:
    def total(query: Select[Any]) -> float:
        with database.reading() as session:
            return float(session.scalar(query) or 0)

    return {
        "flock_projector_lag_blocks": ("Blocks the rows are behind the chain", lambda: progress.now().lag),
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
