"""Content-addressed blobs on disk: you get the bytes that a CID names, or an error.

A blob is stored atomically: it is written to a temporary file, synced and renamed,
so a killed process leaves nothing half-written under a CID, and two writers of one blob cannot meet.
"""

import contextlib
import errno
import functools
import hashlib
import mmap
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Protocol, Self

from flock.errors import BadBlob, BadConfig, BlobUnavailable
from flock.protocol.core.cid import cid_of, digest_from, digest_of

ABANDONED_AFTER_SECONDS = 3600.0
PIECE_BYTES = 1 << 20
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)

Bytes = bytes | memoryview


class BlobStore(Protocol):
    """Bytes by their content address."""

    def put(self, data: Bytes) -> str:
        """Store ``data`` and return its CID; storing the same bytes again changes nothing."""

    def get(self, cid: str, max_bytes: int) -> bytes:
        """The bytes of ``cid``, digest checked.

        Raises BlobUnavailable if the blob is not there now, BadBlob if it exceeds ``max_bytes``, is
        not what its address says, or the address is malformed.
        """

    def pieces(self, cid: str, max_bytes: int) -> Iterator[bytes]:
        """The bytes of ``cid`` in pieces of at most 1 MiB, for blobs that may not fit in memory.

        Raises as ``get`` does, but may do so between any two pieces, and for a wrong digest only after
        the last: what was read counts once the iterator has ended.
        """

    def has(self, cid: str) -> bool:
        """Whether the store has the blob."""


class Incoming:
    """A blob being written piece by piece; it takes its place with ``BlobBackend.keep``, or leaves no trace."""

    def __init__(self, file: IO[bytes], name: str, discard: Callable[[], None], max_bytes: int) -> None:
        self.file = file
        self.name = name
        self.size = 0
        self._discard = discard
        self._hash = hashlib.sha256()
        self._max_bytes = max_bytes

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.file.close()
        finally:
            self._discard()

    @property
    def digest(self) -> bytes:
        """SHA-256 of what was written so far."""
        return self._hash.digest()

    def write(self, piece: Bytes) -> None:
        """Append ``piece``. Raises BadBlob before the blob would exceed its limit."""
        self.count(piece)
        self.file.write(piece)

    def count(self, piece: Bytes) -> None:
        """Take ``piece``, which is in the file, into size and digest. Raises BadBlob above the limit."""
        self.size += len(piece)
        refuse_above(self.size, self._max_bytes)
        self._hash.update(piece)

    def leave(self) -> None:
        """Keep what came so far for the connection that brings the rest, where that can be."""

    def require(self, cid: str) -> None:
        """Raises BadBlob if the bytes written do not match ``cid``."""
        if self.digest != digest_from(cid):
            raise BadBlob(
                f"The bytes have the address {cid_of(self.digest)}, not {cid}: send the bytes it names."
            )


class BlobBackend(Protocol):
    """A program's own store of blobs: written piece by piece, and garbage-collected."""

    def pieces(self, cid: str, max_bytes: int) -> Iterator[bytes]:
        """As ``BlobStore.pieces``."""

    def part(self, cid: str, start: int, stop: int) -> Iterator[bytes]:
        """Bytes ``start`` to ``stop`` (exclusive) of the blob, in pieces of at most 1 MiB.

        Their digest is not checked: who asks for parts checks the whole. Raises BlobUnavailable at the first
        piece if the blob is not there.
        """

    def has(self, cid: str) -> bool:
        """Whether the store has the blob."""

    def size_of(self, cid: str) -> int:
        """Bytes of the blob. Raises BlobUnavailable if it is not there."""

    def incoming(self, max_bytes: int) -> Incoming:
        """A blob to be written piece by piece, then kept with ``keep``."""

    def keep(self, blob: Incoming, cid: str) -> None:
        """Give ``blob`` its place, whole at once. Raises BadBlob if its bytes are not those of ``cid``."""

    def remove(self, cid: str) -> bool:
        """Remove the blob; whether it was there."""

    def free_bytes(self) -> int | None:
        """Free space in bytes, ``None`` if unknown."""


class DiskBlobs:
    """Blobs as files below ``root``, sharded by the last two characters of the CID.

    After an ``inventory`` it knows which blobs were requested or stored since, so that the others can be
    removed while threads work: blobs in use are kept.
    """

    def __init__(self, root: Path) -> None:
        """Raises BadConfig if nothing can be written to ``root``."""
        self.root = root
        self._incoming = root / "incoming"
        self._used: set[str] | None = None
        self._using = threading.Lock()
        try:
            self._incoming.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self._incoming):
                self._sweep()
        except OSError as error:
            raise BadConfig(
                f"Blobs cannot be stored in {root} ({error.strerror}): name a writable folder."
            ) from error

    def put(self, data: Bytes) -> str:
        cid = cid_of(digest_of(data))
        if not self.has(cid):
            self.take(cid, [data], len(data))
        return cid

    def take(self, cid: str, pieces: Iterable[Bytes], max_bytes: int) -> None:
        """Store what ``pieces`` yields as ``cid``. Raises BadBlob if it is longer, or other bytes."""
        with self.incoming(max_bytes) as blob:
            for piece in pieces:
                blob.write(piece)
            self.keep(blob, cid)

    def get(self, cid: str, max_bytes: int) -> bytes:
        return bytes(self.view(cid, max_bytes))

    def pieces(self, cid: str, max_bytes: int) -> Iterator[bytes]:
        view = self.view(cid, max_bytes)
        for start in range(0, len(view), PIECE_BYTES):
            yield bytes(view[start : start + PIECE_BYTES])

    def part(self, cid: str, start: int, stop: int) -> Iterator[bytes]:
        path = self.path_of(cid)
        try:
            with self._using:
                self._use(cid)
                file = path.open("rb")
        except FileNotFoundError:
            raise self._missing(cid) from None
        with file:
            yield from pieces_between(file, start, stop)

    def view(self, cid: str, max_bytes: int) -> memoryview:
        """The bytes of ``cid`` as they lie on disk: read-only, digest checked, not copied into memory.

        It stays valid even if the blob is removed meanwhile. Raises as ``get`` does.
        """
        path = self.path_of(cid)
        try:
            with self._using:
                self._use(cid)
                view = _mapped(path)
        except FileNotFoundError:
            raise self._missing(cid) from None
        refuse_above(len(view), max_bytes)
        self._check(path, cid, view)
        return view

    def remove(self, cid: str) -> bool:
        """Remove the blob; whether it was there. Existing views of it stay valid."""
        try:
            self.path_of(cid).unlink()
        except FileNotFoundError:
            return False
        return True

    def has(self, cid: str) -> bool:
        with self._using:
            self._use(cid)
            return self.path_of(cid).is_file()

    def inventory(self) -> frozenset[str]:
        """The stored blobs; from now on none of them counts as used."""
        with self._using:
            self._used = set()
            return frozenset(path.name for path in self.root.glob("??/*"))

    def remove_idle(self, cid: str) -> bool:
        """Remove the blob unless it was used since the inventory; whether it was removed."""
        with self._using:
            return self._used is not None and cid not in self._used and self.remove(cid)

    def size_of(self, cid: str) -> int:
        try:
            return self.path_of(cid).stat().st_size
        except FileNotFoundError:
            raise self._missing(cid) from None

    def free_bytes(self) -> int:
        return shutil.disk_usage(self.root).free

    def incoming(self, max_bytes: int) -> Incoming:
        descriptor, name = tempfile.mkstemp(dir=self._incoming)
        discard = functools.partial(Path(name).unlink, missing_ok=True)
        return Incoming(os.fdopen(descriptor, "wb"), name, discard, max_bytes)

    def keep(self, blob: Incoming, cid: str) -> None:
        blob.require(cid)
        place = self.path_of(cid)
        blob.file.flush()
        os.fsync(blob.file.fileno())
        _make_durable_folder(place.parent)
        with self._using:
            self._use(cid)
            Path(blob.name).replace(place)
        _sync_folder(place.parent)

    def path_of(self, cid: str) -> Path:
        """Where the file of ``cid`` is, or would be. Raises BadBlob for a malformed address."""
        digest_from(cid)
        return self.root / cid[-2:] / cid

    def _use(self, cid: str) -> None:
        if self._used is not None:
            self._used.add(cid)

    def _missing(self, cid: str) -> BlobUnavailable:
        return BlobUnavailable(f"The blob {cid} is not in {self.root}: fetch it, then try again.")

    def _check(self, path: Path, cid: str, data: memoryview) -> None:
        """Remove a file that was damaged on disk, so that the next ``put`` replaces it."""
        if digest_of(data) == digest_from(cid):
            return
        path.unlink(missing_ok=True)
        raise BlobUnavailable(f"The file of {cid} in {self.root} was damaged and is removed: fetch it again.")

    def _sweep(self) -> None:
        """Remove what killed writers left behind."""
        for path in self._incoming.iterdir():
            with contextlib.suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > ABANDONED_AFTER_SECONDS:
                    path.unlink()


def pieces_between(file: IO[bytes], start: int, stop: int) -> Iterator[bytes]:
    """What ``file`` holds between two places, piece by piece; less if it ends before."""
    file.seek(start)
    while start < stop and (piece := file.read(min(PIECE_BYTES, stop - start))):
        start += len(piece)
        yield piece


def refuse_above(size: int, max_bytes: int) -> None:
    """Raises BadBlob if ``size`` exceeds ``max_bytes``."""
    if size > max_bytes:
        raise BadBlob(f"The blob is larger than the {max_bytes} bytes allowed here: send a smaller one.")


def _mapped(path: Path) -> memoryview:
    with path.open("rb") as file:
        is_empty = os.fstat(file.fileno()).st_size == 0  # an empty file cannot be mapped
        return memoryview(b"" if is_empty else mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _make_durable_folder(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(exist_ok=True)
        _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
