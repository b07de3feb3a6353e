"""A host's app: one gate in front of all its models."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from eth_account.signers.local import LocalAccount
from fastapi import FastAPI

from flock.chain.contracts.deployed import Contracts
from flock.chain.sending.reorg_watcher import ReorgWatcher
from flock.chain.sending.sender import Sender
from flock.daemon import Step
from flock.errors import Misconfigured
from flock.marketplace.gate.gate import Counter, Gate
from flock.marketplace.gate.payments import Keeping, Payments
from flock.marketplace.gate.problems import ReadableByOpenAi
from flock.marketplace.gate.quotes import Listings, PaymentToken, Quotes
from flock.marketplace.gate.receipting import Pen
from flock.marketplace.gate.settling import Facilitator
from flock.marketplace.host import endpoints
from flock.marketplace.host.endpoints import Counters, Host
from flock.marketplace.host.serving import Catalogue, ComputedModel
from flock.marketplace.host.steps import FollowPayments, TidyPayments
from flock.store.database import Database
from flock.web.app import Exposure, build_app
from flock.web.background import Background

THREADS = 64


@dataclass(frozen=True)
class Trade:
    """How a host sells: ``name`` tells gates that share a database apart; at most ``most_calls`` at once."""

    name: str
    tokens: Sequence[PaymentToken]
    exposure: Exposure
    keeping: Keeping = field(default_factory=Keeping)
    most_calls: int = 64
    poll_seconds: float = 1.0
    call_seconds: int = 120


@dataclass(frozen=True)
class HostApp:
    """The app, what runs beside it, what counts its calls, and the threads that wait for the chain."""

    app: FastAPI
    background: Background
    counters: Counters
    threads: ThreadPoolExecutor


def build_host(
    contracts: Contracts,
    sender: Sender,
    key: LocalAccount,
    database: Database,
    catalogue: Catalogue,
    trade: Trade,
) -> HostApp:
    """Raises Misconfigured if a model is not what was published, or is not this host's to serve."""
    listings = Listings(contracts, sender.address, trade.tokens)
    quotes = Quotes(listings, f"eip155:{contracts.chain_id}")
    _require_served(catalogue, listings, quotes)
    payments = Payments(database, contracts.chain_id, trade.name, lambda: int(time.time()), trade.keeping)
    payments.recover()
    threads = ThreadPoolExecutor(THREADS, thread_name_prefix="gate")
    facilitator = Facilitator(contracts.client, sender, quotes.is_issued, threads)
    url = trade.exposure.url.rstrip("/")
    pen = Pen(sender.address, contracts.deployment_domain, key)
    counter = Counter(payments, listings, quotes, facilitator, pen, url, threads)
    gate = Gate(counter, trade.call_seconds)
    counters = Counters(trade.most_calls)
    steps: list[Step] = [ReorgWatcher(sender), FollowPayments(payments, facilitator), TidyPayments(payments)]
    background = Background(steps, trade.poll_seconds)
    gauges = {"flock_host_calls": ("Calls being answered now", lambda: float(counters.running))}
    app = build_app("flock host", database, [endpoints.router], background, trade.exposure, gauges)
    app.state.host = Host(catalogue, gate, listings, counters)
    app.state.payments = payments
    app.add_middleware(ReadableByOpenAi)
    return HostApp(app, background, counters, threads)


def _require_served(catalogue: Catalogue, listings: Listings, quotes: Quotes) -> None:
    for model in catalogue:
        listing = listings.of(model.version)
        if not listing.is_served:
            raise Misconfigured(
                f"{listings.host} does not serve version {model.version} on the chain: bond as a host "
                f"(`flock market hosts bond`) and register (`flock market hosts serve {model.version}`), or leave "
                "the model out."
            )
        quotes.recognise(listing)
        if isinstance(model, ComputedModel):
            model.load()
