"""What a payer signed (ERC-3009's TransferWithAuthorization, as x402's ``exact`` scheme sends it), checked without
asking the chain anything.

A header is a stranger's: it is bounded before it is decoded, and every field of it is read strictly.
"""

import re
from dataclasses import dataclass
from typing import Any

from eth_utils.address import is_hex_address, to_checksum_address
from pydantic import ValidationError
from x402.http.utils import decode_payment_signature_header
from x402.mechanisms.evm.eip712 import hash_eip3009_authorization
from x402.mechanisms.evm.types import ExactEIP3009Payload
from x402.mechanisms.evm.verify import verify_eoa_signature
from x402.schemas import PaymentPayload, PaymentRequirements

from flock.web.errors import BadFields

HEADER = "PAYMENT-SIGNATURE"
LONGEST_HEADER = 16_384
SIGNATURE = re.compile("0x[0-9a-fA-F]{130}")
NONCE = re.compile("0x[0-9a-fA-F]{64}")
NUMBER = re.compile("0|[1-9][0-9]{0,77}")
FIELDS = ("from", "to", "value", "validAfter", "validBefore", "nonce")


@dataclass(frozen=True)
class Authorisation:
    """One signed transfer. Times are Unix seconds, ``value`` is in the token's smallest unit."""

    payload: PaymentPayload
    token: str
    payer: str
    payee: str
    value: int
    valid_after: int
    valid_before: int
    nonce: bytes

    @property
    def key(self) -> str:
        """Names the transaction that settles it: the token lets it happen once, and so does the sender."""
        return f"x402_exact:{self.token}:{self.payer}:{self.nonce.hex()}"

    def is_signed(self, chain_id: int, requirements: PaymentRequirements) -> bool:
        """Whether its payer signed it for this chain and token: accounts with a key, no contract wallets."""
        sent = ExactEIP3009Payload.from_dict(self.payload.payload)
        domain = (requirements.extra["name"], requirements.extra["version"])
        digest = hash_eip3009_authorization(sent.authorization, chain_id, self.token, *domain)
        try:
            return verify_eoa_signature(digest, bytes.fromhex((sent.signature or "")[2:]), self.payer)
        except ValueError:
            return False


def parse_header(header: str) -> Authorisation:
    """Raises BadFields if it is not one payment by ``exact`` with ERC-3009."""
    if len(header) > LONGEST_HEADER:
        raise _bad(f"it has {len(header)} characters, more than {LONGEST_HEADER}.")
    try:
        payload = decode_payment_signature_header(header)
    except (ValueError, KeyError, TypeError, RecursionError, ValidationError):
        raise _bad("it is no payment of x402, version 2, in base64.") from None
    if not isinstance(payload, PaymentPayload):
        raise _bad("it is of x402's version 1; use version 2.")
    return authorisation_in(payload)


def authorisation_in(payload: PaymentPayload) -> Authorisation:
    """What ``payload`` authorises. Raises BadFields."""
    signed, signature = payload.payload.get("authorization"), payload.payload.get("signature")
    if not isinstance(signed, dict) or not all(isinstance(signed.get(name), str) for name in FIELDS):
        raise _bad(f"its payload needs an authorization with the texts {', '.join(FIELDS)}.")
    if not (isinstance(signature, str) and SIGNATURE.fullmatch(signature)):
        raise _bad("its signature must be 0x and 130 hexadecimal digits, of an account with a key.")
    if not NONCE.fullmatch(signed["nonce"]):
        raise _bad("its nonce must be 0x and 64 hexadecimal digits.")
    return Authorisation(
        payload,
        _address(payload.accepted.asset, "asset"),
        _address(signed["from"], "from"),
        _address(signed["to"], "to"),
        _number(signed, "value"),
        _number(signed, "validAfter"),
        _number(signed, "validBefore"),
        bytes.fromhex(signed["nonce"][2:]),
    )


def _address(text: str, name: str) -> str:
    if not (text.startswith("0x") and is_hex_address(text)):
        raise _bad(f"its {name} must be an address, 0x and 40 hexadecimal digits.")
    return to_checksum_address(text)


def _number(signed: dict[str, Any], name: str) -> int:
    if not NUMBER.fullmatch(signed[name]):
        raise _bad(f"its {name} must be a whole number in decimal digits.")
    return int(signed[name])


def _bad(detail: str) -> BadFields:
    return BadFields({HEADER: detail})
