"""Receipts: what a host says it answered, for how much, in words that it cannot take back."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_typing import Hash32

from flock.protocol.core.commitments import Domain
from flock.protocol.market.signed_types import Receipt

HEADER = "FLOCK-RECEIPT"


@dataclass(frozen=True)
class SignedReceipt:
    """A receipt with its id, which is the digest that was signed."""

    receipt: Receipt
    id: bytes
    signature: bytes

    def as_json(self) -> Mapping[str, str]:
        """All of it as text: numbers in decimal, bytes as 0x and digits."""
        found = {each.name: _text(getattr(self.receipt, each.name)) for each in fields(self.receipt)}
        return {"id": "0x" + self.id.hex(), **found, "signature": "0x" + self.signature.hex()}

    def as_header(self) -> str:
        return header_of(self.as_json())


def header_of(receipt: Mapping[str, str]) -> str:
    """Base64 of its JSON."""
    return base64.b64encode(json.dumps(receipt, separators=(",", ":")).encode()).decode()


def signed(receipt: Receipt, domain: Domain, key: LocalAccount) -> SignedReceipt:
    digest = receipt.digest_in(domain)
    return SignedReceipt(receipt, digest, bytes(key.unsafe_sign_hash(Hash32(digest)).signature))


def receipt_in(document: Mapping[str, str], domain: Domain) -> tuple[Receipt, str]:
    """A receipt as the host answers it, and the address that signed it. Raises KeyError, ValueError."""
    kinds = {each.name: each.type for each in fields(Receipt)}
    values = {name: _value(document[name], kind) for name, kind in kinds.items()}
    receipt = Receipt(**values)  # type: ignore[arg-type]
    signature = bytes.fromhex(document["signature"][2:])
    signer = Account._recover_hash(receipt.digest_in(domain), signature=signature)
    return receipt, str(signer)


def _text(value: int | bytes | str) -> str:
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)


def _value(text: str, kind: object) -> int | bytes | str:
    if kind is int:
        return int(text)
    return bytes.fromhex(text[2:]) if kind is bytes else text
