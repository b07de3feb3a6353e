"""What ``flock market list``, ``show``, ``payees``, ``hosts list`` and ``subscriptions list`` show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import typer

from flock.marketplace.client import MarketClient
from flock.marketplace.plans import PRICES
from flock.marketplace.tokens import TokenUnit, token_of
from flock.programs.signing import account_of, own_account
from flock.programs.wiring import contracts_of
from flock.protocol.core.units import BPS
from flock.terminal import moment, print_fields, print_json, print_table

if TYPE_CHECKING:
    from flock.chain.contracts.deployed import Contracts
    from flock.programs.settings import AllianceSettings

UNTITLED = "(its document is not here)"
Answer = Mapping[str, Any]


def list_found(
    settings: AllianceSettings, wanted: Mapping[str, object], owner: str | None, *, as_json: bool
) -> None:
    account = None if owner is None else account_of(settings, owner, "--owner")
    with MarketClient(settings.alliance) as service:
        found = service.models(**wanted, owner=account)
    if as_json:
        print_json(found)
    elif found:
        units = Units(contracts_of(settings))
        columns = ["model", "newest", "title", "kind", "state", "a call", "hosts", "owner"]
        print_table(columns, [_model_row(each, units) for each in found])
    else:
        typer.echo("No model is like that. `flock market list` shows all of them.")


def show_version(settings: AllianceSettings, version: int, *, as_json: bool) -> None:
    with MarketClient(settings.alliance) as service:
        shown = service.version(version)
        revenue = service.listed(f"/market/versions/{version}/revenue")
        hosts = service.listed(f"/market/versions/{version}/hosts")
    if as_json:
        print_json({**shown, "revenue": revenue, "listings": hosts})
        return
    units = Units(contracts_of(settings))
    card = shown.get("card") or {}
    print_fields(_title(shown), {**_about(shown, card), **_parts(shown)})
    if shown["prices"]:
        columns = ["token", *PRICES.values(), "former good until"]
        print_table(columns, [_price_row(each, units) for each in shown["prices"]])
    if hosts:
        rows = [(each["host"], each["state"], _yes(each["serves"]), each["splitter"]) for each in hosts]
        print_table(["host", "state", "serves", "payments go to"], rows)
    if revenue:
        earned = [
            (each["host"] or "royalties", units.text(each, "paid"), units.text(each, "held"))
            for each in revenue
        ]
        print_table(["by way of", "earned", "not released yet"], earned)


def payees_at(settings: AllianceSettings, version: int, host: str | None, token: str) -> Sequence[Answer]:
    """Who is paid by the splitter of a version and host, None for royalties, and what is due."""
    with MarketClient(settings.alliance) as service:
        return service.listed(f"/market/versions/{version}/payees", host=host, token=token)


def show_payees(
    settings: AllianceSettings, version: int, named: str | None, token: str, *, as_json: bool
) -> None:
    unit = token_of(contracts_of(settings), token)
    host = None if named is None else account_of(settings, named, "--host")
    found = payees_at(settings, version, host, unit.address)
    if as_json:
        print_json(found)
        return
    columns = ["payee", "for", "account", "part", "due"]
    print_table(columns, [_payee_row(each, unit) for each in found])


def show_hosts(settings: AllianceSettings, version: int | None, *, as_json: bool) -> None:
    path = "/market/hosts" if version is None else f"/market/versions/{version}/hosts"
    with MarketClient(settings.alliance) as service:
        found = service.listed(path)
    if as_json:
        print_json(found)
    elif not found:
        typer.echo("There is no host yet. Put up a bond with `flock market hosts bond`.")
    elif version is None:
        from flock.amounts import short

        rows = [
            (
                each["account"],
                each["state"],
                f"{short(int(each['bond']))} gmFLOCK",
                _numbers(each["versions"]),
            )
            for each in found
        ]
        print_table(["host", "state", "bond", "versions"], rows)
    else:
        rows = [(each["host"], each["state"], _yes(each["serves"]), each["splitter"]) for each in found]
        print_table(["host", "state", "serves", "payments go to"], rows)


def show_subscriptions(settings: AllianceSettings, named: str | None, *, as_json: bool) -> None:
    account = own_account(settings, named)
    with MarketClient(settings.alliance) as service:
        found = service.listed("/market/subscriptions", subscriber=account)
    if as_json:
        print_json(found)
        return
    if not found:
        typer.echo(f"{account} has no subscription. Buy one with `flock market subscriptions buy`.")
        return
    units = Units(contracts_of(settings))
    columns = ["subscription", "version", "host", "paid", "ends", "given back"]
    print_table(columns, [_subscription_row(each, units) for each in found])


class Units:
    """The tokens that amounts are in, each asked for once."""

    def __init__(self, contracts: Contracts) -> None:
        self._contracts = contracts
        self._known: dict[str, TokenUnit] = {}

    def of(self, token: str) -> TokenUnit:
        """The token at this address."""
        if token not in self._known:
            self._known[token] = token_of(self._contracts, token)
        return self._known[token]

    def text(self, answer: Answer, name: str) -> str:
        """The amount that ``answer``, which names its token, calls ``name``."""
        return self.of(answer["token"]).text(int(answer[name]))


# ---- lines


def _title(version: Answer) -> str:
    title = (version.get("card") or {}).get("title", UNTITLED)
    return f"Version {version['id']} of model {version['model']}: {title}"


def _about(version: Answer, card: Answer) -> dict[str, object]:
    """Only a document that holds is served; its text has no control characters."""
    origin = f"the result of task {version['task']}" if version.get("task") else "an upload"
    metrics = ", ".join(f"{name} {value:g}" for name, value in card.get("metrics", {}).items())
    contest = f", which task {version['contested_by']} contests" if version.get("contested_by") else ""
    return {
        "state": version["state"] + contest,
        "kind": card.get("kind", "–"),
        "summary": card.get("summary") or "–",
        "measured": metrics or "–",
        "licence": card.get("licence") or "–",
        "tags": ", ".join(card.get("tags", [])) or "–",
        "from": origin,
        "published": f"{moment(version['published_at'])} by {version['publisher']}",
        "SHA-256": version["digest"],
        "bytes": "open: everybody can download them" if card.get("open") else "with the owner and the hosts",
        "subscriptions": version["subscriptions"],
    }


def _parts(version: Answer) -> dict[str, object]:
    parents = [f"{each['version']}: {_percent(each['bps'])}" for each in version["parents"]]
    shares = [f"{each['account']}: {_percent(each['bps'])}" for each in version["shares"]]
    return {
        "fee": _percent(version["fee_bps"]),
        "for the host": f"{_percent(version['host_bps'])} of what the fee leaves",
        "makers": _percent(version["makers_bps"]) if version["makers_bps"] else "–",
        "parents": ", ".join(parents) or "–",
        "shares": ", ".join(shares) or "–",
        "asks of children": _percent(version["royalty_bps"]),
        "children": _numbers(version["children"]),
    }


def _model_row(model: Answer, units: Units) -> tuple[object, ...]:
    newest = model.get("newest")
    if newest is None:
        return (model["id"], "–", UNTITLED, "–", "–", "–", 0, model["owner"])
    card = newest.get("card") or {}
    calls = ", ".join(_calls(newest["prices"], units)) or "–"
    title, kind = card.get("title", UNTITLED), card.get("kind", "–")
    return (model["id"], newest["id"], title, kind, newest["state"], calls, newest["hosts"], model["owner"])


def _calls(prices: Sequence[Answer], units: Units) -> Iterator[str]:
    yield from (units.text(each, "per_call") for each in prices if int(each["per_call"]))


def _price_row(price: Answer, units: Units) -> tuple[object, ...]:
    asked = (units.text(price, name) if int(price[name]) else "–" for name in PRICES)
    until = moment(price["honoured_until"]) if price.get("former") else "–"
    return (units.of(price["token"]).symbol, *asked, until)


def _payee_row(payee: Answer, unit: TokenUnit) -> tuple[object, ...]:
    due = unit.text(int(payee["due"]))
    return (payee["number"], payee["role"], payee["account"], _percent(payee["bps"]), due)


def _subscription_row(each: Answer, units: Units) -> tuple[object, ...]:
    given_back = units.text(each, "refunded") if each.get("cancelled_at") else "–"
    paid = units.text(each, "amount")
    return (each["id"], each["version"], each["host"], paid, moment(each["end"]), given_back)


def _percent(bps: int) -> str:
    return f"{bps * 100 / BPS:g}%"


def _numbers(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers)) or "–"


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"
