"""What was fetched and can be fetched again, on disk, within a bound: what was used longest ago makes room.

When a file was used is its time of modification, so that it is known after a restart too.
"""

import os
import threading
from collections.abc import Callable
from pathlib import Path

from flock.errors import BadBlob, BlobUnavailable
from flock.protocol.core.cid import cid_of, digest_of
from flock.store.blobs import DiskBlobs

Source = Callable[[], bytes]
"""Fetches it. Raises BlobUnavailable if it is not to be had now."""


class BlobCache:
    """Blobs below ``root``, of at most ``max_bytes`` together."""

    def __init__(self, root: Path, max_bytes: int) -> None:
        """Raises BadConfig if nothing can be written to ``root``."""
        self._blobs = DiskBlobs(root)
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._make_room(0)

    def fetch(self, digest: bytes, source: Source) -> bytes:
        """The bytes with this SHA-256, from here or from ``source``.

        What is larger than the whole cache is not kept. Raises BadBlob if the source gives other bytes.
        """
        cid = cid_of(digest)
        with self._lock:
            try:
                data = self._blobs.get(cid, self._max_bytes)
            except BlobUnavailable:
                return self._taken(cid, digest, source())
            os.utime(self._blobs.path_of(cid))
        return data

    def holds(self, digest: bytes) -> bool:
        """Whether it need not be fetched."""
        return self._blobs.has(cid_of(digest))

    @property
    def size(self) -> int:
        """Bytes that its blobs take."""
        return sum(self._blobs.size_of(cid) for cid in self._blobs.inventory())

    def _taken(self, cid: str, digest: bytes, data: bytes) -> bytes:
        if digest_of(data) != digest:
            raise BadBlob(f"What was fetched as {cid} are other bytes: ask another source.")
        if len(data) <= self._max_bytes:
            self._make_room(len(data))
            self._blobs.put(data)
        return data

    def _make_room(self, size: int) -> None:
        """Remove what was used longest ago until ``size`` more bytes fit."""
        by_age = sorted(self._blobs.inventory(), key=lambda cid: self._blobs.path_of(cid).stat().st_mtime_ns)
        left = self._max_bytes - size - sum(map(self._blobs.size_of, by_age))
        for cid in by_age:
            if left >= 0:
                return
            left += self._blobs.size_of(cid)
            self._blobs.remove(cid)
