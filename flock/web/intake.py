"""The bodies of requests on their way into a store of blobs: piece by piece, whole or not at all."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager

from fastapi.concurrency import run_in_threadpool

from flock.log import logger
from flock.store.blobs import NO_ROOM, BlobBackend
from flock.web.errors import DiskFull, TooSlow

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

    def require_room(self, size: int) -> None:
        """Raises DiskFull if ``size`` bytes more would leave less free than is to be spared."""
        free = self._blobs.free_bytes()
        if free is not None and free - size < self._spare:
            raise DiskFull(NO_ROOM_LEFT)

    async def take(self, cid: str, size: int, body: AsyncIterator[bytes], look: Look | None = None) -> None:
        """Store ``body``, of at most ``size`` bytes, as ``cid``.

        Raises BadBlob for other bytes or more of them, TooSlow, DiskFull, and what ``look`` raises.
        """
        with _full_disk_is_said(), await run_in_threadpool(self._blobs.incoming, size) as blob:
            async for piece in self.pieces(body):
                if look is not None:
                    look(piece)
                await run_in_threadpool(blob.write, piece)
            await run_in_threadpool(self._blobs.keep, blob, cid)

    async def pieces(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """``body`` as it comes. Raises TooSlow when nothing comes for too long."""
        while (piece := await self._next(body)) is not None:
            yield piece

    async def _next(self, body: AsyncIterator[bytes]) -> bytes | None:
        """The next piece, None at the end. Who sends nothing must not hold a place on the disk for ever."""
        try:
            async with asyncio.timeout(self._idle_seconds):
                return await anext(body, None)
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
