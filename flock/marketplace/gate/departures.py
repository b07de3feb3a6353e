"""Noticing that whoever asked has gone."""

import asyncio
from collections.abc import Awaitable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from starlette.types import Receive

Result = TypeVar("Result")


class Departed(Exception):
    """Whoever asked has closed the connection."""


class Departure:
    """Watches a connection, whose request was read in full, until ``end``."""

    def __init__(self, receive: Receive) -> None:
        self._task = asyncio.ensure_future(_until_gone(receive))

    @property
    def has_happened(self) -> bool:
        return self._task.done()

    async def unless_gone(self, work: Coroutine[Any, Any, Result]) -> Result:
        """The result of ``work``, which is cancelled if the connection closes first. Raises Departed."""
        running = asyncio.ensure_future(work)
        try:
            await asyncio.wait({running, self._task}, return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                return running.result()
            raise Departed
        finally:
            await _cancelled(running)

    async def comes_before(self, work: "asyncio.Future[Any]") -> bool:
        """Wait for the end of ``work`` or of the connection, whichever comes first; whether it is that of this."""
        await asyncio.wait({work, self._task}, return_when=asyncio.FIRST_COMPLETED)
        return not work.done()

    async def end(self) -> None:
        await _cancelled(self._task)


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _cancelled(task: Awaitable[Any]) -> None:
    future = asyncio.ensure_future(task)
    if not future.done():
        future.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await future
