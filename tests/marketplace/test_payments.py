"""The book of payments, on both kinds of database: who comes first, what a killed gate leaves, what is forgotten."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from x402.schemas import PaymentPayload, PaymentRequirements

from flock.marketplace.gate.authorisations import Authorisation
from flock.marketplace.gate.payments import (
    FORGOTTEN_SECONDS,
    Answered,
    Busy,
    Call,
    Keeping,
    Paid,
    Payments,
    Reserved,
    Spent,
)
from flock.marketplace.gate.receipts import SignedReceipt
from flock.protocol.market.signed_types import Receipt
from flock.store.database import Database

KEEPING = Keeping(call=100, answer=1_000)
REQUIRED = PaymentRequirements(
    scheme="exact", network="eip155:31337", asset="0xT", amount="5", pay_to="0xS", max_timeout_seconds=300
)
PAYLOAD = PaymentPayload(payload={}, accepted=REQUIRED)
SIGNED = Authorisation(PAYLOAD, "0xT", "0xA", "0xS", 5, 0, 9, b"\1" * 32)
ANEW = replace(SIGNED, nonce=b"\2" * 32)
CALL = Call(7, 5, b"\3" * 32, {})
RECEIPT = Receipt(7, b"\1", "0xH", "0xA", "0xT", 5, b"\2", 0, b"\3", b"\4", b"\5", 0, 0, 1)
OTHER = replace(CALL, request=b"\4" * 32)


class Gates:
    """Two gates on one database, and their clock."""

    def __init__(self, database: Database) -> None:
        self.now = 10_000
        self.one, self.two = (
            Payments(database, 31337, name, lambda: self.now, KEEPING) for name in ("one", "two")
        )


@pytest.fixture
def gates(either_database: Database) -> Gates:
    return Gates(either_database)


def reserved(payments: Payments, signed: Authorisation = SIGNED, call: Call = CALL) -> Reserved:
    found = payments.reserve(signed, call)
    assert isinstance(found, Reserved)
    return found


def test_of_many_at_two_gates_one_is_first(gates: Gates) -> None:
    with ThreadPoolExecutor(8) as threads:
        tries = [threads.submit((gates.one, gates.two)[n % 2].reserve, SIGNED, CALL) for n in range(8)]
        found = [type(each.result()) for each in tries]
    assert sorted(kind.__name__ for kind in found) == ["Busy"] * 7 + ["Reserved"]


def test_what_was_released_can_be_used_for_anything(gates: Gates) -> None:
    gates.one.release(reserved(gates.one).row)
    reserved(gates.two, call=OTHER)


def test_an_answer_is_for_its_request_only_and_goes_through_every_state(gates: Gates) -> None:
    row = reserved(gates.one).row
    gates.one.answer(row, "text/plain", b"answer")
    assert isinstance(gates.two.reserve(SIGNED, CALL), Busy)
    gates.one.drop(row)
    assert isinstance(gates.two.reserve(SIGNED, OTHER), Spent)
    assert isinstance(gates.two.reserve(ANEW, CALL), Answered)
    gates.two.settle(row, "0xhash")
    gates.two.deliver(row)
    again = gates.one.reserve(SIGNED, CALL)
    assert isinstance(again, Paid)
    assert (again.row.body, again.row.transaction) == (b"answer", "0xhash")
    reserved(gates.one, ANEW)  # it was delivered: the same words are a new call


def test_what_is_paid_is_never_released(gates: Gates) -> None:
    row = reserved(gates.one).row
    gates.one.answer(row, "text/plain", b"answer")
    gates.one.settle(row, "0xhash")
    gates.one.release(row)
    gates.one.drop(row)
    assert isinstance(gates.one.reserve(ANEW, CALL), Paid)


def test_a_gate_that_starts_again_touches_only_what_was_its_own(gates: Gates) -> None:
    mine, theirs = reserved(gates.one).row, reserved(gates.two, ANEW, OTHER).row
    gates.two.recover()
    assert isinstance(gates.one.reserve(SIGNED, CALL), Busy)
    gates.one.answer(mine, "text/plain", b"answer")
    gates.one.recover()
    assert isinstance(gates.one.reserve(replace(SIGNED, nonce=b"\5" * 32), CALL), Answered)
    assert theirs.nonce == reserved(gates.two, ANEW, OTHER).row.nonce


def test_a_call_whose_gate_never_came_back_is_taken_over(gates: Gates) -> None:
    reserved(gates.one)
    gates.now += KEEPING.call
    reserved(gates.two)
    assert isinstance(gates.one.reserve(SIGNED, CALL), Busy)


def test_an_answer_whose_gate_went_away_is_free_for_who_signs_anew(gates: Gates) -> None:
    row = reserved(gates.one).row
    gates.one.answer(row, "text/plain", b"answer")
    gates.one.settle(row, "0xhash")
    gates.now += KEEPING.call
    gates.two.tidy()
    assert isinstance(gates.two.reserve(ANEW, CALL), Paid)


def test_a_stream_is_given_again_once_dropped_and_not_once_delivered(gates: Gates) -> None:
    row = reserved(gates.one).row
    gates.one.answer(row, "text/event-stream")
    gates.one.settle(row, "0xhash")
    gates.one.drop(row)
    again = reserved(gates.one, ANEW)
    assert (again.is_paid, again.row.nonce) == (True, SIGNED.nonce)
    gates.one.deliver(again.row)
    assert isinstance(gates.one.reserve(SIGNED, CALL), Spent)


def test_answers_are_forgotten_later_their_rows_and_receipts_never(gates: Gates) -> None:
    receipt = SignedReceipt(RECEIPT, b"\6" * 32, b"\7")
    for signed, call in ((SIGNED, CALL), (ANEW, OTHER)):
        row = reserved(gates.one, signed, call).row
        gates.one.answer(row, "text/plain", b"answer")
        gates.one.settle(row, "0xhash")
        gates.one.deliver(row)
    gates.one.settle_with_receipt(row, "0xhash", receipt, {})
    gates.now += KEEPING.call + KEEPING.answer
    gates.one.tidy()
    assert isinstance(gates.one.reserve(SIGNED, CALL), Spent)
    gates.now += FORGOTTEN_SECONDS
    gates.one.tidy()
    assert isinstance(gates.one.reserve(ANEW, OTHER), Spent)
    reserved(gates.one)  # which the chain refuses
    assert gates.one.receipt(b"\6" * 32) == receipt.as_json()
    assert gates.one.receipt(b"\7" * 32) is None
