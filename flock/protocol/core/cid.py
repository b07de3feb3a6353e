"""Content addresses: a SHA-256 digest on chain, the same digest as a CID everywhere else.

A CID here is always version 1, codec *raw*, hash *sha2-256*, written in lower-case base32 without
padding: 59 characters that start with ``bafkrei``. (Multiformats: CIDv1, multibase ``b``.)
"""

import base64
import hashlib

from flock.errors import BadBlob

DIGEST_BYTES = 32

_PREFIX = bytes((0x01, 0x55, 0x12, DIGEST_BYTES))  # version 1, raw, sha2-256, its length
_PAD = "=" * 6  # 36 bytes of base32 miss six characters of the next multiple of eight


def digest_of(data: bytes | memoryview) -> bytes:
    """SHA-256 of ``data``: 32 bytes."""
    return hashlib.sha256(data).digest()


def cid_of(digest: bytes) -> str:
    """The CID of bytes whose SHA-256 is ``digest`` (32 bytes). Raises BadBlob for another length."""
    if len(digest) != DIGEST_BYTES:
        raise BadBlob(f"A digest has {DIGEST_BYTES} bytes, this one has {len(digest)}: give a SHA-256.")
    return "b" + base64.b32encode(_PREFIX + digest).decode().rstrip("=").lower()


def digest_from(cid: str) -> bytes:
    """The SHA-256 digest inside ``cid``. Raises BadBlob if it is not a CID of the one form used here."""
    try:
        decoded = base64.b32decode(cid[1:].upper() + _PAD)
    except ValueError:
        decoded = b""
    digest = decoded[len(_PREFIX) :]
    if len(digest) != DIGEST_BYTES or cid_of(digest) != cid:
        raise BadBlob(
            f"{cid[:80]!r} is not a content address: write a CIDv1 of raw bytes and sha2-256, "
            f"in lower-case base32 (bafkrei and 52 more characters)."
        )
    return digest
