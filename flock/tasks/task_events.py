"""A task's events as they happen, resumable after any of them, and honest about reorganisations."""

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import Session
from sse_starlette import ServerSentEvent

from flock.chain.events import Event, decode_event
from flock.store.checkpoint import Checkpoint, ProcessedBlock
from flock.store.database import Database
from flock.tasks.event_position import BEGINNING, EventPosition
from flock.tasks.projector import Reader, log_of
from flock.tasks.rows import ChainEvent

POLL_SECONDS = 0.25
MOST_AT_ONCE = 500
REMEMBERED = 1_000


class Telling(Protocol):
    """What a product tells who follows one of its tasks."""

    @property
    def names(self) -> Mapping[str, str]:
        """What is told, and as what, by the event's name on the chain."""

    def told(self, event: Event) -> Mapping[str, Any]:
        """The event as JSON holds it."""

    def require_task(self, session: Session, task: int) -> None:
        """Raises UnknownTask."""

    def is_over(self, session: Session, task: int) -> bool:
        """Whether nothing more happens to the task."""

    def phase(self, task: int, block: int) -> Mapping[str, Any] | None:
        """Where the task stands at ``block`` as JSON holds it; None if that cannot be known now."""


@dataclass(frozen=True)
class News:
    """What a listener is still to be told; there is more if it ``is_behind``.

    A reorganisation undid what it was told after ``resumes``, if that is set.
    """

    events: Sequence[tuple[EventPosition, Event]] = ()
    is_behind: bool = False
    is_over: bool = False
    resumes: EventPosition | None = None


class TaskEvents:
    """Reads the journal of events for listeners; one look at the database serves all of them."""

    def __init__(self, database: Database, reader: Reader, telling: Telling) -> None:
        self._database = database
        self._reader = reader
        self._telling = telling
        self._mark: ProcessedBlock | None = None
        self._looked_at = float("-inf")
        self._phases: dict[int, tuple[ProcessedBlock, Mapping[str, Any] | None]] = {}

    def is_over(self, task: int, position: EventPosition) -> bool:
        """Whether nothing is left to be told after ``position``, now or later. Raises UnknownTask."""
        with self._database.reading() as session:
            self._telling.require_task(session, task)
        news = self._news(task, position, ())
        return news.is_over and not any(event.name in self._telling.names for _, event in news.events)

    async def stream(self, task: int, position: EventPosition) -> AsyncIterator[ServerSentEvent]:
        """Everything after ``position``, until the task is over."""
        seen: deque[EventPosition] = deque(maxlen=REMEMBERED)
        phase: Mapping[str, Any] | None = None
        async for mark in self._marks():
            is_behind = True
            while is_behind:
                news = await run_in_threadpool(self._news, task, position, tuple(seen))
                is_behind = news.is_behind
                if news.resumes is not None:
                    position = news.resumes
                    yield _reorganised(position)
                for position, event in news.events:
                    seen.append(position)
                    if event.name in self._telling.names:
                        yield self._event(position, event)
            now = await run_in_threadpool(self._phase, task, mark)
            if now is not None and now != phase:
                phase = now
                yield _phase(now)
            if news.is_over:
                return

    async def _marks(self) -> AsyncIterator[ProcessedBlock | None]:
        """The newest block that the rows know, and every one after it."""
        last = await self._newest()
        yield last
        while True:
            await asyncio.sleep(POLL_SECONDS)
            newest = await self._newest()
            if newest != last:
                last = newest
                yield last

    async def _newest(self) -> ProcessedBlock | None:
        """The newest block that the rows know; looked up once for all listeners."""
        if time.monotonic() - self._looked_at >= POLL_SECONDS:
            self._looked_at = time.monotonic()
            self._mark = await run_in_threadpool(self._read_mark)
        return self._mark

    def _read_mark(self) -> ProcessedBlock | None:
        with self._database.reading() as session:
            marks = Checkpoint(self._reader.name).marks(session)
        return marks[0] if marks else None

    def _news(self, task: int, position: EventPosition, seen: Sequence[EventPosition]) -> News:
        with self._database.reading() as session:
            if not self._still_there(session, task, position):
                back = (before for before in reversed(seen) if self._still_there(session, task, before))
                return News(is_behind=True, resumes=next(back, BEGINNING))
            rows = session.scalars(self._after(task, position)).all()
            is_over = self._telling.is_over(session, task)
        events = [
            (EventPosition.of(row.block, row.index, row.block_hash), event)
            for row in rows
            if (event := decode_event(log_of(row))) is not None
        ]
        return News(events, is_behind=len(rows) == MOST_AT_ONCE, is_over=is_over)

    def _after(self, task: int, position: EventPosition) -> Select[ChainEvent]:
        place = tuple_(ChainEvent.block, ChainEvent.index)
        return (
            select(ChainEvent)
            .where(ChainEvent.reader == self._reader.product, ChainEvent.subject == task)
            .where(place > (position.block, position.index))
            .order_by(ChainEvent.block, ChainEvent.index)
            .limit(MOST_AT_ONCE)
        )

    def _still_there(self, session: Session, task: int, position: EventPosition) -> bool:
        """Whether the chain, as the rows know it, still has the event at ``position``."""
        if position == BEGINNING:
            return True
        row = session.get(ChainEvent, (self._reader.product, position.block, position.index))
        found = row is not None and EventPosition.of(row.block, row.index, row.block_hash)
        return row is not None and row.subject == task and found == position

    def _phase(self, task: int, mark: ProcessedBlock | None) -> Mapping[str, Any] | None:
        """The phase at the block that the rows know; looked up once for all listeners of the task."""
        if mark is None:
            return None
        known = self._phases.get(task)
        if known is None or known[0] != mark:
            known = self._phases[task] = (mark, self._telling.phase(task, mark.number))
        return known[1]

    def _event(self, position: EventPosition, event: Event) -> ServerSentEvent:
        told, name = self._telling.told(event), self._telling.names[event.name]
        return ServerSentEvent(json.dumps(told), event=name, id=str(position))


def _reorganised(position: EventPosition) -> ServerSentEvent:
    """All that was told after this id did not happen; what did follows."""
    after = None if position == BEGINNING else str(position)
    return ServerSentEvent(json.dumps({"after": after}), event="reorganised", id=str(position))


def _phase(now: Mapping[str, Any]) -> ServerSentEvent:
    """Phases end by the clock as well as by events, so this has no id to resume from: it is told anew."""
    return ServerSentEvent(json.dumps(now), event="phase")
