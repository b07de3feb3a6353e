"""Signing in with a wallet: only for this service, chain and contract, in time, once."""

from collections.abc import Callable

import pytest
from eth_account import Account
from sqlalchemy import select

from flock.store.database import Database
from flock.web.models import Nonce, SignInSession
from tests.compact import compact
from tests.web.visitor import OWNER, Clock, Visitor, app_with_sign_in, enter, message_of, moment, signature_of

OTHER = "0x000000000000000000000000000000000000dEaD"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(database: Database, clock: Clock) -> Visitor:
    return Visitor(app_with_sign_in(database, clock))


def test_a_wallet_signs_in_is_known_and_signs_out(client: Visitor, clock: Clock) -> None:
    answer = enter(client, message_of(client))
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    opened = answer.json()
    assert (opened["account"], opened["expires_at"]) == (OWNER.address, clock.now + 3600)
    client.headers["Authorization"] = f"Bearer {opened['token']}"
    assert client.get("/session").json() == {"account": OWNER.address, "expires_at": clock.now + 3600}
    assert client.post("/sign-out").status_code == 204
    assert client.get("/session").status_code == 401


def test_a_signature_may_be_compact(client: Visitor) -> None:
    message = message_of(client)
    signature = compact(bytes.fromhex(signature_of(message).removeprefix("0x")))
    answer = client.post("/sign-in", json={"message": message, "signature": signature})
    assert answer.json()["account"] == OWNER.address


def test_a_session_ends_by_itself(client: Visitor, clock: Clock) -> None:
    client.headers["Authorization"] = f"Bearer {enter(client, message_of(client)).json()['token']}"
    clock.now += 3599
    assert client.get("/session").status_code == 200
    clock.now += 1
    answer = client.get("/session")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert "sign in again" in answer.json()["detail"]


@pytest.mark.parametrize("header", [None, "Bearer nonsense", "Basic bm9ib2R5", "Bearer"])
def test_without_a_session_nobody_is_known(client: Visitor, header: str | None) -> None:
    answer = client.get("/session", headers={"Authorization": header} if header else {})
    assert answer.status_code == 401
    assert "sign in" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"domain": "evil.example"}, "The message signs in to evil.example, but this is alliance.example"),
        ({"uri": "https://evil.example"}, "The message is for https://evil.example"),
        ({"chain_id": 1}, "The message is for chain 1, but this service is on 31337"),
        ({"resources": [f"eip155:31337:{OTHER}"]}, "does not list this service's contract"),
        ({"resources": None}, "does not list this service's contract"),
        ({"nonce": "abcdefgh12345678"}, "was not given by this service"),
        ({"expiration_time": moment(1_899_999_999)}, "The message ended at 2030-03-17T17:46:39Z"),
        ({"not_before": moment(1_900_000_060)}, "counts only from 2030-03-17T17:47:40Z on"),
        ({"statement": "Sign in to something else."}, None),
    ],
)
def test_a_foreign_or_untimely_message_is_refused(
    client: Visitor, changes: dict[str, object], sentence: str | None
) -> None:
    answer = enter(client, message_of(client, **changes))
    assert answer.status_code == (401 if sentence else 200)
    if sentence:
        assert sentence in answer.json()["detail"]
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_replayed_message_is_refused(client: Visitor) -> None:
    message = message_of(client)
    assert enter(client, message).status_code == 200
    answer = enter(client, message)
    assert answer.status_code == 401
    assert "nonce was used before" in answer.json()["detail"]


def test_a_message_is_worth_nothing_after_ten_minutes(client: Visitor, clock: Clock) -> None:
    forever = message_of(client, expiration_time=None)
    ended = message_of(client)
    clock.now += 600
    assert "The message ended at" in enter(client, ended).json()["detail"]
    assert "older than ten minutes" in enter(client, forever).json()["detail"]


def test_another_key_or_another_text_is_refused(client: Visitor) -> None:
    message = message_of(client)
    answer = enter(client, message, Account.create())
    assert answer.status_code == 401
    assert f"is not {OWNER.address}'s" in answer.json()["detail"]
    signature = signature_of(message)
    other = message_of(client)
    assert client.post("/sign-in", json={"message": other, "signature": signature}).status_code == 401
    assert enter(client, message).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"message": "let me in", "signature": "0x00"}, "message"),
        ({"message": "a" * 1001, "signature": "0x00"}, "message"),
        ({"message": "let me in"}, "signature"),
        ({"message": "a", "signature": "0x00", "token": "b"}, "token"),
    ],
)
def test_a_malformed_sign_in_names_the_field(client: Visitor, body: dict[str, str], field: str) -> None:
    answer = client.post("/sign-in", json=body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_a_signature_that_is_no_hex_is_named(client: Visitor) -> None:
    body = {"message": message_of(client), "signature": "0xnothex"}
    assert [error["field"] for error in client.post("/sign-in", json=body).json()["errors"]] == ["signature"]


def test_what_a_contract_wallet_accepts_is_its_signature(database: Database, clock: Clock) -> None:
    asked: list[tuple[str, bytes]] = []

    def accepts(account: str, digest: bytes, signature: bytes) -> bool:
        asked.append((account, signature))
        return signature == b"approved on chain"

    client = Visitor(app_with_sign_in(database, clock, accepts))
    message = message_of(client)
    body = {"message": message, "signature": "0x" + b"approved on chain".hex()}
    assert client.post("/sign-in", json=body).json()["account"] == OWNER.address
    assert asked == [(OWNER.address, b"approved on chain")]


def test_the_database_holds_no_token_and_forgets_what_has_ended(
    client: Visitor, clock: Clock, database: Database, everything: Callable[[], str]
) -> None:
    token = enter(client, message_of(client)).json()["token"]
    assert token not in everything()
    clock.now += 3601
    client.get("/nonce")
    with database.reading() as session:
        assert session.scalars(select(SignInSession)).all() == []
        assert len(session.scalars(select(Nonce)).all()) == 1


@pytest.fixture
def everything(database: Database) -> Callable[[], str]:
    """All that the database holds about sessions, as text."""

    def read() -> str:
        with database.reading() as session:
            rows = session.scalars(select(SignInSession)).all()
            return str([(row.token_hash, row.account) for row in rows])

    return read
