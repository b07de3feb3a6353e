"""The demo of the market from beginning to end: who publishes, serves and buys, and what it brings them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from flock.devnet.market.buyers import Buyer
from flock.devnet.market.flowers import better_model, first_model
from flock.devnet.market.network import HOST, OWNER, REFINER, MarketNetwork, Sold
from flock.devnet.market.releasing import arrived, names_of, release_all
from flock.devnet.market.report import BuyerRow, MarketReport, ModelRow
from flock.protocol.core.units import WAD

if TYPE_CHECKING:
    from flock.devnet.market.flowers import SoldModel
    from flock.protocol.market.prices import Price

PURSE = 100 * WAD
PER_CALL, PER_PERIOD = WAD // 3, 30 * WAD
HOST_BPS, ROYALTY_BPS = 2_000, 1_000
ONE_BY_ONE, AT_ONCE, COPIES = 10, 8, 5
SECONDS_SUBSCRIBED = 60

Say = Callable[[str], None]


def play(network: MarketNetwork, say: Say) -> MarketReport:
    """Publish, serve, sell, release; write the report into the network's folder."""
    say("Starting a chain and deploying the contracts")
    network.start_chain()
    say(f"{OWNER} publishes a model of irises, {REFINER} a better one made from it; {HOST} bonds as a host")
    sold = _publish(network)
    network.become_host()
    say("Starting the host: flock market host")
    network.serve(sold)
    buyers = _buy(network, sold, say)
    say("A subscription that is cancelled, and everybody is paid")
    subscriber = _subscribe(network, sold[-1])
    payees, left = release_all(network, sold)
    faults = [fault for each in buyers for fault in [*each.faults, *_unfair(each)]]
    report = MarketReport(
        [_model_row(network, each) for each in sold],
        [*map(_buyer_row, buyers), subscriber],
        payees,
        str(left),
        faults,
    )
    report.write(network.folder / "report.json")
    return report


def _model_row(network: MarketNetwork, sold: Sold) -> ModelRow:
    market = network.contracts.model_market
    model, owner = sold.model, market.owner_of(market.version_of(sold.version).model)
    return ModelRow(
        sold.version,
        model.name,
        names_of(network, [sold])[owner],
        sold.parent,
        model.accuracy,
        str(PER_CALL),
        str(arrived(network, sold)),
    )


def _buyer_row(buyer: Buyer) -> BuyerRow:
    return BuyerRow(buyer.name, buyer.how, buyer.answers, buyer.refused, str(buyer.charged), str(buyer.paid))


# ---- publishing


def _publish(network: MarketNetwork) -> Sequence[Sold]:
    from flock.protocol.market.prices import Price

    price = Price(per_call=PER_CALL, per_period=PER_PERIOD)
    first = _published(network, OWNER, first_model(), price)
    return [first, _published(network, REFINER, better_model(), price, parent=first.version)]


def _published(
    network: MarketNetwork, owner: str, model: SoldModel, price: Price, parent: int | None = None
) -> Sold:
    from flock.chain.contracts.model_market import NewVersion
    from flock.protocol.core.cid import digest_of
    from flock.tasks.documents import canonical_metadata

    metadata = digest_of(canonical_metadata(dict(model.document)))
    parents = ((parent, ROYALTY_BPS),) if parent else ()
    terms = NewVersion(digest_of(model.artifact), metadata, HOST_BPS, ROYALTY_BPS, parents)
    return Sold(network.publish(network.account(owner), terms, price), model, parent)


# ---- buying


def _buy(network: MarketNetwork, sold: Sequence[Sold], say: Say) -> Sequence[Buyer]:
    first, better = (each.model for each in sold)

    def buyer(name: str, how: str) -> Buyer:
        say(f"{name}: {how}")
        return Buyer(name, how, network, network.account(name, PURSE), PURSE)

    anna = buyer("anna", f"{ONE_BY_ONE} calls, one after the other")
    anna.ask(first, ONE_BY_ONE)
    ben = buyer("ben", f"{AT_ONCE} calls at once")
    ben.ask(better, AT_ONCE, at_once=True)
    cora = buyer("cora", f"one payment, sent {COPIES} times at once")
    cora.send_one_payment(better, COPIES)
    dan = buyer("dan", "signs for half the price")
    dan.underpay(first)
    return [anna, ben, cora, dan]


def _unfair(buyer: Buyer) -> Iterator[str]:
    """What the stories of the buyers must not end like."""
    expected = {
        "anna": (ONE_BY_ONE, 0, ONE_BY_ONE * PER_CALL),
        "ben": (AT_ONCE, 0, AT_ONCE * PER_CALL),
        "cora": (COPIES, 0, PER_CALL),
        "dan": (0, 1, 0),
    }[buyer.name]
    found = (buyer.answers, buyer.refused, buyer.paid)
    if found != expected:
        yield f"{buyer.name} has answers, refusals and wei paid {found} instead of {expected}."


def _subscribe(network: MarketNetwork, sold: Sold) -> BuyerRow:
    """Pay for a period, and cancel before it is over: what had not vested comes back."""
    contracts, account = network.contracts, network.account("fay", PURSE)
    sales, token, sender = contracts.subscriptions, contracts.token, network.devnet.sender(account)
    token.write(sender, "approve", "approve", sales.address, PER_PERIOD)
    host = network.host.address
    sales.write(sender, "subscribe", "subscribe", sold.version, host, token.address, 1, PER_PERIOD)
    number = sales.count()
    network.devnet.warp(
        SECONDS_SUBSCRIBED
    )  # no more: payments are signed for a few minutes of the buyer's clock
    sales.cancel(sender, number)
    sales.collect(network.devnet.sender(network.host), number)
    vested = sales.subscription_of(number)["amount"]
    paid = PURSE - token.balance_of(account.address)
    return BuyerRow("fay", "subscribes, and cancels after a minute", 0, 0, str(vested), str(paid))
