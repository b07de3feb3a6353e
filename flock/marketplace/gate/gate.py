"""The gate: no answer leaves before it is paid for, and no payment is taken twice or for nothing.

signature → quote → reserve → verify → run → settle → deliver. What can fail before the settlement releases the
authorisation; what is not known after it keeps the answer for who comes back (docs/market-host.md).
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response
from x402.extensions.payment_identifier import extract_payment_identifier
from x402.schemas import PaymentPayload, PaymentRequirements

from flock.marketplace.gate.authorisations import HEADER, Authorisation, parse_header
from flock.marketplace.gate.checkout import Checkout, Resource, in_words
from flock.marketplace.gate.deliveries import Delivery, StreamDelivery
from flock.marketplace.gate.departures import Departed, Departure
from flock.marketplace.gate.models import PaymentRow
from flock.marketplace.gate.orders import Answer, Order, Stream
from flock.marketplace.gate.payments import Answered, Busy, Call, Paid, Payments, Reserved, Spent
from flock.marketplace.gate.problems import SettlementUnknown
from flock.marketplace.gate.quotes import Listing, Listings, Quotes, Usage
from flock.marketplace.gate.receipting import Pen, Sold
from flock.marketplace.gate.receipts import SignedReceipt
from flock.marketplace.gate.settling import Facilitator, Settled
from flock.protocol.core.cid import digest_of
from flock.web.errors import Conflict, InProgress, UpstreamFailed

Result = TypeVar("Result")
CLIENT_CLOSED = 499
"""Nobody reads it; nginx's number for it."""


@dataclass(frozen=True)
class Counter:
    """What a gate sells with: its book, prices, facilitator, pen, public URL, and threads that may wait."""

    payments: Payments
    listings: Listings
    quotes: Quotes
    facilitator: Facilitator
    pen: Pen
    url: str
    threads: Executor


@dataclass(frozen=True)
class Purchase:
    """A call, who pays for it and how."""

    order: Order
    listing: Listing
    checkout: Checkout
    authorisation: Authorisation
    requirements: PaymentRequirements


class Gate:
    """Sells orders over one counter."""

    def __init__(self, counter: Counter, call_seconds: float) -> None:
        self._counter = counter
        self._call_seconds = call_seconds

    async def sell(self, request: Request, order: Order) -> Response:
        """The answer, or what is in its way. Raises FlockError for what is not about the payment."""
        header = request.headers.get(HEADER)
        authorisation = parse_header(header) if header is not None else None
        listing = self._counter.listings.peek(order.version)
        if listing is None:
            listing = await self._in_thread(lambda: self._counter.listings.of(order.version))
        checkout = self._checkout(order, listing, authorisation, header)
        if authorisation is None:
            return await checkout.quote()
        requirements = checkout.match(authorisation.payload)
        if requirements is None or int(requirements.amount) != authorisation.value:
            return await checkout.quote(
                "The payment is for none of what this call can be paid by: another amount, token, payee, network or "
                "time. Sign one of the payments in PAYMENT-REQUIRED. Nothing was charged."
            )
        if not authorisation.is_signed(self._counter.pen.domain.chain_id, requirements):
            return await checkout.quote(
                "The signature in the payment is not the payer's: sign the authorisation for this chain and token "
                "with the payer's own key. Nothing was charged."
            )
        departure = Departure(request.receive)
        try:
            return await self._sell(
                Purchase(order, listing, checkout, authorisation, requirements), departure
            )
        except BaseException:
            await departure.end()
            raise

    def _checkout(
        self, order: Order, listing: Listing, authorisation: Authorisation | None, header: str | None
    ) -> Checkout:
        offered = authorisation.value if authorisation else None
        options = self._counter.quotes.options(listing, order.most, offered)
        resource = Resource(
            self._counter.url + order.path, order.path, f"One call of {order.model}, version {order.version}"
        )
        return Checkout(self._counter.facilitator, options, resource, header)

    async def _sell(self, purchase: Purchase, departure: Departure) -> Response:
        payments, call = self._counter.payments, _call_of(purchase)
        found = await self._in_thread(lambda: payments.reserve(purchase.authorisation, call))
        if isinstance(found, Answered):
            kept = found.row
            ended = await self._in_thread(lambda: end(self._counter.facilitator, kept))
            if ended.transaction is not None or ended.is_unknown:
                return await self._finish(purchase, kept, ended, departure)
            await self._in_thread(lambda: payments.release(kept))  # nothing was paid: this is a new call
            found = await self._in_thread(lambda: payments.reserve(purchase.authorisation, call))
        match found:
            case Reserved(row=row, is_paid=is_paid):
                return await self._run(purchase, row, departure, is_paid=is_paid)
            case Paid(row=row):
                return await self._finish(purchase, row, Settled(row.transaction), departure)
            case Busy() | Answered():
                raise InProgress(
                    "A call with this payment is being answered: repeat the request in a second, and get that answer."
                )
            case Spent():
                raise Conflict(
                    "The authorisation, or its payment identifier, was used for another call, or for one whose "
                    "answer is not kept any more: sign a new authorisation. Nothing was charged now."
                )

    async def _run(
        self, purchase: Purchase, row: PaymentRow, departure: Departure, *, is_paid: bool
    ) -> Response:
        payments = self._counter.payments
        try:
            refusal = None if is_paid else await departure.unless_gone(purchase.checkout.verify())
            if refusal is not None:
                await self._in_thread(lambda: payments.release(row))
                await departure.end()
                return refusal
            answer = await departure.unless_gone(self._computed(purchase.order))
        except Departed:
            change = payments.deliver if is_paid else payments.release  # a stream is given again once
            await self._in_thread(lambda: change(row))
            return Response(status_code=CLIENT_CLOSED)
        except BaseException:
            await self._let_go(row, is_paid=is_paid)
            raise
        if is_paid:
            return await self._finish(
                purchase, row, Settled(row.transaction), departure, answer, is_again=True
            )
        return await self._charged(purchase, row, departure, answer)

    async def _charged(
        self, purchase: Purchase, row: PaymentRow, departure: Departure, answer: Answer | Stream
    ) -> Response:
        """From here on the payer may have paid: whatever fails, the answer is its own."""
        payments = self._counter.payments
        body, used = (answer.body, answer.usage) if isinstance(answer, Answer) else (None, Usage())
        try:
            await self._in_thread(lambda: payments.answer(row, answer.content_type, body, used))
            settled = await self._charge(purchase, row, departure)
            return await self._finish(purchase, row, settled, departure, answer)
        except SettlementUnknown:
            raise
        except BaseException:
            if isinstance(answer, Stream):
                await answer.close()
            await self._in_thread(lambda: payments.drop(row))
            raise

    async def _charge(self, purchase: Purchase, row: PaymentRow, departure: Departure) -> Settled:
        """Settle, whoever is there. If the payer hangs up meanwhile and asks anew, it must not pay anew."""
        settling = asyncio.ensure_future(
            purchase.checkout.settle(purchase.authorisation, purchase.requirements)
        )
        if await departure.comes_before(settling):
            await self._in_thread(lambda: self._counter.payments.abandon(row))
        return await settling

    async def _computed(self, order: Order) -> Answer | Stream:
        try:
            async with asyncio.timeout(self._call_seconds):
                return await order.run()
        except TimeoutError:
            raise UpstreamFailed(
                f"{order.model} did not answer within {self._call_seconds:g} seconds. Nothing was charged: ask for "
                "less, or another host."
            ) from None

    async def _let_go(self, row: PaymentRow, *, is_paid: bool) -> None:
        """It was not answered: nothing is charged, and what had been paid stays owed."""
        change = self._counter.payments.drop if is_paid else self._counter.payments.release
        await self._in_thread(lambda: change(row))

    async def _finish(
        self,
        purchase: Purchase,
        row: PaymentRow,
        settled: Settled,
        departure: Departure,
        answer: Answer | Stream | None = None,
        *,
        is_again: bool = False,
    ) -> Response:
        """Hand the answer out, if it is paid for; without ``answer``, the one that is kept."""
        payments = self._counter.payments
        transaction = settled.transaction
        if transaction is None:
            if isinstance(answer, Stream):
                await answer.close()
            return await self._unpaid(purchase, row, settled, departure)
        if isinstance(answer, Stream):
            await self._in_thread(lambda: payments.settle(row, transaction))
            headers = self._counter.pen.headers(row, transaction, answer.content_type)
            receipts = _StreamReceipts(self, purchase, row)
            return StreamDelivery(
                payments, row, departure, self._counter.threads, headers, answer, receipts, is_again=is_again
            )
        if row.receipt is None:
            used = Usage(row.input_tokens, row.output_tokens)
            await self.settle_with_receipt(purchase, row, transaction, digest_of(row.body or b""), used)
        return Delivery(payments, row, departure, self._counter.threads)

    async def _unpaid(
        self, purchase: Purchase, row: PaymentRow, settled: Settled, departure: Departure
    ) -> Response:
        await departure.end()
        if settled.is_unknown:
            await self._in_thread(lambda: self._counter.payments.drop(row))
            raise SettlementUnknown(
                "The payment was signed for and is not known to be made. Repeat the request with the same payment: "
                "the answer is kept for you, and you are not charged twice."
            )
        await self._in_thread(lambda: self._counter.payments.release(row))
        return await purchase.checkout.quote(
            f"The payment was not made: {in_words(settled.reason)}. Nothing was charged; sign a new one."
        )

    async def settle_with_receipt(
        self, purchase: Purchase, row: PaymentRow, transaction: str, response: bytes, used: Usage
    ) -> SignedReceipt:
        """Sign what was answered, and keep it with the payment."""
        pen, sold = self._counter.pen, Sold(purchase.listing.stored.digest, purchase.order.runtime)
        receipt = pen.receipt(row, sold, response, used)
        content_type = (row.headers or {}).get("content-type", "application/json")
        headers = pen.headers(row, transaction, content_type, receipt)
        await self._in_thread(
            lambda: self._counter.payments.settle_with_receipt(row, transaction, receipt, headers)
        )
        return receipt

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._counter.threads, work)


def end(facilitator: Facilitator, row: PaymentRow) -> Settled:
    """Settle what a row promises; waits for the chain."""
    payload = PaymentPayload.model_validate(row.payload)
    return facilitator.end(payload, PaymentRequirements.model_validate(row.requirements))


@dataclass(frozen=True)
class _StreamReceipts:
    """Signs the receipt of a stream, once it is known what was streamed."""

    gate: Gate
    purchase: Purchase
    row: PaymentRow

    async def sign(self, response: bytes, used: Usage) -> SignedReceipt:
        transaction = self.row.transaction or ""
        return await self.gate.settle_with_receipt(self.purchase, self.row, transaction, response, used)


def _call_of(purchase: Purchase) -> Call:
    return Call(
        purchase.order.version,
        purchase.authorisation.value,
        purchase.order.request,
        purchase.requirements.model_dump(by_alias=True, exclude_none=True),
        extract_payment_identifier(purchase.authorisation.payload),
    )
