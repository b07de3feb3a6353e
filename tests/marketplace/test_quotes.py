"""What a call is quoted: prices of now, and for a while those of before."""

from dataclasses import replace
from typing import cast

import pytest
from x402.http.types import PaymentOption
from x402.schemas import AssetAmount, PaymentRequirements

from flock.chain.contracts.model_market import Version, VersionState
from flock.errors import FlockError
from flock.marketplace.gate.quotes import Listing, Listings, PaymentToken, Quotes, Usage
from flock.protocol.market.prices import Price, PriceView
from flock.web.errors import Conflict, Gone, NotFound

NETWORK = "eip155:31337"
FLOCK = PaymentToken("0x" + "F0" * 20, "FLOCK", "1")
USDC = PaymentToken("0x" + "C0" * 20, "USD Coin", "2")
SPLITTER = "0x" + "5A" * 20
NOW, HONOURED = 1_000, 1_100
STORED = Version(1, 0, 1, 1, 1, 250, 2_000, 0, VersionState.LISTED, b"\1" * 32, b"\2" * 32)
VIEW = PriceView(Price(per_call=20), Price(per_call=10), HONOURED)
LISTING = Listing(7, STORED, SPLITTER, is_served=True, prices=((FLOCK, VIEW),), now=NOW)


class ListingsOfTheTest:
    quote_seconds = 300


@pytest.fixture
def quotes() -> Quotes:
    return Quotes(cast(Listings, ListingsOfTheTest()), NETWORK)


def amounts(options: list[PaymentOption]) -> list[str]:
    return [option.price.amount for option in options if isinstance(option.price, AssetAmount)]


def test_who_does_not_offer_anything_is_quoted_the_price_of_now(quotes: Quotes) -> None:
    [option] = quotes.options(LISTING, Usage())
    assert (amounts([option]), option.pay_to, option.max_timeout_seconds) == (["20"], SPLITTER, 300)


def test_a_price_of_before_is_good_as_long_as_the_market_says(quotes: Quotes) -> None:
    assert amounts(quotes.options(LISTING, Usage(), offered=10)) == ["10"]
    assert amounts(quotes.options(replace(LISTING, now=HONOURED), Usage(), offered=10)) == ["10"]
    assert amounts(quotes.options(replace(LISTING, now=HONOURED + 1), Usage(), offered=10)) == ["20"]
    assert amounts(quotes.options(LISTING, Usage(), offered=11)) == ["20"]


def test_a_price_of_nothing_is_never_honoured(quotes: Quotes) -> None:
    first = replace(LISTING, prices=((FLOCK, PriceView(Price(per_call=20), Price(), HONOURED)),))
    assert amounts(quotes.options(first, Usage(), offered=0)) == ["20"]


def test_what_a_call_may_use_is_in_its_price(quotes: Quotes) -> None:
    view = PriceView(Price(per_call=1, per_input=1_000_000, per_output=3_000_000), Price(), 0)
    assert amounts(quotes.options(replace(LISTING, prices=((FLOCK, view),)), Usage(5, 7))) == [
        str(1 + 5 + 21)
    ]


def test_only_tokens_that_it_is_sold_for_are_offered(quotes: Quotes) -> None:
    unsold = PriceView(Price(per_period=9), Price(), 0)
    both = replace(LISTING, prices=((FLOCK, VIEW), (USDC, unsold)))
    assert len(quotes.options(both, Usage())) == 1
    with pytest.raises(NotFound, match="no price in a token"):
        quotes.options(replace(LISTING, prices=((USDC, unsold),)), Usage())


@pytest.mark.parametrize(
    ("listing", "refusal"),
    [
        (replace(LISTING, stored=replace(STORED, state=VersionState.RETIRED)), Gone),
        (replace(LISTING, stored=replace(STORED, state=VersionState.CONTESTED)), Conflict),
        (replace(LISTING, is_served=False), Gone),
    ],
    ids=["retired", "contested", "not served here"],
)
def test_what_is_not_sold_is_not_quoted(quotes: Quotes, listing: Listing, refusal: type[FlockError]) -> None:
    with pytest.raises(refusal):
        quotes.options(listing, Usage(), offered=20)


def test_only_what_pays_a_splitter_of_this_host_counts_as_issued(quotes: Quotes) -> None:
    issued = PaymentRequirements(
        scheme="exact",
        network=NETWORK,
        asset=FLOCK.address,
        amount="20",
        pay_to=SPLITTER,
        max_timeout_seconds=300,
    )
    assert not quotes.is_issued(issued)
    quotes.options(LISTING, Usage())
    assert quotes.is_issued(issued)
    assert not quotes.is_issued(issued.model_copy(update={"pay_to": FLOCK.address}))
    assert not quotes.is_issued(issued.model_copy(update={"network": "eip155:1"}))
