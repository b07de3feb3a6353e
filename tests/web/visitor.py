"""Who asks an app of these tests: without a socket, by a clock that the test holds."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

import httpx
from eth_account import Account
from eth_account.messages import encode_defunct
from eth_account.signers.local import LocalAccount
from fastapi import FastAPI
from siwe import ISO8601Datetime, SiweMessage

from flock.protocol.core.commitments import Domain
from flock.store.database import Database
from flock.web import sign_in_endpoints
from flock.web.app import Exposure, build_app
from flock.web.background import Background
from flock.web.sessions import Sessions
from flock.web.sign_in import Accepts, SignIn, SignInSite

URL = "https://alliance.example"
DEPLOYMENT = Domain(31337, "0x5FbDB2315678afecb367f032d93F642f64180aa3")
OWNER: LocalAccount = Account.from_key(b"\1" * 32)


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_900_000_000.0

    def __call__(self) -> float:
        return self.now


def no_contract(account: str, digest: bytes, signature: bytes) -> bool:
    return False


def app_with_sign_in(
    database: Database, clock: Callable[[], float], accepts: Accepts = no_contract, **exposure: Any
) -> FastAPI:
    """An app that knows nothing but how to sign in and what time it is."""
    app = build_app(
        "signing in", database, [sign_in_endpoints.router], Background([], 60), Exposure(url=URL, **exposure)
    )
    app.state.sessions = Sessions(database, 3600, clock)
    app.state.sign_in = SignIn(app.state.sessions, SignInSite(URL, DEPLOYMENT, "flock Alliance"), accepts)
    return app


class Visitor:
    """Asks ``app`` from an address; ``headers`` go with every request."""

    def __init__(self, app: FastAPI, host: str = "192.0.2.1") -> None:
        self.headers: dict[str, str] = {}
        self._transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(host, 50_000))

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.request("POST", path, **options)

    def request(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, **options: Any
    ) -> httpx.Response:
        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._transport, base_url=URL) as client:
                both = {**self.headers, **(headers or {})}
                return await client.request(method, path, headers=both, **options)

        return asyncio.run(ask())


class Asks(Protocol):
    """A client of a service, with or without a socket."""

    def get(self, path: str, **options: Any) -> httpx.Response: ...

    def post(self, path: str, **options: Any) -> httpx.Response: ...


def message_of(client: Asks, account: str = OWNER.address, **changes: Any) -> str:
    """The message that the service invites to sign, with some of it changed."""
    parsed = SiweMessage.from_message(client.get("/nonce", params={"account": account}).json()["message"])
    return str(parsed.model_copy(update=changes).prepare_message())


def signature_of(message: str, key: LocalAccount = OWNER) -> str:
    return str(key.sign_message(encode_defunct(text=message)).signature.to_0x_hex())


def enter(client: Asks, message: str, key: LocalAccount = OWNER) -> httpx.Response:
    return client.post("/sign-in", json={"message": message, "signature": signature_of(message, key)})


def moment(seconds: float) -> ISO8601Datetime:
    return ISO8601Datetime.from_datetime(datetime.fromtimestamp(seconds, UTC), "seconds")
