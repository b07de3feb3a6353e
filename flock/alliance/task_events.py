"""A task's events as they happen, resumable after any of them, and honest about reorganisations."""

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass

from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import Session
from sse_starlette import ServerSentEvent

from flock.alliance.event_stream import BEGINNING, NAMES, EventPosition, told
from flock.alliance.models import TaskRow, TaskStatus
from flock.alliance.queries import known_task
from flock.chain.contracts.alliance_rounds import AllianceRounds
from flock.chain.events import Event, decode_event
from flock.errors import FlockError
from flock.protocol.alliance.rounds import Phase, is_timed
from flock.store.checkpoint import Checkpoint, ProcessedBlock
from flock.store.database import Database
from flock.tasks.projector import Reader, log_of
from flock.tasks.rows import ChainEvent

POLL_SECONDS = 0.25
MOST_AT_ONCE = 500
REMEMBERED = 1_000
OVER = (TaskStatus.CLOSED, TaskStatus.CANCELLED)


@dataclass(frozen=True)
class PhaseNow:
    """Where a task's round stands; ``ends_at`` in Unix seconds, if the phase has a deadline."""

    round: int
    phase: str
    ends_at: int | None


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

    def __init__(self, database: Database, reader: Reader, rounds: AllianceRounds) -> None:
        self._database = database
        self._reader = reader
        self._rounds = rounds
        self._mark: ProcessedBlock | None = None
        self._looked_at = float("-inf")
        self._phases: dict[int, tuple[ProcessedBlock, PhaseNow | None]] = {}

    def is_over(self, task: int, position: EventPosition) -> bool:
        """Whether nothing is left to be told after ``position``, now or later. Raises UnknownTask."""
        with self._database.reading() as session:
            known_task(session, task)
        news = self._news(task, position, ())
        return news.is_over and not any(event.name in NAMES for _, event in news.events)

    async def stream(self, task: int, position: EventPosition) -> AsyncIterator[ServerSentEvent]:
        """Everything after ``position``, until the task is over."""
        seen: deque[EventPosition] = deque(maxlen=REMEMBERED)
        phase: PhaseNow | None = None
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
                    if event.name in NAMES:
                        yield _event(position, event)
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
            row = session.get(TaskRow, task)
        events = [
            (EventPosition.of(row.block, row.index, row.block_hash), event)
            for row in rows
            if (event := decode_event(log_of(row))) is not None
        ]
        is_over = row is not None and row.state in OVER
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

    def _phase(self, task: int, mark: ProcessedBlock | None) -> PhaseNow | None:
        """The phase at the block that the rows know; looked up once for all listeners of the task."""
        if mark is None:
            return None
        known = self._phases.get(task)
        if known is None or known[0] != mark:
            known = self._phases[task] = (mark, self._read_phase(task, mark.number))
        return known[1]

    def _read_phase(self, task: int, block: int) -> PhaseNow | None:
        view = self._rounds.abi.functions["roundView"]
        try:
            answer = self._rounds.client.call(self._rounds.address, view.encode(task), block=block)
        except FlockError:
            return None  # it is asked again at the next block
        fields = view.decode_outputs(answer)
        phase = Phase(fields["phase"])
        return PhaseNow(fields["number"], phase.name.lower(), fields["ends_at"] if is_timed(phase) else None)


def _event(position: EventPosition, event: Event) -> ServerSentEvent:
    return ServerSentEvent(json.dumps(told(event)), event=NAMES[event.name], id=str(position))


def _reorganised(position: EventPosition) -> ServerSentEvent:
    """All that was told after this id did not happen; what did follows."""
    after = None if position == BEGINNING else str(position)
    return ServerSentEvent(json.dumps({"after": after}), event="reorganised", id=str(position))


def _phase(now: PhaseNow) -> ServerSentEvent:
    """Phases end by the clock as well as by events, so this has no id to resume from: it is told anew."""
    return ServerSentEvent(json.dumps(asdict(now)), event="phase")
