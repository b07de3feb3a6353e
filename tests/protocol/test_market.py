"""The market: payments add up, sellers keep what had accrued, feedback cannot be bought below its cost."""

from fractions import Fraction

import pytest
from eth_account.messages import encode_typed_data
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st

from flock.protocol.core.commitments import Domain
from flock.protocol.market import signed_types
from flock.protocol.market.feedback import PaidFee, WeightRule, mean_score, weights
from flock.protocol.market.ownership import SplitterBooks
from flock.protocol.market.prices import Price, PriceView
from flock.protocol.market.signed_types import Correction, Rating, Receipt
from flock.protocol.market.splits import Split, makers_due
from tests.protocol.conftest import Cases

AMOUNTS = st.integers(0, 10**27)
SPLITS = st.builds(
    lambda fee, host, first, part: Split(fee, host, (first, (10_000 - first) * part // 100)),
    st.integers(100, 1_000),
    st.integers(0, 9_000),
    st.integers(0, 10_000),
    st.integers(0, 100),
)
RULE = WeightRule(floor=100, cap=10_000)
DOMAIN = Domain(31_337, "0x" + "11" * 20)
HOST, PAYER, TOKEN = ("0x" + digit * 40 for digit in "234")


@given(SPLITS, AMOUNTS, AMOUNTS)
def test_dues_never_exceed_what_was_paid_and_never_fall(split: Split, paid: int, more: int) -> None:
    before, after = split.dues(paid), split.dues(paid + more)
    assert paid - len(before) < sum(before) <= paid
    assert all(later >= earlier for earlier, later in zip(before, after, strict=True))


def test_a_split_is_that_of_an_exact_reading(cases: Cases) -> None:
    for case in cases("market", "split"):
        fee = -(-Fraction(case.paid * case.fee_bps, 10_000) // 1)
        net = case.paid - -int(-Fraction(case.paid * case.fee_bps, 10_000) // 1)
        assert case.fee == case.paid - net == -int(fee * -1)
        assert case.host == Fraction(net * case.host_bps, 10_000) // 1
        assert case.share == Fraction((net - case.host) * case.share_bps, 10_000) // 1


def test_makers_share_by_what_each_earned() -> None:
    assert [makers_due(100, earned, 40) for earned in (30, 10, 0)] == [75, 25, 0]


@given(SPLITS, st.lists(st.tuples(AMOUNTS, st.sampled_from("ab")), max_size=8))
def test_an_owner_gets_what_came_in_while_it_owned_whoever_asks_first(
    split: Split, paid: list[tuple[int, str]]
) -> None:
    books = SplitterBooks(split, "a")
    got = {"a": 0, "b": 0}
    for amount, owner in paid:
        books.paid += amount
        accrued = split.share(books.paid, split.owner_bps) - books.credited
        seller, before = books.holder, dict(books.owed)
        books.sync(owner)
        assert books.owed[seller] == before.get(seller, 0) + accrued
    for account in got:
        got[account] = books.release_owner(account, books.holder)
    assert sum(got.values()) == split.share(books.paid, split.owner_bps)


def test_a_payee_is_paid_once() -> None:
    books = SplitterBooks(Split(250, 2_000), "owner", paid=10_000)
    assert [books.release(0), books.release(1), books.release(1)] == [250, 1_950, 0]


# --- Prices ---


def test_a_quote_of_the_former_price_is_good_until_its_time_is_over() -> None:
    view = PriceView(Price(per_call=20), Price(per_call=10), honoured_until=1_000)
    assert view.honours(Price(per_call=10), 1_000)
    assert not view.honours(Price(per_call=10), 1_001)
    assert view.honours(Price(per_call=20), 1_001)
    assert not view.honours(Price(per_call=15), 1_000)


def test_a_call_is_rounded_up_to_the_next_unit() -> None:
    assert Price(per_call=5, per_input=1, per_output=3).of_call(1, 1) == 6
    assert Price(per_input=1_000_000).of_call(7) == 7


@pytest.mark.parametrize(("now", "cost"), [(1_000, 10), (1_001, 20)])
def test_a_subscription_costs_the_lower_price_while_both_are_good(now: int, cost: int) -> None:
    assert PriceView(Price(per_period=20), Price(per_period=10), 1_000).subscription(now) == cost
    assert PriceView(Price(), Price(), 0).subscription(now) == 0


# --- Feedback ---


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 5), st.integers(0, 30_000)), max_size=30))
def test_sybils_never_weigh_more_than_the_fees_they_lose(paid: list[tuple[str, int, int]]) -> None:
    """However a self-dealer splits its purchases over payers, days and payments."""
    found = weights(RULE, (PaidFee(*each) for each in paid))
    assert sum(found.values()) <= sum(fee for _, _, fee in paid)


def test_weight_begins_at_the_floor_grows_with_the_root_and_ends_at_the_cap() -> None:
    assert [RULE.weight(fees) for fees in (99, 100, 400, 10_000, 10**9)] == [0, 100, 200, 1_000, 1_000]


def test_payments_of_a_day_count_together() -> None:
    paid = [PaidFee("a", 1, 50), PaidFee("a", 1, 50), PaidFee("a", 2, 50)]
    assert weights(RULE, paid) == {("a", 1): 100, ("a", 2): 0}


def test_a_score_is_the_weighted_mean() -> None:
    assert mean_score([(100, 1), (0, 3)]) == 25
    assert mean_score([(100, 0)]) is None


# --- What is signed ---

RECEIPT = Receipt(
    *(7, b"\1" * 32, HOST, PAYER, TOKEN, 5, b"\2" * 32, 9, b"\3" * 32, b"\4" * 32, b"\5" * 32, 10, 20, 30)
)
RATING = Rating(b"\1" * 32, 90, bytes(32), b"\2" * 32, 30)
CORRECTION = Correction(b"\1" * 32, b"\2" * 32, b"\3" * 32, True, b"\4" * 32, 30)


@pytest.mark.parametrize(
    ("signed", "kind"),
    [
        (RECEIPT, signed_types.RECEIPT),
        (RATING, signed_types.RATING),
        (CORRECTION, signed_types.CORRECTION),
    ],
    ids=["receipt", "rating", "correction"],
)
def test_what_is_signed_is_what_any_wallet_signs(signed: Receipt | Rating | Correction, kind: str) -> None:
    name, _, inside = kind.rstrip(")").partition("(")
    fields = [dict(zip(("type", "name"), field.split(" "), strict=True)) for field in inside.split(",")]
    values = dict(zip((field["name"] for field in fields), vars(signed).values(), strict=True))
    message = encode_typed_data(DOMAIN.as_eip712(), {name: fields}, values)
    assert signed.digest_in(DOMAIN) == keccak(b"\x19\x01" + message.header + message.body)
