"""Authorising an upload to a service: an EIP-712 signature over this blob, task and account.

The domain names chain and contract, so a signature for one deployment is invalid for another.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from eth_account import Account
from eth_account.messages import SignableMessage, encode_typed_data
from eth_account.signers.local import LocalAccount
from eth_keys.exceptions import BadSignature
from eth_utils.exceptions import ValidationError

from flock.errors import Refused
from flock.protocol.core.commitments import Domain
from flock.protocol.core.signatures import long_form_of_hex

DEADLINE_HEADER = "Flock-Deadline"
SIGNATURE_HEADER = "Flock-Signature"
OFFSET_HEADER = "Upload-Offset"
"""As in the IETF's resumable uploads (draft-ietf-httpbis-resumable-upload): how many bytes came before this body."""

_TYPES = {
    "BlobUpload": [
        {"name": "digest", "type": "bytes32"},
        {"name": "task", "type": "uint256"},
        {"name": "account", "type": "address"},
        {"name": "size", "type": "uint64"},
        {"name": "deadline", "type": "uint64"},
    ]
}


@dataclass(frozen=True, slots=True)
class BlobUpload:
    """What is signed. ``digest`` 32 bytes, ``size`` bytes, ``deadline`` seconds of the chain's time."""

    digest: bytes
    task: int
    account: str
    size: int
    deadline: int

    def typed_data(self, domain: Domain) -> SignableMessage:
        """The EIP-712 message to sign."""
        message: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        return encode_typed_data(domain.as_eip712(), _TYPES, message)

    def signer(self, domain: Domain, signature: str) -> str:
        """The checksummed address that made ``signature`` (hex; EIP-2098 too). Raises Refused if it is invalid."""
        try:
            recovered: str = Account.recover_message(
                self.typed_data(domain), signature=long_form_of_hex(signature)
            )
        except (BadSignature, ValidationError, ValueError, IndexError):
            raise Refused(
                f"{signature[:20]!r}… is not a signature: sign the upload as EIP-712, in hex."
            ) from None
        return recovered


@dataclass(frozen=True, slots=True)
class Uploader:
    """Signs uploads to one task for ``account``, with its own key or its operator's.

    ``clock`` gives seconds since the epoch: the chain's, which signer and service share, where it is at hand.
    """

    domain: Domain
    task: int
    account: str
    key: LocalAccount
    lifetime_seconds: int = 600
    clock: Callable[[], float] = time.time

    def headers(self, digest: bytes, size: int) -> dict[str, str]:
        """The HTTP headers that authorise the upload of ``size`` bytes with ``digest``, from now on."""
        upload = BlobUpload(digest, self.task, self.account, size, int(self.clock()) + self.lifetime_seconds)
        signature = self.key.sign_message(upload.typed_data(self.domain)).signature
        return {DEADLINE_HEADER: str(upload.deadline), SIGNATURE_HEADER: "0x" + signature.hex()}
