"""The book of payments: an authorisation pays for one call, an answer that is paid for is handed out once it is asked
for again, and nobody is charged twice.

Every change is one short writing session; the database lets one in at a time, so that of calls that come together
with one authorisation one is served.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from flock.marketplace.gate.authorisations import Authorisation
from flock.marketplace.gate.models import PaymentRow, PaymentState
from flock.marketplace.gate.quotes import Usage
from flock.marketplace.gate.receipts import SignedReceipt
from flock.store.database import Database

NOTHING = Usage()
FORGOTTEN_SECONDS = 86_400
"""Rows are kept for so long after their answers; by then authorisations have ended, or the chain knows them."""


@dataclass(frozen=True)
class Call:
    """What an authorisation is to pay for: ``request`` is the digest of what is asked of ``version``."""

    version: int
    amount: int
    request: bytes
    requirements: Mapping[str, object]
    identifier: str | None = None


@dataclass(frozen=True)
class Reserved:
    """The call is to be run; with ``is_paid`` for nothing, as it was paid for and its answer never arrived."""

    row: PaymentRow
    is_paid: bool = False


@dataclass(frozen=True)
class Answered:
    """There is an answer, and it is not known to be paid for."""

    row: PaymentRow


@dataclass(frozen=True)
class Paid:
    """There is an answer that is paid for."""

    row: PaymentRow


@dataclass(frozen=True)
class Busy:
    """A call with this authorisation is running."""


@dataclass(frozen=True)
class Spent:
    """The authorisation, or the identifier, belongs to another call, or its answer is not kept any more."""


Found = Reserved | Answered | Paid | Busy | Spent


@dataclass(frozen=True)
class Keeping:
    """Seconds: how long a call may take, and how long its answer is kept."""

    call: int = 120
    answer: int = 600


class Payments:
    """The payments of one chain; ``gate`` names who works on a row, for what a killed process leaves."""

    def __init__(
        self, database: Database, chain: int, gate: str, clock: Callable[[], int], keeping: Keeping
    ) -> None:
        self._database = database
        self._chain = chain
        self._gate = gate
        self._clock = clock
        self._keeping = keeping

    def reserve(self, authorisation: Authorisation, call: Call) -> Found:
        """Take the authorisation for ``call``, or what there is of an earlier try."""
        now = self._clock()
        with self._database.writing() as session:
            row = self._find(session, authorisation, call, now)
            if row is None:
                row = self._new(authorisation, call, now)
                session.add(row)
                return Reserved(row)
            if row.request != call.request or row.version != call.version:
                return Spent()
            return self._again(row, now)

    def answer(
        self, row: PaymentRow, content_type: str, body: bytes | None = None, used: Usage = NOTHING
    ) -> None:
        """Keep the answer, before it is charged for; a stream has none to keep."""
        self._change(
            row,
            state=PaymentState.ANSWERED,
            headers={"content-type": content_type},
            body=body,
            input_tokens=used.input_tokens,
            output_tokens=used.output_tokens,
        )

    def settle(self, row: PaymentRow, transaction: str) -> None:
        """It is paid, by ``transaction``."""
        self._change(row, state=PaymentState.SETTLED, transaction=transaction)

    def settle_with_receipt(
        self, row: PaymentRow, transaction: str, receipt: SignedReceipt, headers: Mapping[str, str]
    ) -> None:
        """It is paid, and goes out with ``headers``."""
        filed = {"receipt_id": receipt.id, "receipt": dict(receipt.as_json()), "headers": dict(headers)}
        self._change(row, state=PaymentState.SETTLED, transaction=transaction, **filed)

    def deliver(self, row: PaymentRow) -> None:
        """The answer was sent in full."""
        self._change(row, is_delivered=True, is_dropped=False, busy_until=0)

    def abandon(self, row: PaymentRow) -> None:
        """Whoever asked has gone while the answer is charged for: who asks anew is to wait for that."""
        self._change(row, is_dropped=True)

    def drop(self, row: PaymentRow) -> None:
        """Whoever asked has gone, or was told to come back: the answer is free for the next one of this payer."""
        self._change(row, is_dropped=True, busy_until=0, kept_until=self._clock() + self._keeping.answer)

    def release(self, row: PaymentRow) -> None:
        """Nothing was charged, and nothing handed out: the authorisation is as good as new."""
        with self._database.writing() as session:
            session.execute(_only(delete(PaymentRow), row).where(PaymentRow.state != PaymentState.SETTLED))

    def receipt(self, receipt_id: bytes) -> Mapping[str, str] | None:
        """The signed receipt of that digest."""
        with self._database.reading() as session:
            query = select(PaymentRow.receipt).where(PaymentRow.receipt_id == receipt_id)
            return session.scalar(query)

    def unsettled(self) -> list[PaymentRow]:
        """Answers of this gate that are not known to be paid for, and that nobody works on."""
        now = self._clock()
        with self._database.reading() as session:
            query = select(PaymentRow).where(
                PaymentRow.chain == self._chain,
                PaymentRow.gate == self._gate,
                PaymentRow.state == PaymentState.ANSWERED,
                PaymentRow.busy_until <= now,
            )
            return list(session.scalars(query))

    def recover(self) -> None:
        """What the process before this one left: calls that ran are as never begun, answers wait for who asks."""
        mine = (PaymentRow.chain == self._chain, PaymentRow.gate == self._gate)
        kept = self._clock() + self._keeping.answer
        with self._database.writing() as session:
            session.execute(delete(PaymentRow).where(*mine, PaymentRow.state == PaymentState.RESERVED))
            session.execute(
                update(PaymentRow)
                .where(*mine, PaymentRow.is_delivered.is_(False), PaymentRow.busy_until > 0)
                .values(is_dropped=True, busy_until=0, kept_until=kept)
            )

    def tidy(self) -> None:
        """Forget answers that are not kept any more, later their rows, and calls whose process never came back."""
        now = self._clock()
        old, gone = PaymentRow.kept_until <= now, PaymentRow.kept_until <= now - FORGOTTEN_SECONDS
        with self._database.writing() as session:
            session.execute(
                update(PaymentRow)
                .where(PaymentRow.chain == self._chain, PaymentRow.state != PaymentState.RESERVED)
                .where(PaymentRow.busy_until <= now, PaymentRow.busy_until > 0, ~PaymentRow.is_delivered)
                .values(is_dropped=True, busy_until=0)  # their gate went away amid them
            )
            session.execute(
                update(PaymentRow)
                .where(PaymentRow.chain == self._chain, old, PaymentRow.state == PaymentState.SETTLED)
                .where(or_(PaymentRow.body.is_not(None), PaymentRow.is_dropped))
                .values(body=None, headers=None, is_dropped=False)
            )
            session.execute(
                delete(PaymentRow).where(
                    PaymentRow.chain == self._chain,
                    or_(
                        gone & PaymentRow.receipt_id.is_(None),
                        (PaymentRow.state == PaymentState.RESERVED) & (PaymentRow.busy_until <= now),
                    ),
                )
            )

    def _find(
        self, session: Session, authorisation: Authorisation, call: Call, now: int
    ) -> PaymentRow | None:
        """The row of this authorisation, of this identifier, or of an answer that never reached this payer."""
        key = (self._chain, authorisation.token, authorisation.payer, authorisation.nonce)
        row = session.get(PaymentRow, key)
        theirs = select(PaymentRow).where(
            PaymentRow.chain == self._chain,
            PaymentRow.payer == authorisation.payer,
            PaymentRow.kept_until > now,
        )
        if row is None and call.identifier is not None:
            row = session.scalar(theirs.where(PaymentRow.identifier == call.identifier))
        if row is None:
            lost = theirs.where(PaymentRow.request == call.request, PaymentRow.is_dropped)
            row = session.scalar(lost.order_by(PaymentRow.kept_until).limit(1))
        return row

    def _again(self, row: PaymentRow, now: int) -> Found:
        """A second try: by then the first one may run, have been answered, or have been paid for."""
        if row.busy_until > now:
            return Busy()
        lease = now + self._keeping.call
        if row.state is PaymentState.RESERVED:
            row.busy_until, row.gate = lease, self._gate
            return Reserved(row)
        if row.state is PaymentState.ANSWERED:
            row.busy_until, row.gate = lease, self._gate
            return Answered(row)
        if row.body is not None:
            return Paid(row)
        if row.is_dropped:  # a stream that ended before it was delivered
            row.busy_until, row.gate = lease, self._gate
            return Reserved(row, is_paid=True)
        return Spent()

    def _new(self, authorisation: Authorisation, call: Call, now: int) -> PaymentRow:
        return PaymentRow(
            chain=self._chain,
            token=authorisation.token,
            payer=authorisation.payer,
            nonce=authorisation.nonce,
            gate=self._gate,
            state=PaymentState.RESERVED,
            version=call.version,
            amount=call.amount,
            request=call.request,
            identifier=call.identifier,
            payload=authorisation.payload.model_dump(by_alias=True, exclude_none=True),
            requirements=dict(call.requirements),
            busy_until=now + self._keeping.call,
            kept_until=now + self._keeping.call + self._keeping.answer,
            is_delivered=False,
            is_dropped=False,
            input_tokens=0,
            output_tokens=0,
        )

    def _change(self, row: PaymentRow, **values: object) -> None:
        with self._database.writing() as session:
            session.execute(_only(update(PaymentRow), row).values(**values))
        for name, value in values.items():
            setattr(row, name, value)


def _only(statement, row: PaymentRow):  # type: ignore[no-untyped-def]
    key = (row.chain, row.token, row.payer, row.nonce)
    columns = (PaymentRow.chain, PaymentRow.token, PaymentRow.payer, PaymentRow.nonce)
    return statement.where(*(column == value for column, value in zip(columns, key, strict=True)))
