"""Blobs on any file system that fsspec reaches: S3, Google Cloud, Azure, SFTP and others.

A blob is written under a temporary name, and moved to its address once its digest has been verified. It is
never visible in part, also on object stores, which show an object only when it is complete.
"""

import functools
import hashlib
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import fsspec

from flock.errors import BadConfig, BlobUnavailable, FlockError, ServiceUnavailable
from flock.protocol.core.cid import cid_of, digest_from, digest_of
from flock.store.blobs import (
    ABANDONED_AFTER_SECONDS,
    NO_ROOM,
    PIECE_BYTES,
    BlobBackend,
    DiskBlobs,
    Incoming,
    pieces_between,
    refuse_above,
)


def open_backend(where: str | Path) -> BlobBackend:
    """The blobs at ``where``: a folder, ``file://…``, or any URL that fsspec supports, e.g. s3://bucket/prefix.

    Raises BadConfig if there is no such protocol, its package is missing, or nothing can be written there.
    """
    scheme, is_url, path = str(where).partition("://")
    if not is_url:
        return DiskBlobs(Path(where))
    return DiskBlobs(Path(path)) if scheme in ("file", "local") else FsspecBlobs(str(where))


def fetch(where: str, max_bytes: int) -> bytes:
    """The bytes at ``where``, a file or any URL that fsspec supports; it does not have to be writable.

    Raises BlobUnavailable if they are not there, BadBlob if they are more than ``max_bytes``.
    """
    try:
        with fsspec.open(where, "rb") if "://" in where else Path(where).open("rb") as file:
            data: bytes = file.read(max_bytes + 1)
    except Exception as error:  # every file system has its own errors
        raise BlobUnavailable(f"Nothing can be read from {_masked(where)} ({_reason(error)}).") from error
    refuse_above(len(data), max_bytes)
    return data


def publish(backend: BlobBackend, data: bytes) -> str:
    """Put ``data`` on a backend; its CID."""
    cid = cid_of(digest_of(data))
    if not backend.has(cid):
        with backend.incoming(len(data)) as blob:
            blob.write(data)
            backend.keep(blob, cid)
    return cid


class FsspecBlobs:
    """Blobs as objects below ``url``, sharded by the last two characters of the CID."""

    def __init__(self, url: str) -> None:
        self._shown = _masked(url)
        try:
            self._files, self._root = fsspec.core.url_to_fs(url, use_listings_cache=False)
            self._files.makedirs(f"{self._root}/incoming", exist_ok=True)
            with self.incoming(1) as probe:
                probe.write(b".")
            self._sweep()
        except Exception as error:  # every file system has its own errors
            raise BadConfig(
                f"Blobs cannot be stored at {self._shown} ({_reason(error)}): name a folder, or a URL such as "
                f"s3://bucket/prefix whose package is installed and that can be written to."
            ) from error

    def has(self, cid: str) -> bool:
        with self._reaching(cid):
            return bool(self._files.isfile(self._place(cid)))

    def size_of(self, cid: str) -> int:
        with self._reaching(cid):
            return int(self._files.info(self._place(cid))["size"])

    def free_bytes(self) -> None:
        return None

    def pieces(self, cid: str, max_bytes: int) -> Iterator[bytes]:
        """The last piece comes only if all are right. An object that was damaged is removed."""
        seen, held, size = hashlib.sha256(), b"", 0
        with self._reaching(cid), self._files.open(self._place(cid), "rb") as file:
            while piece := file.read(PIECE_BYTES):
                size += len(piece)
                refuse_above(size, max_bytes)
                seen.update(piece)
                if held:
                    yield held
                held = piece
        if seen.digest() != digest_from(cid):
            self.remove(cid)
            raise BlobUnavailable(
                f"The object of {cid} at {self._shown} was damaged and is removed: upload it again."
            )
        if held:
            yield held

    def part(self, cid: str, start: int, stop: int) -> Iterator[bytes]:
        with self._reaching(cid), self._files.open(self._place(cid), "rb") as file:
            yield from pieces_between(file, start, stop)

    def incoming(self, max_bytes: int) -> Incoming:
        name = f"{self._root}/incoming/{uuid.uuid4().hex}"
        with self._reaching(name):
            file = self._files.open(name, "wb")
        return Incoming(file, name, functools.partial(self._discard, name), max_bytes)

    def keep(self, blob: Incoming, cid: str) -> None:
        blob.require(cid)
        place = self._place(cid)
        with self._reaching(cid):
            blob.file.close()
            self._files.makedirs(self._files._parent(place), exist_ok=True)
            self._files.mv(blob.name, place)

    def remove(self, cid: str) -> bool:
        place = self._place(cid)
        with self._reaching(cid):
            if not self._files.isfile(place):
                return False
            self._files.rm_file(place)
            return True

    def _place(self, cid: str) -> str:
        digest_from(cid)
        return f"{self._root}/{cid[-2:]}/{cid}"

    def _discard(self, name: str) -> None:
        with suppress(BlobUnavailable), self._reaching(name):
            self._files.rm_file(name)

    def _sweep(self) -> None:
        """Remove what killed writers left behind."""
        oldest = datetime.now(UTC) - timedelta(seconds=ABANDONED_AFTER_SECONDS)
        with suppress(FileNotFoundError, NotImplementedError):  # not every file system records ages
            for name in self._files.ls(f"{self._root}/incoming", detail=False):
                if self._files.modified(name).astimezone(UTC) < oldest:
                    self._files.rm_file(name)

    @contextmanager
    def _reaching(self, what: str) -> Iterator[None]:
        """Only a full disk and what is not there keep their own errors; file systems have many others."""
        try:
            yield
        except FlockError:
            raise
        except FileNotFoundError:
            raise BlobUnavailable(
                f"The blob {what} is not at {self._shown}: upload it, then try again."
            ) from None
        except Exception as error:
            if isinstance(error, OSError) and error.errno in NO_ROOM:
                raise
            raise ServiceUnavailable(
                f"{self._shown} does not answer ({_reason(error)}): check that it is reachable and writable."
            ) from error


def _masked(text: str) -> str:
    """``text`` without the user, the password and the query of any URL in it: tokens are in those."""
    return re.sub(r"(//[^?\s]*)\?[^\s'\")]*", r"\1?***", re.sub(r"//[^/@\s]*@", "//***@", text))


def _reason(error: Exception) -> str:
    said = str(error).strip()
    return _masked(said.splitlines()[0]) if said else type(error).__name__
