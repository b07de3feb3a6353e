"""Set B as it is stored before it is opened: AES-256-GCM, the 12-byte nonce before the ciphertext.

The key is the 32 bytes whose Keccak-256 the terms name; it encrypts one set, once.
"""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from flock.errors import BadBlob

KEY_BYTES, NONCE_BYTES = 32, 12
OVERHEAD_BYTES = NONCE_BYTES + 16
WHAT = b"flock arena set B"


def new_key() -> bytes:
    """32 random bytes."""
    return secrets.token_bytes(KEY_BYTES)


def sealed(data: bytes, key: bytes) -> bytes:
    """``data`` encrypted under ``key``, other bytes each time."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, data, WHAT)


def unsealed(cipher: bytes, key: bytes) -> bytes:
    """What was encrypted. Raises BadBlob if ``key`` is another, or the bytes are not whole."""
    if len(cipher) < OVERHEAD_BYTES:
        raise BadBlob(
            f"{len(cipher)} bytes are no encrypted set: one has {OVERHEAD_BYTES} more than the set."
        )
    try:
        return AESGCM(key).decrypt(cipher[:NONCE_BYTES], cipher[NONCE_BYTES:], WHAT)
    except InvalidTag:
        raise BadBlob(
            "The key does not open these bytes: they are of another set, or were changed."
        ) from None
