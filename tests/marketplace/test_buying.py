"""``flock market call``: a buyer that pays once, looks whom it pays, and checks its receipt."""

import base64
import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response
from typer.testing import CliRunner

from flock.chain.keys import KeyStore
from flock.cli.main import app
from flock.errors import Refused
from flock.marketplace.gate.buying import Buyer
from flock.protocol.core.units import WAD
from tests import patience
from tests.marketplace.shop import CHEAP, PASSWORD, PREDICT, PRICE, ROWS, Payer, Shop
from tests.web.conftest import serve_in_thread


def buyer(shop: Shop, payer: Payer, *, most: int = WAD, url: str | None = None) -> Buyer:
    return Buyer(url or shop.url, shop.contracts, payer.account, most, wait=lambda _: None)


def test_a_command_buys_a_call_and_shows_what_it_paid(
    shop: Shop, payer: Payer, monkeypatch: pytest.MonkeyPatch
) -> None:
    KeyStore(shop.folder / "keys", CHEAP).import_key("alice", payer.account.key.hex(), PASSWORD)
    monkeypatch.setenv("FLOCK_KEYS", str(shop.folder / "keys"))
    monkeypatch.setenv("FLOCK_ADDRESSES", str(shop.folder / "book.json"))
    options = ["--url", shop.url, "--rpc", shop.client.rpc.url, "--key", "alice"]
    options += ["--password-file", str(shop.folder / "password")]
    said = CliRunner().invoke(
        app, ["market", "call", "irises", "--inputs", "[[5, 1, 0, 0]]", *options, "--json"]
    )
    assert said.exit_code == 0, said.stderr
    found = json.loads(said.stdout)
    assert (found["answer"]["predictions"][0]["label"], found["paid"]) == ("setosa", str(PRICE.per_call))
    assert patience.get(f"{shop.url}/v1/receipts/{found['receipt']}").status_code == 200
    said = CliRunner().invoke(app, ["market", "call", "chat", "--prompt", "Where?", *options])
    assert "Federated learning keeps data home." in said.stdout
    said = CliRunner().invoke(app, ["market", "call", "irises", "--inputs", "[[5]", *options])
    assert (said.exit_code, "--inputs is not JSON" in said.stderr) == (78, True)


def test_nothing_is_signed_above_the_limit(shop: Shop, payer: Payer) -> None:
    held = payer.balance
    with buyer(shop, payer, most=PRICE.per_call - 1) as frugal, pytest.raises(Refused, match="more than the"):
        frugal.call("irises", PREDICT, ROWS)
    assert payer.balance == held


@dataclass
class Between:
    """A host that passes on what another says, changed: the header of its quote, or of its receipt."""

    url: str
    change: dict[str, Any] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    cut: int = 0

    def app(self) -> FastAPI:
        passing = FastAPI()
        passing.api_route("/{path:path}", methods=["GET", "POST"])(self.passed)
        return passing

    async def passed(self, request: Request, path: str) -> Response:
        body, headers = await request.body(), {}
        if payment := request.headers.get("PAYMENT-SIGNATURE"):
            headers = {"PAYMENT-SIGNATURE": payment}
            self.seen.append(payment)
        with patience.client() as http:
            said = http.request(request.method, f"{self.url}/{path}", content=body, headers=headers)
        if headers and self.cut:
            self.cut -= 1
            return Response(status_code=503, headers={"Retry-After": "0"})
        kept = {
            name: said.headers[name] for name in ("PAYMENT-REQUIRED", "FLOCK-RECEIPT") if name in said.headers
        }
        return Response(
            self.changed(said.content), said.status_code, headers={**kept, **self.change_of(kept)}
        )

    def changed(self, content: bytes) -> bytes:
        return content.replace(b"setosa", self.change.get("label", b"setosa"))

    def change_of(self, kept: dict[str, str]) -> dict[str, str]:
        if "pay_to" not in self.change or "PAYMENT-REQUIRED" not in kept:
            return {}
        required = json.loads(base64.b64decode(kept["PAYMENT-REQUIRED"]))
        required["accepts"][0]["payTo"] = self.change["pay_to"]
        return {"PAYMENT-REQUIRED": base64.b64encode(json.dumps(required).encode()).decode()}


def test_an_answer_that_was_lost_is_asked_for_again_with_the_same_payment(shop: Shop, payer: Payer) -> None:
    held, between = payer.balance, Between(shop.url, cut=2)
    with serve_in_thread(between.app()) as url, buyer(shop, payer, url=url) as patient:
        bought = patient.call("irises", PREDICT, ROWS)
    assert bought.answer["predictions"][0]["label"] == "setosa"
    assert (len(between.seen), len(set(between.seen))) == (3, 1)
    assert held - payer.balance == bought.paid == PRICE.per_call


def test_a_host_that_wants_the_money_for_itself_gets_none(shop: Shop, payer: Payer) -> None:
    held, between = payer.balance, Between(shop.url, {"pay_to": shop.host})
    with (
        serve_in_thread(between.app()) as url,
        buyer(shop, payer, url=url) as wary,
        pytest.raises(Refused, match="somebody else than the makers"),
    ):
        wary.call("irises", PREDICT, ROWS)
    assert (between.seen, payer.balance) == ([], held)


def test_a_receipt_for_another_answer_is_noticed(shop: Shop, payer: Payer) -> None:
    between = Between(shop.url, {"label": b"tulipa"})
    with (
        serve_in_thread(between.app()) as url,
        buyer(shop, payer, url=url) as wary,
        pytest.raises(Refused, match="a receipt for something else"),
    ):
        wary.call("irises", PREDICT, ROWS)
