"""A hub on a real socket, wallets with keys to it, and a note of every request."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flock.hub.access import Access
from flock.hub.hub import Hub
from flock.hub.limits import HubLimits
from flock.hub.router import hub_router
from flock.store.database import Database
from flock.store.fsspec_blobs import open_backend
from flock.web import api_key_endpoints, sign_in_endpoints
from flock.web.app import Exposure, build_app
from flock.web.background import Background
from flock.web.rates import Rates
from flock.web.serve import listen
from flock.web.sign_in import SignIn, SignInSite
from tests import patience
from tests.web.conftest import serve_in_thread
from tests.web.visitor import DEPLOYMENT, Clock, enter, message_of, no_contract

LIMITS = HubLimits(
    file=1 << 20,
    regular=4096,
    regular_together=8192,
    commit=64 << 10,
    request=1 << 19,
    account=4 << 20,
    spare=0,
)


@dataclass(frozen=True)
class Asked:
    """A request, and the status it was answered with (0: the answer was cut off)."""

    method: str
    path: str
    range: str | None
    status: int


class LineCut(Exception):
    """The network ends an answer before its end."""


@dataclass
class Wire:
    """What the network does between clients and hub: it remembers, and may cut one answer off."""

    app: ASGIApp
    asked: list[Asked] = field(default_factory=list)
    cut_after: int | None = None
    """Bytes after which the next answer that is longer is cut off, once."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        status, sent = 0, 0

        async def noting(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
            body = message.get("body", b"")
            if self.cut_after is not None and sent + len(body) > self.cut_after and status < 300:
                left, self.cut_after, status = self.cut_after - sent, None, 0
                await send({"type": "http.response.body", "body": body[:left], "more_body": True})
                raise LineCut
            sent += len(body)
            await send(message)

        try:
            await self.app(scope, receive, noting)
        finally:
            self.asked.append(Asked(scope["method"], scope["path"], headers.get("range"), status))


@dataclass(frozen=True)
class Site:
    """A service with a hub, reached at ``url``; ``clock`` is what its keys, tickets and revisions go by."""

    url: str
    hub: Hub
    app: FastAPI
    wire: Wire
    clock: Clock

    def client(self, key: str | None = None) -> httpx.Client:
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=patience.SECONDS)

    @contextmanager
    def session(self, wallet: LocalAccount) -> Iterator[httpx.Client]:
        """A client that ``wallet`` has signed in with."""
        with self.client() as client:
            token = enter(client, message_of(client, wallet.address), wallet).json()["token"]
            client.headers["Authorization"] = f"Bearer {token}"
            yield client

    def key_of(self, wallet: LocalAccount) -> str:
        with self.session(wallet) as client:
            key: str = client.post("/api-keys", json={"label": "test"}).raise_for_status().json()["key"]
        return key


Serve = Callable[..., Site]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Serves a hub over a database until the test ends."""
    with ExitStack() as running:

        def begin(database: Database, *, access: Access | None = None, **changes: Any) -> Site:
            listener = listen("127.0.0.1", 0)
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            clock = Clock()
            blobs = open_backend(tmp_path / "hub-blobs")
            hub = Hub(url, database, blobs, access, replace(LIMITS, **changes), clock)
            routers = [hub_router(hub), api_key_endpoints.router, sign_in_endpoints.router]
            exposure = Exposure(url=url, rates=Rates(sign_ins=1000, creations=1000))
            app = build_app("hub", database, routers, Background([], 60), exposure)
            app.state.sign_in = SignIn(app.state.sessions, SignInSite(url, DEPLOYMENT, "hub"), no_contract)
            wire = Wire(app)
            running.enter_context(serve_in_thread(wire, listener))
            return Site(url, hub, app, wire, clock)

        yield begin


@pytest.fixture
def site(database: Database, serve: Serve) -> Site:
    return serve(database)


@pytest.fixture
def wallet() -> LocalAccount:
    account: LocalAccount = Account.from_key(secrets.token_bytes(32))
    return account


@pytest.fixture
def stranger() -> LocalAccount:
    account: LocalAccount = Account.from_key(secrets.token_bytes(32))
    return account
