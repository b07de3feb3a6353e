"""Bytes that only a password opens: scrypt makes the key, AES-256-GCM encrypts.

    "flock backup 2\\n" · log2 of scrypt's N, 1 byte · salt, 16 · nonce, 12 · ciphertext and tag · SHA-256, 32

The SHA-256 of all before it tells damage from a mistyped password; it authenticates nothing.
Sources: RFC 7914 (scrypt), NIST SP 800-38D (GCM). What stands before the ciphertext is authenticated with it.
"""

from __future__ import annotations

import hashlib
import os
import unicodedata

from flock.errors import BadKey

MAGIC = b"flock backup 2\n"
COST = 18  # N = 2^18, as for keys: a guess takes a second and 256 MiB
SALT, NONCE, TAG, DIGEST = 16, 12, 16, 32
HEADER = len(MAGIC) + 1 + SALT + NONCE


def is_sealed(data: bytes) -> bool:
    """Whether ``data`` begins as what ``seal`` returns."""
    return data.startswith(MAGIC)


def is_whole(data: bytes) -> bool:
    """Whether ``data``, which is sealed, is as it was written, as far as one sees without the password."""
    body, digest = data[:-DIGEST], data[-DIGEST:]
    return len(body) >= HEADER + TAG and hashlib.sha256(body).digest() == digest


def seal(data: bytes, password: str) -> bytes:
    """``data``, encrypted. Equal data give other bytes each time."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    salt, nonce = os.urandom(SALT), os.urandom(NONCE)
    header = MAGIC + bytes([COST]) + salt + nonce
    body = header + AESGCM(_key(password, salt, COST)).encrypt(nonce, data, header)
    return body + hashlib.sha256(body).digest()


def unseal(data: bytes, password: str, what: str) -> bytes:
    """What was sealed. ``data`` is whole. Raises BadKey, calling it ``what``, if the password does not open it."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    header, ciphertext = data[:HEADER], data[HEADER:-DIGEST]
    cost, salt, nonce = header[len(MAGIC)], header[-SALT - NONCE : -NONCE], header[-NONCE:]
    if not 1 <= cost <= COST:  # a stranger's file could ask for all the memory there is
        raise BadKey(f"{what} asks for 2^{cost} steps to make its key, more than flock writes.")
    try:
        return AESGCM(_key(password, salt, cost)).decrypt(nonce, ciphertext, header)
    except InvalidTag:
        raise BadKey(f"The password does not open {what}. Check it, or --password-file.") from None


def _key(password: str, salt: bytes, cost: int) -> bytes:
    """32 bytes. Accents may be typed as one sign or two."""
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    secret = unicodedata.normalize("NFC", password).encode()
    return Scrypt(salt=salt, length=32, n=2**cost, r=8, p=1).derive(secret)
