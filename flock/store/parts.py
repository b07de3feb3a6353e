"""Uploads that broke off: their first bytes wait on disk for the rest, for an hour, one for each owner."""

import contextlib
import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

from flock.errors import Refused, ServiceUnavailable
from flock.protocol.core.cid import digest_from
from flock.store.blobs import PIECE_BYTES, Bytes, Incoming, pieces_between

KEPT_SECONDS = 3600.0


@dataclass(frozen=True)
class Part:
    """The beginning of ``cid``, as ``owner`` brings it."""

    owner: str
    cid: str


class OffsetMismatch(Refused):
    """An upload that does not begin where the part that is here ends; ``offset`` is that place, in bytes."""

    def __init__(self, offset: int) -> None:
        super().__init__(
            f"{offset} bytes of the blob are here: send those that follow, with the header Upload-Offset: {offset}."
        )
        self.offset = offset


class Parts:
    """Below ``folder``. A part is locked while it grows, so that two connections never write into one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def size_of(self, part: Part) -> int:
        """How many bytes of it are here."""
        try:
            return self._path(part).stat().st_size
        except FileNotFoundError:
            return 0

    def pieces(self, part: Part, size: int) -> Iterator[bytes]:
        """Its ``size`` bytes. Raises OffsetMismatch if it has others."""
        try:
            file = self._path(part).open("rb")
        except FileNotFoundError:
            raise OffsetMismatch(0) from None
        with file:
            self._require_size(file, size)
            yield from pieces_between(file, 0, size)

    def begin(self, part: Part, max_bytes: int) -> Incoming | None:
        """A new one in place of whatever its owner had begun; None while another connection writes into it."""
        self._make_room(part)
        file = _locked(self._path(part), os.O_CREAT)
        if file is None:
            return None
        file.truncate(0)
        return _Growing(file, self._path(part), max_bytes)

    def resume(self, part: Part, offset: int, max_bytes: int) -> Incoming:
        """What is here of it, to be continued.

        Raises OffsetMismatch unless that is ``offset`` bytes, ServiceUnavailable while another connection writes it.
        """
        path = self._path(part)
        if not path.exists():
            raise OffsetMismatch(0)
        file = _locked(path)
        if file is None:
            raise ServiceUnavailable("Another connection is bringing this blob: try again in a moment.")
        try:
            self._require_size(file, offset)
            return _Growing(file, path, max_bytes)
        except BaseException:
            file.close()
            raise

    def _path(self, part: Part) -> Path:
        digest_from(part.cid)
        return self._folder / hashlib.sha256(part.owner.encode()).hexdigest() / part.cid

    @staticmethod
    def _require_size(file: IO[bytes], size: int) -> None:
        found = os.fstat(file.fileno()).st_size
        if found != size:
            raise OffsetMismatch(found)

    def _make_room(self, part: Part) -> None:
        """Remove what the owner had begun before, and what nobody has continued for an hour."""
        folder = self._path(part).parent
        folder.mkdir(parents=True, exist_ok=True)
        for path in self._folder.glob("*/*"):
            with contextlib.suppress(FileNotFoundError):
                is_old = time.time() - path.stat().st_mtime > KEPT_SECONDS
                is_replaced = path.parent == folder and path.name != part.cid
                if is_old or is_replaced:
                    _discard(path)


class _Growing(Incoming):
    """Stays where it is if it is left, and goes with its lock held if it is not."""

    def __init__(self, file: IO[bytes], path: Path, max_bytes: int) -> None:
        super().__init__(file, str(path), lambda: None, max_bytes)
        self._path = path
        self._is_left = False
        while piece := file.read(PIECE_BYTES):
            self.count(piece)

    def write(self, piece: Bytes) -> None:
        super().write(piece)
        self.file.flush()  # a service that is killed has all that came

    def leave(self) -> None:
        self._is_left = self.size > 0

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if not self._is_left and _is_at(self._path, self.file):
                self._path.unlink(missing_ok=True)
        finally:
            self.file.close()


def _locked(path: Path, flags: int = 0) -> IO[bytes] | None:
    """The file, opened and locked; None if there is none, or another connection has it."""
    try:
        file = os.fdopen(os.open(path, os.O_RDWR | flags, 0o600), "r+b")
    except FileNotFoundError:
        return None
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if _is_at(path, file):  # nobody finished or discarded it between the two
            return file
    file.close()
    return None


def _discard(path: Path) -> None:
    """Not what somebody is writing."""
    file = _locked(path)
    if file is not None:
        with file:
            path.unlink(missing_ok=True)


def _is_at(path: Path, file: IO[bytes]) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False
