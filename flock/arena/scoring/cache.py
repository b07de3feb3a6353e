"""What a validator has fetched, on disk, within a bound: what was used longest ago makes room.

When a file was used is its time of modification, so that it is known after a restart too.
"""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

from flock.errors import BadBlob, BlobUnavailable
from flock.protocol.core.cid import cid_of
from flock.store.blobs import BlobStore, DiskBlobs


class BlobCache:
    """Blobs below ``root``, of at most ``max_bytes`` together; those that are not there come from ``source``."""

    def __init__(self, root: Path, max_bytes: int, source: BlobStore) -> None:
        """Raises BadConfig if nothing can be written to ``root``."""
        self._blobs = DiskBlobs(root)
        self._max_bytes = max_bytes
        self._source = source
        self._lock = threading.Lock()
        self._make_room(0)

    def fetch(self, digest: bytes, max_bytes: int) -> bytes:
        """The bytes with this SHA-256, digest checked.

        Raises BlobUnavailable if the source has them not now, BadBlob if they are others, longer than ``max_bytes``
        or than the whole cache.
        """
        cid = cid_of(digest)
        with self._lock:
            try:
                data = self._blobs.get(cid, max_bytes)
            except BlobUnavailable:
                data = self._taken(cid, min(max_bytes, self._max_bytes))
            os.utime(self._blobs.path_of(cid))
        return data

    def holds(self, digest: bytes) -> bool:
        """Whether it need not be fetched."""
        return self._blobs.has(cid_of(digest))

    @property
    def size(self) -> int:
        """Bytes that its blobs take."""
        return sum(self._blobs.size_of(cid) for cid in self._blobs.inventory())

    def _taken(self, cid: str, max_bytes: int) -> bytes:
        pieces = b"".join(_bounded(self._source.pieces(cid, max_bytes), max_bytes))
        self._make_room(len(pieces))
        self._blobs.take(cid, [pieces], max_bytes)
        return pieces

    def _make_room(self, size: int) -> None:
        """Remove what was used longest ago until ``size`` more bytes fit."""
        by_age = sorted(self._blobs.inventory(), key=lambda cid: self._blobs.path_of(cid).stat().st_mtime_ns)
        left = self._max_bytes - size - sum(map(self._blobs.size_of, by_age))
        for cid in by_age:
            if left >= 0:
                return
            left += self._blobs.size_of(cid)
            self._blobs.remove(cid)


def _bounded(pieces: Iterator[bytes], max_bytes: int) -> Iterator[bytes]:
    """Raises BadBlob once there are more bytes than that, whatever the source promises."""
    for piece in pieces:
        max_bytes -= len(piece)
        if max_bytes < 0:
            raise BadBlob("The blob is longer than allowed here: raise the limit, or do without it.")
        yield piece
