"""The host's pen: receipts for rows of the book, and the headers that answers go out with."""

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass

from eth_account.signers.local import LocalAccount

from flock.marketplace.gate.checkout import payment_response
from flock.marketplace.gate.models import PaymentRow
from flock.marketplace.gate.quotes import Usage
from flock.marketplace.gate.receipts import HEADER, SignedReceipt, signed
from flock.protocol.core.commitments import Domain
from flock.protocol.market.signed_types import Receipt


@dataclass(frozen=True)
class Sold:
    """What a receipt says beside its row: the version's bytes, and what computed the answer."""

    digest: bytes
    runtime: Mapping[str, object]


@dataclass(frozen=True)
class Pen:
    """Signs for ``host`` with ``key``."""

    host: str
    domain: Domain
    key: LocalAccount

    def receipt(self, row: PaymentRow, sold: Sold, response: bytes, used: Usage) -> SignedReceipt:
        """For an answer with the SHA-256 ``response``."""
        described = json.dumps(sold.runtime, sort_keys=True).encode()
        receipt = Receipt(
            version=row.version,
            digest=sold.digest,
            host=self.host,
            payer=row.payer,
            token=row.token,
            amount=row.amount,
            payment=row.nonce,
            cumulative=0,
            request=row.request,
            response=response,
            runtime=hashlib.sha256(described).digest(),
            input_tokens=used.input_tokens,
            output_tokens=used.output_tokens,
            issued_at=int(time.time()),
        )
        return signed(receipt, self.domain, self.key)

    def headers(
        self, row: PaymentRow, transaction: str, content_type: str, receipt: SignedReceipt | None = None
    ) -> Mapping[str, str]:
        """``transaction`` is what paid."""
        paid = payment_response(f"eip155:{self.domain.chain_id}", row.payer, transaction)
        headers = {
            "content-type": content_type,
            "PAYMENT-RESPONSE": paid,
            "Cache-Control": "no-store, private",
        }
        return headers if receipt is None else {**headers, HEADER: receipt.as_header()}
