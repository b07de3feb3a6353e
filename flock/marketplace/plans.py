"""Plans of what owners, payees and buyers of models do; ``host_plans`` has those of hosts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from flock.chain.contracts.model_market import VersionState
from flock.chain.contracts.token import Token
from flock.chain.simulation import PlannedCall, View
from flock.economy.operations import fields
from flock.economy.operations.fields import Field, Fields
from flock.economy.operations.plans import NO_NAMES, Names, Plan, command
from flock.errors import BadConfig, NoFunds, Refused
from flock.marketplace.tokens import TokenUnit, token_of
from flock.protocol.core.units import BPS
from flock.terminal import moment

if TYPE_CHECKING:
    from flock.chain.contracts.deployed import Contracts
    from flock.chain.contracts.model_market import NewVersion, Version
    from flock.protocol.market.prices import Price

PRICES: Mapping[str, str] = {
    "per_call": "a call",
    "per_period": "30 days",
    "per_input": "a million tokens read",
    "per_output": "a million tokens written",
}


def require_terms(contracts: Contracts, model: int, terms: NewVersion, makers_bps: int = 0) -> None:
    """Raises Refused for what the chain would refuse of a new version; asked before anything is signed."""
    market = contracts.model_market
    former = int(market.read("newestOf", model)) if model else 0
    if former and former not in dict(terms.parents):
        least = market.version_of(former).royalty_bps
        naming = f"--parent {former}:{least / 100:g}"
        raise Refused(f"Version {former} is the newest of model {model}: name it with {naming} or more.")
    for version, bps in terms.parents:
        least = require_version(contracts, version).royalty_bps
        if bps < least:
            raise Refused(
                f"Version {version} asks its children for {least / 100:g}%: offer that, not {bps / 100:g}%."
            )
    given = makers_bps + sum(bps for _, bps in (*terms.parents, *terms.shares))
    if given > BPS:
        raise Refused(
            f"Makers, parents and shares add up to {given / 100:g}% of what fee and host leave: give 100% at most."
        )


def require_new(contracts: Contracts, digest: bytes) -> None:
    """Raises Refused if an upload of these bytes is published."""
    taken = contracts.model_market.upload_of(digest)
    if taken:
        raise Refused(f"These bytes are version {taken} already: see `{command('market', 'show', taken)}`.")


def publish_upload(
    contracts: Contracts, account: str, model: int, terms: NewVersion, salt: bytes, names: Names = NO_NAMES
) -> Plan:
    """Publish bytes that were committed to ten seconds ago; ``model`` is 0 for a new one.

    Raises Refused if they are a version already.
    """
    require_new(contracts, terms.digest)
    market = contracts.model_market
    call = PlannedCall(market, "publish", (model, terms.as_abi(), salt))
    return _publication(contracts, account, call, View(market, "uploadOf", (terms.digest,)), names)


def publish_result(
    contracts: Contracts, account: str, model: int, task: int, terms: NewVersion, names: Names = NO_NAMES
) -> Plan:
    """Publish what a task has made. Raises Refused if it is published."""
    market = contracts.model_market
    taken = market.result_of(task)
    if taken:
        raise Refused(
            f"The result of task {task} is version {taken} already: see `{command('market', 'show', taken)}`."
        )
    call = PlannedCall(market, "publishResult", (model, task, terms.as_abi()))
    return _publication(contracts, account, call, View(market, "resultOf", (task,)), names)


def set_price(
    contracts: Contracts, account: str, version: int, unit: TokenUnit, price: Price, names: Names = NO_NAMES
) -> Plan:
    """Ask ``price`` for a version in a token. Raises BadConfig for a version that is not there."""
    require_version(contracts, version)
    market = contracts.model_market
    seconds = int(market.read("quoteSeconds"))
    terms = (price.per_call, price.per_period, price.per_input, price.per_output)
    return Plan(
        contracts,
        account,
        f"Set the price of version {version} in {unit.symbol}",
        [PlannedCall(market, "setPrice", (version, unit.address, terms))],
        [View(market, "priceOf", (version, unit.address))],
        lambda said: _price_fields(said[0], unit),
        command("market", "show", version),
        [
            f"Quotes of the price before stay good for {seconds} s, and until then the price cannot change again."
        ],
        told={"version": version, "token": unit.address, "key": names.key(account)},
    )


def retire(contracts: Contracts, account: str, version: int) -> Plan:
    """End the sale of a version, for good. Raises BadConfig for a version that is not there."""
    require_version(contracts, version)
    market = contracts.model_market
    return Plan(
        contracts,
        account,
        f"Retire version {version}",
        [PlannedCall(market, "retire", (version,))],
        [View(market, "versionOf", (version,))],
        lambda said: {"state": fields.text("state", VersionState(said[0]["state"]).name.lower())},
        command("market", "show", version),
        [
            "It is for good. What it has earned stays due, subscriptions run on until they end or are cancelled, and "
            "its children go on paying royalties."
        ],
        told={"version": version},
    )


def release(
    contracts: Contracts, account: str, place: tuple[int, str], unit: TokenUnit, payees: Mapping[int, str]
) -> Plan:
    """Pay ``payees``, accounts by their number, what is due to each; ``place`` is (version, host)."""
    version, host = place
    market, token = contracts.model_market, Token(contracts.client, unit.address)
    accounts = list(dict.fromkeys(payees.values()))
    return Plan(
        contracts,
        account,
        f"Pay the payees of version {version}",
        [PlannedCall(market, "release", (version, host, unit.address, payee)) for payee in payees],
        [View(token, "balanceOf", (each,)) for each in accounts],
        lambda said: _balances(accounts, said, unit),
        command("market", "show", version),
        told={"version": version, "host": host, "token": unit.address, "payees": dict(payees)},
    )


def release_maker(contracts: Contracts, account: str, task: int, unit: TokenUnit, maker: str) -> Plan:
    """Pay a maker of a task's result what is due to it."""
    market, token = contracts.model_market, Token(contracts.client, unit.address)
    makers = market.makers_of(task)
    is_there = bool(contracts.client.code(makers.address))
    return Plan(
        contracts,
        account,
        f"Pay {maker} its part as a maker of the result of task {task}",
        [
            *([] if is_there else [PlannedCall(market, "deployMakers", (task,))]),
            PlannedCall(makers, "release", (unit.address, maker)),
        ],
        [View(token, "balanceOf", (maker,))],
        lambda said: _balances([maker], said, unit),
        notes=["What versions owe the makers gets there when payee `makers` of each is released."],
        told={"task": task, "maker": maker, "token": unit.address},
    )


def subscribe(
    contracts: Contracts, account: str, place: tuple[int, str], unit: TokenUnit, periods: int, *, now: int
) -> Plan:
    """Buy ``periods`` of 30 days of a version at a host; ``place`` is (version, host).

    Raises Refused if none is sold, NoFunds for more than the account holds.
    """
    version, host = place
    require_version(contracts, version)
    price = contracts.model_market.price_of(version, unit.address).subscription(now)
    if not price:
        raise Refused(f"No subscription of version {version} is sold in {unit.symbol}: choose another token.")
    cost, token = price * periods, Token(contracts.client, unit.address)
    held, sales = token.balance_of(account), contracts.subscriptions
    if held < cost:
        raise NoFunds(f"{account} holds {unit.text(held)}, and it costs {unit.text(cost)}. Send it some.")
    enough = token.allowance(account, sales.address) >= cost
    arguments = (version, host, unit.address, periods, cost)
    return Plan(
        contracts,
        account,
        f"Subscribe to version {version} for {periods * 30} days, for {unit.text(cost)}",
        [
            *([] if enough else [PlannedCall(token, "approve", (sales.address, cost))]),
            PlannedCall(sales, "subscribe", arguments),
        ],
        [View(token, "balanceOf", (account,)), View(sales, "subscriptionCount")],
        lambda said: {
            "held": unit.field(f"{unit.symbol} held", said[0]),
            "subscriptions": fields.count("subscriptions sold by all", said[1]),
        },
        command("market", "subscriptions", "list", account),
        [
            "It vests by the second; what has not vested comes back when you cancel, whatever happens meanwhile."
        ],
        told={"version": version, "host": host, "token": unit.address, "cost": str(cost)},
    )


def cancel(contracts: Contracts, account: str, subscription: int) -> Plan:
    """End a subscription, whose subscriber gets back what has not vested. Raises BadConfig if there is none."""
    found = contracts.subscriptions.subscription_of(subscription)
    if not found["end"]:
        raise BadConfig(f"There is no subscription {subscription}: see `flock market subscriptions list`.")
    unit = token_of(contracts, found["token"])
    subscriber, token = found["subscriber"], Token(contracts.client, unit.address)
    return Plan(
        contracts,
        account,
        f"Cancel subscription {subscription}",
        [PlannedCall(contracts.subscriptions, "cancel", (subscription,))],
        [
            View(token, "balanceOf", (subscriber,)),
            View(contracts.subscriptions, "subscriptionOf", (subscription,)),
        ],
        lambda said: {
            "held": unit.field(f"{unit.symbol} held by the subscriber", said[0]),
            "end": fields.time("ends", said[1]["end"]),
        },
        command("market", "subscriptions", "list", subscriber),
        told={"subscription": subscription},
    )


def require_version(contracts: Contracts, version: int) -> Version:
    """Raises BadConfig if the chain has no such version."""
    found = contracts.model_market.version_of(version)
    if found.state is VersionState.NONE:
        raise BadConfig(
            f"Chain {contracts.chain_id} has no version {version}. See `flock market list` for those there are."
        )
    return found


# ---- pieces


def _publication(contracts: Contracts, account: str, call: PlannedCall, found: View, names: Names) -> Plan:
    """``found`` is the version once it is published."""
    return Plan(
        contracts,
        account,
        "Publish a version",
        [call],
        [found, View(contracts.model_market, "modelCount")],
        lambda said: {
            "version": fields.text("version", str(said[0]) if said[0] else None),
            "models": fields.count("models on the market", said[1]),
        },
        command("market", "price", "…", "--call", "…", "--key", names.key(account)),
        ["Its bytes, shares, parents and royalty never change; a price is set next, and can change."],
    )


def _price_fields(said: Mapping[str, Any], unit: TokenUnit) -> Fields:
    current = said["current"]
    asked = {name: unit.field(label, current[name]) for name, label in PRICES.items()}
    return {**asked, "honoured_until": fields.text("former price good until", _until(said))}


def _until(said: Mapping[str, Any]) -> str | None:
    has_former = any(said["former"][name] for name in PRICES)
    return moment(int(said["honoured_until"])) if has_former else None


def _balances(accounts: Sequence[str], said: Sequence[Any], unit: TokenUnit) -> dict[str, Field]:
    return {each: unit.field(f"held by {each}", int(wei)) for each, wei in zip(accounts, said, strict=True)}
