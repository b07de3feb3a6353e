"""What a call costs, and to whom it is paid: as the chain says, remembered for a few seconds.

A price that has just changed may be quoted for so long after the change, which is less than the time in which the
market honours quotes of the price before.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from x402.http.types import PaymentOption
from x402.schemas import AssetAmount, PaymentRequirements

from flock.chain.contracts.deployed import Contracts
from flock.chain.contracts.model_market import Version, VersionState
from flock.errors import BadConfig, ContractRefused
from flock.protocol.market.prices import Price, PriceView
from flock.web.errors import Conflict, Gone, NotFound

FRESH_SECONDS = 2.0
SCHEME = "exact"


@dataclass(frozen=True)
class PaymentToken:
    """A token that calls are paid in, with the EIP-712 domain that payers sign for."""

    address: str
    name: str
    version: str


@dataclass(frozen=True)
class Usage:
    """The most that a call may use, known before it runs."""

    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True)
class Listing:
    """A version as the chain has it at ``now``: its price in each token that it is sold for."""

    version: int
    stored: Version
    splitter: str
    is_served: bool
    prices: tuple[tuple[PaymentToken, PriceView], ...]
    now: int


class Listings:
    """The versions that one host serves, read from the chain by whoever asks first after ``FRESH_SECONDS``."""

    def __init__(self, contracts: Contracts, host: str, tokens: Sequence[PaymentToken]) -> None:
        self.host = host
        self._contracts = contracts
        self._tokens = tokens
        self._read_at: dict[int, tuple[float, Listing]] = {}
        self._locks: dict[int, threading.Lock] = {}
        self.quote_seconds = int(contracts.model_market.read("quoteSeconds"))

    def of(self, version: int) -> Listing:
        """Waits for the chain, if it was not asked lately. Raises RpcUnavailable."""
        with self._locks.setdefault(version, threading.Lock()):
            read = self._read_at.get(version)
            if read is None or time.monotonic() - read[0] > FRESH_SECONDS:
                read = self._read_at[version] = (time.monotonic(), self._listing(version))
            return read[1]

    def peek(self, version: int) -> Listing | None:
        """What is remembered, if it is fresh."""
        read = self._read_at.get(version)
        return read[1] if read and time.monotonic() - read[0] <= FRESH_SECONDS else None

    def _listing(self, version: int) -> Listing:
        market = self._contracts.model_market
        prices = ((token, market.price_of(version, token.address)) for token in self._tokens)
        return Listing(
            version,
            market.version_of(version),
            market.splitter_of(version, self.host).address,
            market.is_served(version, self.host),
            tuple(prices),
            self._contracts.client.now(),
        )


class Quotes:
    """Quotes for calls, issued and recognised."""

    def __init__(self, listings: Listings, network: str) -> None:
        self._listings = listings
        self._network = network
        self._payees: set[str] = set()

    def options(self, listing: Listing, usage: Usage, offered: int | None = None) -> list[PaymentOption]:
        """One for each token. Where ``offered`` is what the price before came to, and that is honoured, it is quoted.

        Raises NotFound, Gone or Conflict for a version that cannot be bought.
        """
        _require_sold(listing)
        self._payees.add(listing.splitter)
        options = [
            self._option(listing, token, amount)
            for token, view in listing.prices
            if (amount := _amount(view, usage, offered, listing.now))
        ]
        if not options:
            raise NotFound(
                f"Version {listing.version} has no price in a token that this host takes: ask its owner to set one."
            )
        return options

    def is_issued(self, requirements: PaymentRequirements) -> bool:
        """Whether it pays a splitter of this host, on this chain."""
        return requirements.network == self._network and requirements.pay_to in self._payees

    def recognise(self, listing: Listing) -> None:
        """Also quotes that a process before this one issued."""
        self._payees.add(listing.splitter)

    def _option(self, listing: Listing, token: PaymentToken, amount: int) -> PaymentOption:
        domain = {"name": token.name, "version": token.version}
        return PaymentOption(
            scheme=SCHEME,
            pay_to=listing.splitter,
            price=AssetAmount(amount=str(amount), asset=token.address, extra=domain),
            network=self._network,
            max_timeout_seconds=self._listings.quote_seconds,
        )


def payment_token(contracts: Contracts, address: str) -> PaymentToken:
    """A token with ERC-3009, by its own EIP-712 domain (ERC-5267), or else by name() and version().

    Raises BadConfig if the market does not list it.
    """
    if not contracts.model_market.read("isListed", address):
        raise BadConfig(
            f"The market does not list the token {address}: leave it out of `tokens`, or propose it "
            f"(`flock gov propose call model_market setToken {address} true`)."
        )
    token = contracts.client.w3.eth.contract(address, abi=DOMAIN_ABI)  # type: ignore[call-overload]
    try:
        domain = token.functions.eip712Domain().call()
        return PaymentToken(address, domain[1], domain[2])
    except ContractRefused:
        return PaymentToken(address, _text(token.functions.name), _text(token.functions.version, "1"))


def _text(function: Callable[..., object], otherwise: str | None = None) -> str:
    try:
        return str(function().call())  # type: ignore[attr-defined]
    except ContractRefused:
        if otherwise is None:
            raise
        return otherwise


def _amount(view: PriceView, usage: Usage, offered: int | None, now: int) -> int:
    former = view.former.of_call(usage.input_tokens, usage.output_tokens)
    if offered and offered == former and view.honours(view.former, now):
        return former
    return view.current.of_call(usage.input_tokens, usage.output_tokens) if _is_sold(view.current) else 0


def _is_sold(price: Price) -> bool:
    return replace(price, per_period=0) != Price()


def _require_sold(listing: Listing) -> None:
    match listing.stored.state:
        case VersionState.RETIRED:
            raise Gone(f"Version {listing.version} is retired: its owner sells it no more.")
        case VersionState.CONTESTED:
            raise Conflict(f"Version {listing.version} is contested, and is not sold until that is decided.")
    if not listing.is_served:
        raise Gone(f"This host serves version {listing.version} no more: find another host of it.")


_VIEW = {"type": "function", "stateMutability": "view", "inputs": []}
DOMAIN_ABI = [
    {**_VIEW, "name": name, "outputs": [{"name": "", "type": kind} for kind in kinds]}
    for name, kinds in (
        ("eip712Domain", ("bytes1", "string", "string", "uint256", "address", "bytes32", "uint256[]")),
        ("name", ("string",)),
        ("version", ("string",)),
    )
]
