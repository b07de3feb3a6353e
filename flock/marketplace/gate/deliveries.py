"""Handing out what was paid for, and noticing whether it arrived."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import Protocol

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from flock.errors import FlockError
from flock.log import logger
from flock.marketplace.gate.departures import Departed, Departure
from flock.marketplace.gate.models import PaymentRow
from flock.marketplace.gate.orders import Stream
from flock.marketplace.gate.payments import Payments
from flock.marketplace.gate.quotes import Usage
from flock.marketplace.gate.receipts import SignedReceipt, header_of

DONE = b"data: [DONE]\n\n"


class Receipts(Protocol):
    async def sign(self, response: bytes, used: Usage) -> SignedReceipt:
        """The receipt of what was streamed: its SHA-256 without the last line, and what it used."""
        ...


class Delivery(Response):
    """The kept answer of a payment."""

    def __init__(self, payments: Payments, row: PaymentRow, departure: Departure, threads: Executor) -> None:
        super().__init__(row.body, headers=row.headers)
        self._book = _Book(payments, row, departure, threads)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_sent = False
        try:
            await super().__call__(scope, receive, send)
            is_sent = True
        finally:
            await self._book.close(is_done=is_sent and not self._book.has_departed)


class StreamDelivery(Response):
    """A stream that is paid for. If it ends early, whoever paid gets it again for nothing.

    Who hangs up twice has had it: with ``is_again``, this is the second time.
    """

    def __init__(
        self,
        payments: Payments,
        row: PaymentRow,
        departure: Departure,
        threads: Executor,
        headers: Mapping[str, str],
        stream: Stream,
        receipts: Receipts,
        *,
        is_again: bool,
    ) -> None:
        super().__init__(headers=headers)
        del self.headers["content-length"]
        self._is_again = is_again
        self._book = _Book(payments, row, departure, threads)
        self._departure = departure
        self._stream = stream
        self._receipts = receipts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI
        is_done = False
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await self._pass_on(send)
            is_done = True
        except Departed:
            is_done = self._is_again
        except FlockError as problem:
            logger().warning("stream_broken_off", reason=str(problem))
            note = b": the stream broke off; repeat the request with the same payment, free\n\n"
            await _send(send, note, more=False)
        finally:
            await self._stream.close()
            await self._book.close(is_done=is_done)

    async def _pass_on(self, send: Send) -> None:
        hashed = hashlib.sha256(self._stream.first)
        await _send(send, self._stream.first, more=True)
        while (piece := await self._departure.unless_gone(_next(self._stream))) is not None:
            hashed.update(piece)
            await _send(send, piece, more=True)
        signed = await self._receipts.sign(hashed.digest(), self._stream.usage)
        last = f": receipt {header_of(signed.as_json())}\n\n".encode() + DONE
        await _send(send, last, more=False)


class _Book:
    """Writes down how a delivery ended."""

    def __init__(self, payments: Payments, row: PaymentRow, departure: Departure, threads: Executor) -> None:
        self._payments = payments
        self._row = row
        self._departure = departure
        self._threads = threads

    @property
    def has_departed(self) -> bool:
        return self._departure.has_happened

    async def close(self, *, is_done: bool) -> None:
        await self._departure.end()
        change: Callable[[PaymentRow], None] = self._payments.deliver if is_done else self._payments.drop
        await asyncio.get_running_loop().run_in_executor(self._threads, change, self._row)


async def _next(stream: Stream) -> bytes | None:
    return await anext(stream.rest, None)


async def _send(send: Send, body: bytes, *, more: bool) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": more})
