"""The bodies of requests on their way into a store of blobs: piece by piece, whole or not at all.

A body that breaks off can be continued, where blobs are files.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager

from fastapi.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.requests import ClientDisconnect

from flock.log import logger
from flock.store.blobs import NO_ROOM, BlobBackend, DiskBlobs, Incoming
from flock.store.parts import OffsetMismatch, Part, Parts
from flock.web.errors import DiskFull, HungUp, TooSlow

NO_ROOM_LEFT = "This service has no room for the blob: ask its operator, or try again later."
Look = Callable[[bytes], None]
"""Sees each piece before it is written; what it raises ends the upload."""


class Intake:
    """Takes bodies into ``blobs``, of which ``spare`` bytes stay free, from whoever is never silent for
    ``idle_seconds``."""

    def __init__(self, blobs: BlobBackend, spare: int, idle_seconds: float) -> None:
        self._blobs = blobs
        self._spare = spare
        self._idle_seconds = idle_seconds
        self._parts = Parts(blobs.root / "parts") if isinstance(blobs, DiskBlobs) else None

    def require_room(self, size: int) -> None:
        """Raises DiskFull if ``size`` bytes more would leave less free than is to be spared."""
        free = self._blobs.free_bytes()
        if free is not None and free - size < self._spare:
            raise DiskFull(NO_ROOM_LEFT)

    async def take(
        self,
        cid: str,
        size: int,
        body: AsyncIterator[bytes],
        look: Look | None = None,
        part: Part | None = None,
        offset: int = 0,
    ) -> None:
        """Store ``body``, of at most ``size`` bytes, as ``cid``. It follows the first ``offset`` bytes of ``part``.

        If it breaks off, what came stays as that part. Raises BadBlob for other bytes or more of them, TooSlow,
        DiskFull, OffsetMismatch if the part that is here has another length, and what ``look`` raises.
        """
        with _full_disk_is_said(), await run_in_threadpool(self._begun, size, part, offset) as blob:
            try:
                async for piece in self.pieces(body):
                    if look is not None:
                        look(piece)
                    await run_in_threadpool(blob.write, piece)
            except (HungUp, TooSlow, asyncio.CancelledError):
                blob.leave()
                raise
            await run_in_threadpool(self._blobs.keep, blob, cid)

    def kept(self, part: Part, size: int) -> AsyncIterator[bytes]:
        """The ``size`` bytes that came of ``part``. Raises OffsetMismatch if they are others."""
        if self._parts is None:
            raise OffsetMismatch(0)
        return iterate_in_threadpool(self._parts.pieces(part, size))

    def _begun(self, size: int, part: Part | None, offset: int) -> Incoming:
        parts = self._parts
        if offset:
            if parts is None or part is None:
                raise OffsetMismatch(0)
            return parts.resume(part, offset, size)
        begun = None if parts is None or part is None else parts.begin(part, size)
        return begun or self._blobs.incoming(size)

    async def pieces(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """``body`` as it comes. Raises TooSlow when nothing comes for too long, HungUp when nothing more does."""
        while (piece := await self._next(body)) is not None:
            yield piece

    async def _next(self, body: AsyncIterator[bytes]) -> bytes | None:
        """The next piece, None at the end. Who sends nothing must not hold a place on the disk for ever."""
        try:
            async with asyncio.timeout(self._idle_seconds):
                return await anext(body, None)
        except ClientDisconnect:
            raise HungUp("The connection was closed before all of the blob came: send the rest.") from None
        except TimeoutError:
            raise TooSlow(
                f"Nothing came for {self._idle_seconds:g} s of the blob that was announced: send it again."
            ) from None


@contextmanager
def _full_disk_is_said() -> Iterator[None]:
    """A disk that fills while a blob comes in is the operator's affair, and may have room later."""
    try:
        yield
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        logger().error("disk_full", reason=str(error))
        raise DiskFull(NO_ROOM_LEFT) from error
