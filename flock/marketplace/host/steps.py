"""What a host does beside answering: follow payments whose end is not known, and forget what is over."""

import time

from x402.schemas import PaymentPayload

from flock.marketplace.gate.gate import end
from flock.marketplace.gate.payments import Payments
from flock.marketplace.gate.settling import Facilitator

TIDY_SECONDS = 30.0


class FollowPayments:
    """Payments that were sent when their end could not be seen. What was never sent is left to who asks again."""

    name = "follow_payments"

    def __init__(self, payments: Payments, facilitator: Facilitator) -> None:
        self._payments = payments
        self._facilitator = facilitator

    def __call__(self) -> bool:
        for row in self._payments.unsettled():
            if not self._facilitator.is_begun(PaymentPayload.model_validate(row.payload)):
                continue
            settled = end(self._facilitator, row)
            if settled.transaction is not None:
                self._payments.settle(row, settled.transaction)
                return True
            if not settled.is_unknown:
                self._payments.release(row)
                return True
        return False


class TidyPayments:
    """Answers are kept for some minutes, and no longer."""

    name = "tidy_payments"

    def __init__(self, payments: Payments) -> None:
        self._payments = payments
        self._done_at = 0.0

    def __call__(self) -> bool:
        if time.monotonic() - self._done_at < TIDY_SECONDS:
            return False
        self._done_at = time.monotonic()
        self._payments.tidy()
        return False
