"""A member's signed word that a Flower node works for it: the node's P-256 key, attested by an Ethereum key.

Both keys sign, so that nobody can attest a key that is not in its own hands. The EIP-712 domain names chain and
contract: a signature for one deployment is worth nothing at another.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from eth_account import Account
from eth_account.messages import SignableMessage, encode_typed_data
from eth_account.signers.local import LocalAccount

from flock.errors import Refused
from flock.protocol.core.commitments import Domain
from flock.protocol.core.signatures import long_form_of_hex

NODE_KEY_TYPES = {
    "NodeKey": [
        {"name": "account", "type": "address"},
        {"name": "publicKey", "type": "bytes"},
        {"name": "issuedAt", "type": "uint64"},
    ]
}
PUBLIC_KEY_BYTES = 33


@dataclass(frozen=True, slots=True)
class NodeKey:
    """``public_key`` (33 bytes, SEC 1, P-256) is of the node that works for ``account``.

    ``issued_at`` is in seconds since the epoch; of two attestations of one account the later one counts.
    ``signature`` is by the account or its operator, ``possession`` (DER) by the node's key. Both are hex.
    """

    account: str
    public_key: bytes
    issued_at: int
    signature: str
    possession: str

    @classmethod
    def attest(
        cls,
        domain: Domain,
        account: str,
        key: LocalAccount,
        node_key: EllipticCurvePrivateKey,
        issued_at: int,
    ) -> "NodeKey":
        """Signed by ``key``, which is the account's own or its operator's, and by the node's own key."""
        public_key = node_key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
        message = _message(domain, account, public_key, issued_at)
        possession = node_key.sign(_bytes_of(message), ECDSA(SHA256()))
        signature = bytes(key.sign_message(message).signature)
        return cls(account, public_key, issued_at, "0x" + signature.hex(), "0x" + possession.hex())

    @classmethod
    def from_json(cls, account: str, fields: Mapping[str, Any]) -> "NodeKey":
        """As services take and list it. Raises Refused if anything is missing or malformed."""
        try:
            return cls(
                account,
                bytes.fromhex(fields["public_key"].removeprefix("0x")),
                int(fields["issued_at"]),
                str(fields["signature"]),
                str(fields["possession"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            raise Refused(f"{str(fields)[:80]!r}… is not an attestation of a node's key.") from None

    def as_json(self) -> dict[str, str | int]:
        """All but the account."""
        return {
            "public_key": "0x" + self.public_key.hex(),
            "issued_at": self.issued_at,
            "signature": self.signature,
            "possession": self.possession,
        }

    def signer(self, domain: Domain) -> str:
        """The checksummed address that signed. Raises Refused if nobody did, or not with the node's key too."""
        message = _message(domain, self.account, self.public_key, self.issued_at)
        self._require_possession(message)
        try:
            return str(Account.recover_message(message, signature=long_form_of_hex(self.signature)))
        except Exception:  # eth-keys and coincurve raise a dozen types for malformed signatures
            raise Refused(
                f"{self.signature[:20]!r}… is not a signature: sign the node key as EIP-712, in hex."
            ) from None

    def _require_possession(self, message: SignableMessage) -> None:
        try:
            proof = bytes.fromhex(self.possession.removeprefix("0x"))
            _point(self.public_key).verify(proof, _bytes_of(message), ECDSA(SHA256()))
        except (InvalidSignature, ValueError):
            raise Refused(
                f"The node key 0x{self.public_key.hex()} did not sign for {self.account}: "
                f"attest a key that is in your own hands, for this chain and contract."
            ) from None


def _point(public_key: bytes) -> EllipticCurvePublicKey:
    """Raises Refused for anything but a compressed point of P-256."""
    with suppress(ValueError):
        if len(public_key) == PUBLIC_KEY_BYTES:
            return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), public_key)
    raise Refused(f"0x{public_key.hex()[:66]} is no P-256 public key: give its 33 bytes (SEC 1, compressed).")


def _bytes_of(message: SignableMessage) -> bytes:
    return b"\x19" + message.version + message.header + message.body


def _message(domain: Domain, account: str, public_key: bytes, issued_at: int) -> SignableMessage:
    fields = {"account": account, "publicKey": public_key, "issuedAt": issued_at}
    return encode_typed_data(domain.as_eip712(), NODE_KEY_TYPES, fields)
