"""The row of a payment: which authorisation is spent on which call, how far that is, and the answer it bought."""

from enum import StrEnum

from sqlalchemy import JSON, BigInteger, Enum, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from flock.store.database import Base, Whole


class PaymentState(StrEnum):
    """Reserved: its call runs, nothing is charged. Answered: there is an answer, and it is being charged for.
    Settled: it is paid."""

    RESERVED = "reserved"
    ANSWERED = "answered"
    SETTLED = "settled"


class PaymentRow(Base):
    """An authorisation to pay, spent on one call.

    ``request`` is SHA-256 of what was asked, ``payload`` what the payer signed, as x402 has it. Until ``busy_until``
    the ``gate`` works on it. ``is_dropped``: whoever asked has gone without the answer, and gets it for nothing if it
    asks again before ``kept_until``. ``headers`` and ``body`` are the answer, a stream has none; the tokens are what
    it used. Seconds are Unix.
    """

    __tablename__ = "market_payments"
    __table_args__ = (
        Index("ix_market_payments_request", "payer", "request"),
        Index("ix_market_payments_identifier", "payer", "identifier"),
        Index("ix_market_payments_receipt", "receipt_id"),
    )

    chain: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    token: Mapped[str] = mapped_column(primary_key=True)
    payer: Mapped[str] = mapped_column(primary_key=True)
    nonce: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    gate: Mapped[str]
    state: Mapped[PaymentState] = mapped_column(Enum(PaymentState, name="paymentstate"))
    version: Mapped[int] = mapped_column(BigInteger)
    amount: Mapped[int] = mapped_column(Whole)
    request: Mapped[bytes] = mapped_column(LargeBinary(32))
    identifier: Mapped[str | None] = mapped_column(default=None)
    payload: Mapped[dict[str, object]] = mapped_column(JSON)
    requirements: Mapped[dict[str, object]] = mapped_column(JSON)
    busy_until: Mapped[int] = mapped_column(BigInteger)
    kept_until: Mapped[int] = mapped_column(BigInteger, index=True)
    is_delivered: Mapped[bool] = mapped_column(default=False)
    is_dropped: Mapped[bool] = mapped_column(default=False)
    transaction: Mapped[str | None] = mapped_column(default=None)
    headers: Mapped[dict[str, str] | None] = mapped_column(JSON, default=None)
    body: Mapped[bytes | None] = mapped_column(LargeBinary, default=None)
    input_tokens: Mapped[int] = mapped_column(BigInteger, default=0)
    output_tokens: Mapped[int] = mapped_column(BigInteger, default=0)
    receipt_id: Mapped[bytes | None] = mapped_column(LargeBinary(32), default=None)
    receipt: Mapped[dict[str, str] | None] = mapped_column(JSON, default=None)
