"""API keys: made in a session, shown once, good until they are revoked, and kept only as hashes."""

import json

import pytest
import sqlalchemy as sa
from eth_account import Account
from eth_account.signers.local import LocalAccount
from fastapi import FastAPI

from flock.store.database import Base, Database
from flock.web import api_key_endpoints, sign_in_endpoints
from flock.web.api_keys import MOST_KEYS, ApiKeys
from flock.web.app import Exposure, build_app
from flock.web.background import Background
from flock.web.errors import Conflict, NotFound
from flock.web.rates import Rates
from flock.web.sign_in import SignIn, SignInSite
from tests.web.visitor import DEPLOYMENT, OWNER, URL, Clock, Visitor, enter, message_of, no_contract

OTHER: LocalAccount = Account.from_key(b"\2" * 32)


def app_with_keys(database: Database, rates: Rates) -> FastAPI:
    routers = [sign_in_endpoints.router, api_key_endpoints.router]
    app = build_app("keys", database, routers, Background([], 60), Exposure(url=URL, rates=rates))
    app.state.sign_in = SignIn(app.state.sessions, SignInSite(URL, DEPLOYMENT, "keys"), no_contract)
    return app


def signed_in(app: FastAPI, wallet: LocalAccount = OWNER) -> Visitor:
    visitor = Visitor(app)
    token = enter(visitor, message_of(visitor, wallet.address), wallet).json()["token"]
    visitor.headers["Authorization"] = f"Bearer {token}"
    return visitor


@pytest.fixture
def app(either_database: Database) -> FastAPI:
    return app_with_keys(either_database, Rates(sign_ins=100, creations=100))


@pytest.fixture
def keys(database: Database) -> ApiKeys:
    return ApiKeys(database, Clock())


def test_a_key_is_shown_once_and_opens_until_it_is_revoked(app: FastAPI) -> None:
    owner, keys = signed_in(app), app.state.api_keys
    made = owner.post("/api-keys", json={"label": "trainer"})
    assert (made.status_code, made.headers["Cache-Control"]) == (201, "no-store")
    secret = made.json()["key"]
    assert secret.startswith(made.json()["begins"])
    (listed,) = owner.get("/api-keys").json()
    assert listed == {name: value for name, value in made.json().items() if name != "key"}
    assert keys.find(secret) == OWNER.address
    assert owner.request("DELETE", f"/api-keys/{listed['id']}").status_code == 204
    assert keys.find(secret) is None
    assert owner.get("/api-keys").json() == []


def test_nobody_lists_or_revokes_keys_of_others(app: FastAPI) -> None:
    made = signed_in(app).post("/api-keys", json={"label": "trainer"}).json()
    other = signed_in(app, OTHER)
    assert other.get("/api-keys").json() == []
    missing = other.request("DELETE", f"/api-keys/{made['id']}")
    assert (missing.status_code, missing.json()["title"]) == (404, "Not found")
    assert app.state.api_keys.find(made["key"]) == OWNER.address


def test_without_a_session_there_are_no_keys(app: FastAPI) -> None:
    visitor = Visitor(app)
    assert visitor.post("/api-keys", json={"label": "x"}).status_code == 401
    assert visitor.get("/api-keys").status_code == 401
    assert visitor.request("DELETE", "/api-keys/x").status_code == 401


@pytest.mark.parametrize("label", ["", "x" * 81, "a\0", "a\nb", "\ud800", "\u202e", 7, None])
def test_what_is_no_label_is_refused(app: FastAPI, label: object) -> None:
    body = json.dumps({"label": label})
    answer = signed_in(app).post("/api-keys", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "label")


def test_nobody_makes_keys_for_others(app: FastAPI) -> None:
    assert signed_in(app).post("/api-keys", json={"label": "x", "account": OTHER.address}).status_code == 422


def test_the_database_has_no_key_in_it(either_database: Database) -> None:
    secret = ApiKeys(either_database).make(OWNER.address, "trainer").secret
    with either_database.reading() as session:
        rows = [
            str(row) for table in Base.metadata.sorted_tables for row in session.execute(sa.select(table))
        ]
    assert not any(secret in row for row in rows)


def test_a_request_that_fails_logs_no_key(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    secret = app.state.api_keys.make(OWNER.address, "trainer").secret

    def fail(*_: object) -> str:
        raise RuntimeError("a defect")

    monkeypatch.setattr(ApiKeys, "find", fail)
    visitor = Visitor(app)
    visitor.headers["Authorization"] = f"Bearer {secret}"
    assert visitor.get("/api-keys").status_code == 500
    said = "".join(capfd.readouterr())
    assert "request_failed" in said
    assert secret not in said


def test_an_account_has_only_so_many(keys: ApiKeys) -> None:
    made = [keys.make(OWNER.address, str(number)) for number in range(MOST_KEYS)]
    with pytest.raises(Conflict, match="may have no more"):
        keys.make(OWNER.address, "one more")
    keys.make(OTHER.address, "another's")
    keys.revoke(OWNER.address, made[0].info.id)
    keys.make(OWNER.address, "one more")
    with pytest.raises(NotFound):
        keys.revoke(OWNER.address, made[0].info.id)


@pytest.mark.parametrize("secret", ["", "flk_", "flk_é", "flk_\ud800", "hf_x", "x" * 10_000])
def test_what_is_no_key_is_nobodys(keys: ApiKeys, secret: str) -> None:
    keys.make(OWNER.address, "trainer")
    assert keys.find(secret) is None


def test_requests_are_counted_by_the_wallet_of_the_key(database: Database) -> None:
    app = app_with_keys(database, Rates(requests=3))
    keys = app.state.api_keys
    of_owner = [keys.make(OWNER.address, "a").secret, keys.make(OWNER.address, "b").secret]
    of_other = keys.make(OTHER.address, "c").secret

    def statuses(secret: str, times: int) -> list[int]:
        visitor = Visitor(app)
        visitor.headers["Authorization"] = f"Bearer {secret}"
        return [visitor.get("/api-keys").status_code for _ in range(times)]

    assert statuses(of_owner[0], 2) == [401, 401]
    assert statuses(of_owner[1], 2) == [401, 429]
    assert statuses(of_other, 1) == [401]
    assert statuses("flk_nonsense", 4) == [401, 401, 401, 429], "by address"
