"""What every service's app is made of."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from fastapi import APIRouter, FastAPI
from fastapi.concurrency import run_in_threadpool
from starlette.middleware.cors import CORSMiddleware
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from flock import __version__
from flock.store.database import Database
from flock.web import metrics
from flock.web.api_keys import ApiKeys
from flock.web.background import Background
from flock.web.errors import install_problem_handlers
from flock.web.gate import BodyLimit, BrowserHeaders
from flock.web.metrics import Measure, Metrics, Reading
from flock.web.problems import COMMON, document_problems
from flock.web.rates import RateLimits, Rates
from flock.web.router import PathRules, rules_of
from flock.web.sessions import Sessions

MEBIBYTE = 1 << 20


@dataclass(frozen=True)
class Exposure:
    """How a service faces the network.

    ``url`` is what clients know it by; ``proxies`` whose X-Forwarded-For counts, as addresses or networks;
    ``origins`` the sites whose scripts may ask; ``body`` the most bytes of a request other than an upload;
    ``listeners`` the most streams of events open at once.
    """

    url: str = "http://127.0.0.1:8700"
    proxies: Sequence[str] = ()
    origins: Sequence[str] = ()
    rates: Rates = field(default_factory=Rates)
    body: int = MEBIBYTE
    listeners: int = 500
    session_seconds: int = 86_400


def build_app(
    title: str,
    database: Database,
    routers: Sequence[APIRouter],
    background: Background,
    exposure: Exposure | None = None,
    gauges: Mapping[str, tuple[str, Reading]] | None = None,
) -> FastAPI:
    """An app over ``database`` with ``background`` running while it is up."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        background.start()
        try:
            yield
        finally:
            await run_in_threadpool(background.stop)

    exposure = exposure or Exposure()
    app = FastAPI(title=title, version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.database = database
    app.state.sessions = Sessions(database, exposure.session_seconds)
    app.state.api_keys = ApiKeys(database)
    app.state.metrics = Metrics(gauges or {})
    install_problem_handlers(app)
    document_problems(app)
    for router in (*routers, metrics.router):
        app.include_router(router, responses=COMMON)
    _guard(app, exposure, rules_of(routers))
    return app


def _guard(app: FastAPI, exposure: Exposure, rules: PathRules) -> None:
    """The last one added sees a request first."""
    app.add_middleware(BodyLimit, most=exposure.body, streams=rules.streams)
    app.add_middleware(
        RateLimits,
        sessions=app.state.sessions,
        keys=app.state.api_keys,
        rates=exposure.rates,
        rules=rules,
    )
    if exposure.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(exposure.origins),
            allow_methods=["GET", "HEAD", "POST", "PUT"],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "Last-Event-ID"],
        )
    app.add_middleware(BrowserHeaders, is_https=exposure.url.startswith("https://"))
    app.add_middleware(Measure, metrics=app.state.metrics)
    if exposure.proxies:
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=list(exposure.proxies))
