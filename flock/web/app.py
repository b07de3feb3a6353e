"""What every service's app is made of."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI
from fastapi.concurrency import run_in_threadpool

from flock import __version__
from flock.store.database import Database
from flock.web.background import Background
from flock.web.errors import install_problem_handlers


def build_app(
    title: str, database: Database, routers: Sequence[APIRouter], background: Background
) -> FastAPI:
    """An app over ``database`` with ``background`` running while it is up."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        background.start()
        try:
            yield
        finally:
            await run_in_threadpool(background.stop)

    app = FastAPI(title=title, version=__version__, lifespan=lifespan)
    app.state.database = database
    install_problem_handlers(app)
    for router in routers:
        app.include_router(router)
    return app
