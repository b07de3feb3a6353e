"""What stands between strangers and the endpoints: rates, sizes, headers, metrics."""

from collections.abc import AsyncIterator
from types import SimpleNamespace

import pytest
from fastapi import FastAPI

from flock.errors import DatabaseUnavailable, RpcUnavailable
from flock.store.database import Database
from flock.web.app import Exposure, build_app
from flock.web.background import Background
from flock.web.metrics import Metrics
from flock.web.rates import Rates, address_key
from flock.web.router import PathRules, Router
from tests.web.visitor import Clock, Visitor, app_with_sign_in, enter, message_of


def guarded(database: Database, **exposure: object) -> FastAPI:
    return app_with_sign_in(database, Clock(), **exposure)


@pytest.fixture
def minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limiter's clock stands still in the middle of a minute: a slow machine would begin another."""
    clock = SimpleNamespace(time=lambda: 1_800_000_030.0)
    for module in ("limits.storage.memory", "limits.strategies", "flock.web.rates"):
        monkeypatch.setattr(f"{module}.time", clock)


@pytest.mark.usefixtures("minute")
class TestRates:
    def test_who_asks_too_often_waits(self, database: Database) -> None:
        client = Visitor(guarded(database, rates=Rates(requests=3)))
        assert [client.get("/session").status_code for _ in range(4)] == [401, 401, 401, 429]
        answer = client.get("/session")
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
        assert "192.0.2.1 may send 3 requests a minute" in answer.json()["detail"]

    def test_addresses_are_counted_apart_whatever_they_claim(self, database: Database) -> None:
        app = guarded(database, rates=Rates(requests=1))
        claims = {"X-Forwarded-For": "203.0.113.9"}
        first, second = Visitor(app, "192.0.2.1"), Visitor(app, "192.0.2.2")
        assert first.get("/session").status_code == 401
        assert first.get("/session", headers=claims).status_code == 429
        assert second.get("/session").status_code == 401

    def test_a_known_proxy_says_who_asks(self, database: Database) -> None:
        app = guarded(database, rates=Rates(requests=1), proxies=["192.0.2.0/24"])
        proxy, stranger = Visitor(app, "192.0.2.1"), Visitor(app, "198.51.100.1")
        for claimed, status in [("203.0.113.1", 401), ("203.0.113.1", 429), ("203.0.113.2", 401)]:
            answer = proxy.get("/session", headers={"X-Forwarded-For": claimed})
            assert answer.status_code == status
        assert stranger.get("/session", headers={"X-Forwarded-For": "203.0.113.3"}).status_code == 401
        assert stranger.get("/session", headers={"X-Forwarded-For": "203.0.113.4"}).status_code == 429

    def test_who_has_signed_in_is_counted_by_account(self, database: Database) -> None:
        app = guarded(database, rates=Rates(requests=2))
        client = Visitor(app)
        client.headers["Authorization"] = f"Bearer {enter(client, message_of(client)).json()['token']}"
        assert client.get("/session").status_code == 200
        assert Visitor(app).get("/session").status_code == 429

    def test_signing_in_is_rationed_more_strictly(self, database: Database) -> None:
        client = Visitor(guarded(database, rates=Rates(sign_ins=2)))
        assert [client.get("/nonce").status_code for _ in range(3)] == [200, 200, 429]
        assert client.get("/session").status_code == 401

    def test_sessions_make_no_room_to_begin_more_sessions(self, database: Database) -> None:
        client = Visitor(guarded(database, rates=Rates(sign_ins=3)))
        token = enter(client, message_of(client)).json()["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        assert [client.get("/nonce").status_code for _ in range(2)] == [200, 429]

    def test_without_a_database_it_is_said_that_nobody_can_be_known_now(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def unreachable(*_: object) -> None:
            raise DatabaseUnavailable("The database cannot be used now.")

        app = guarded(database)
        monkeypatch.setattr(app.state.sessions.__class__, "find", unreachable)
        answer = Visitor(app).get("/session", headers={"Authorization": "Bearer token"})
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "1"

    def test_sixteen_nodes_behind_one_address_are_not_limited(self) -> None:
        assert Rates().requests >= 16 * 6 * 60

    @pytest.mark.parametrize(
        ("host", "key"),
        [
            ("192.0.2.1", "192.0.2.1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("", "unknown"),
        ],
    )
    def test_an_owner_of_many_addresses_is_one(self, host: str, key: str) -> None:
        assert address_key(host) == key


class TestBodies:
    def test_a_long_body_is_refused_before_it_is_read(self, database: Database) -> None:
        client = Visitor(guarded(database, body=100))
        answer = client.post("/sign-in", content=b" " * 101)
        assert answer.status_code == 413
        assert "has 101 bytes, this service takes 100" in answer.json()["detail"]

    def test_a_body_of_unknown_length_is_refused(self, database: Database) -> None:
        answer = Visitor(guarded(database)).post("/sign-in", content=_pieces())
        assert answer.status_code == 411

    @pytest.mark.parametrize("body", [b"[" * 500_000, b"{", b"\xff", b"NaN", b'{"message": 1e999}'])
    def test_whatever_is_sent_a_problem_comes_back(self, database: Database, body: bytes) -> None:
        answer = Visitor(guarded(database)).post(
            "/sign-in", content=body, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code in (400, 422)
        assert answer.headers["Content-Type"] == "application/problem+json"


class TestPathRules:
    @pytest.fixture
    def client(self, database: Database) -> Visitor:
        """An app whose one router makes orders and takes parcels."""
        router = Router("shop", PathRules(creations=("/orders",), streams=("/parcels/",)))

        @router.api_route("/orders", methods=["GET", "POST"])
        @router.put("/parcels/{name}")
        def done() -> str:
            return "done"

        exposure = Exposure(rates=Rates(creations=1), body=10)
        return Visitor(build_app("shop", database, [router], Background([], 60), exposure))

    def test_a_router_says_what_is_rationed_as_a_creation(self, client: Visitor) -> None:
        assert [client.post("/orders").status_code for _ in range(2)] == [200, 429]
        assert [client.get("/orders").status_code for _ in range(2)] == [200, 200]
        assert client.request("PUT", "/parcels/one").status_code == 200

    def test_a_router_says_where_bodies_have_limits_of_their_own(self, client: Visitor) -> None:
        assert client.post("/orders", content=b" " * 11).status_code == 413
        assert client.request("PUT", "/parcels/one", content=b" " * 11).status_code == 200


class TestHeaders:
    def test_browsers_are_told_to_run_frame_and_sniff_nothing(self, database: Database) -> None:
        headers = Visitor(guarded(database)).get("/session").headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "Strict-Transport-Security" in headers

    def test_no_other_site_may_ask_unless_it_is_named(self, database: Database) -> None:
        origin = {"Origin": "https://app.example"}
        closed = Visitor(guarded(database)).get("/session", headers=origin)
        assert "Access-Control-Allow-Origin" not in closed.headers
        opened = Visitor(guarded(database, origins=["https://app.example"]))
        assert (
            opened.get("/session", headers=origin).headers["Access-Control-Allow-Origin"] == origin["Origin"]
        )
        foreign = opened.get("/session", headers={"Origin": "https://evil.example"})
        assert "Access-Control-Allow-Origin" not in foreign.headers


class TestMetrics:
    @pytest.fixture
    def client(self, database: Database) -> Visitor:
        return Visitor(guarded(database))

    def test_requests_are_counted_by_route_and_status(self, client: Visitor) -> None:
        client.get("/session")
        text = client.get("/metrics").text
        assert 'flock_requests_total{method="GET",route="/session",status="401"} 1.0' in text
        assert 'flock_request_seconds_count{method="GET",route="/session"} 1.0' in text

    def test_strangers_make_no_labels(self, client: Visitor) -> None:
        for number in range(3):
            client.get(f"/nowhere/{number}")
            client.request(f"METHOD{number}", "/session")
        text = client.get("/metrics").text
        assert 'flock_requests_total{method="GET",route="unknown",status="404"} 3.0' in text
        assert "nowhere" not in text
        assert "METHOD" not in text

    def test_what_cannot_be_read_now_is_no_number(self) -> None:
        def unreachable() -> float:
            raise RpcUnavailable("The chain does not answer.")

        text = Metrics({"flock_lag": ("Blocks", unreachable)}).exposition().decode()
        assert "flock_lag NaN" in text


async def _pieces() -> AsyncIterator[bytes]:
    yield b"{"
    yield b"}"
