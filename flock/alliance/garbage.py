"""Which blobs no task needs any more, and their end.

A blob is found unneeded first, and removed only once it has stayed so for a while: longer than rows may lag behind
the chain or a reorganisation reaches, and than an upload may take. Looking, removing and forgetting are one
transaction, in which no upload can begin. Bytes go before their row: killed between the two, the next run finds a
row without bytes and forgets it, while bytes without a row would never be found.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from flock.alliance.models import PublicationRow, RoundRow, SeatRow, TaskRow, TaskStatus
from flock.errors import ServiceUnavailable
from flock.log import logger
from flock.protocol.alliance.votes import Outcome
from flock.protocol.core.cid import cid_of
from flock.store.blobs import BlobBackend
from flock.store.database import Database
from flock.web.models import DRAFT, StoredBlob

ENDED = (TaskStatus.CLOSED, TaskStatus.CANCELLED)
MOST_AT_ONCE = 50
"""Blobs removed in one transaction: uploads wait for it."""


@dataclass(frozen=True, slots=True)
class Retention:
    """What is kept of a task, and for how long what it does not need; in seconds.

    ``rounds`` is how many finalised rounds keep their candidates and proposals; ``models`` keeps every accepted one.
    """

    rounds: int = 2
    models: bool = False
    grace: int = 3600
    after_end: int = 7 * 86_400
    drafts: int = 86_400


@dataclass(frozen=True, slots=True)
class Waste:
    """A blob that no task needs: whose it was, and when it goes (seconds since the epoch)."""

    cid: str
    task: int
    account: str
    size: int
    goes_at: int


@dataclass(frozen=True, slots=True)
class Collected:
    """``removed`` is gone, or would be on a dry run; ``waiting`` goes later."""

    removed: Sequence[Waste]
    waiting: Sequence[Waste]


class Collector:
    """Removes what ``retention`` lets go. ``is_current`` says whether the rows know the chain's head."""

    def __init__(
        self, database: Database, blobs: BlobBackend, retention: Retention, is_current: Callable[[], bool]
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._retention = retention
        self.is_current = is_current

    def collect(self) -> Collected:
        """Remove what is due. Raises ServiceUnavailable while the rows lag behind the chain: they cannot tell."""
        self._require_current()
        with self._database.writing() as session:
            found = self._look(session)
            for row, _ in found.due[:MOST_AT_ONCE]:
                self._blobs.remove(row.cid)
                session.delete(row)
            return found.collected

    def preview(self) -> Collected:
        """What ``collect`` would do, without doing any of it. Raises as it does."""
        self._require_current()
        with self._database.reading() as session:
            return self._look(session).collected

    def _require_current(self) -> None:
        if not self.is_current():
            raise ServiceUnavailable(
                "The rows are behind the chain, so nobody knows what is needed: let the service catch up first."
            )

    def _look(self, session: Session) -> "_Found":
        """Mark what is no longer needed, and unmark what is needed again."""
        needed = needed_blobs(session, self._retention)
        waits = self._waits(session)
        now, found = int(time.time()), _Found()
        for row in session.scalars(select(StoredBlob).order_by(StoredBlob.cid)):
            if row.cid in needed:
                row.unneeded_since = None
                row.task = needed[row.cid] if row.task == DRAFT else row.task
                continue
            row.unneeded_since = row.unneeded_since or now
            goes_at = row.unneeded_since + waits.get(row.task, self._retention.drafts)
            (found.due if goes_at <= now else found.waiting).append((row, goes_at))
        return found

    def _waits(self, session: Session) -> Mapping[int, int]:
        """By task, how long its unneeded blobs stay. A task that is not there has drafts only."""
        return {
            task: self._retention.after_end if state in ENDED else self._retention.grace
            for task, state in session.execute(select(TaskRow.id, TaskRow.state))
        }


@dataclass
class CollectGarbage:
    """A daemon's step: collect every ``interval`` seconds."""

    collector: Collector
    interval: float
    name: str = "collect"
    _next: float = 0.0

    def __call__(self) -> bool:
        if time.monotonic() < self._next or not self.collector.is_current():
            return False
        self._next = time.monotonic() + self.interval
        done = self.collector.collect()
        if done.removed:
            freed = sum(blob.size for blob in done.removed)
            logger().info("blobs_collected", blobs=len(done.removed), bytes=freed)
        return bool(done.removed)


def needed_blobs(session: Session, retention: Retention) -> Mapping[str, int]:
    """The CIDs that some task still needs, and that task.

    Of every task its metadata and its current, or final, model. While it runs also the model it began with, the
    candidates and proposals of its open round and of the last ``retention.rounds``, and what those rounds began with.
    """
    needed: dict[str, int] = {}
    for task in session.scalars(select(TaskRow)):
        needed |= dict.fromkeys(map(cid_of, _digests(session, task, retention)), task.id)
        if task.state not in ENDED:
            needed |= dict.fromkeys(session.scalars(_published(task, _oldest(task, retention))), task.id)
    return needed


def _digests(session: Session, task: TaskRow, retention: Retention) -> Iterator[bytes]:
    yield from (task.metadata_digest, task.model)
    if retention.models:
        yield from _accepted(session, task)
    if task.state not in ENDED:
        yield _initial_model(task)
        yield from _of_rounds(session, task, _oldest(task, retention))


def _oldest(task: TaskRow, retention: Retention) -> int:
    """The first round whose candidates and proposals are kept."""
    return task.opened - retention.rounds


def _of_rounds(session: Session, task: TaskRow, since: int) -> Iterator[bytes]:
    """What the rounds from number ``since`` on began with, and all that anybody voted on in them."""
    yield from _models_before(session, task, since)
    rounds = select(RoundRow.candidate).where(RoundRow.task == task.id, RoundRow.number >= since)
    votes = select(SeatRow.candidate).where(SeatRow.task == task.id, SeatRow.round >= since)
    for query in (rounds, votes):
        yield from filter(None, session.scalars(query))


def _models_before(session: Session, task: TaskRow, since: int) -> Iterator[bytes]:
    """The model that round ``since`` began with: the last one accepted before it, if any."""
    before = _accepted_rounds(task).where(RoundRow.number < since).order_by(RoundRow.number.desc()).limit(1)
    yield from filter(None, session.scalars(before))


def _accepted(session: Session, task: TaskRow) -> Iterator[bytes]:
    yield _initial_model(task)
    yield from filter(None, session.scalars(_accepted_rounds(task)))


def _accepted_rounds(task: TaskRow) -> Select[bytes | None]:
    return select(RoundRow.candidate).where(RoundRow.task == task.id, RoundRow.outcome == Outcome.ACCEPTED)


def _published(task: TaskRow, since: int) -> Select[str]:
    return select(PublicationRow.cid).where(PublicationRow.task == task.id, PublicationRow.round >= since)


def _initial_model(task: TaskRow) -> bytes:
    return bytes.fromhex(str(task.parameters["initial_model"]).removeprefix("0x"))


@dataclass
class _Found:
    """Unneeded rows and when each goes: those whose time has come, and the rest."""

    due: list[tuple[StoredBlob, int]] = field(default_factory=list)
    waiting: list[tuple[StoredBlob, int]] = field(default_factory=list)

    @property
    def collected(self) -> Collected:
        removed, later = self.due[:MOST_AT_ONCE], self.due[MOST_AT_ONCE:]
        return Collected(
            [_waste(*pair) for pair in removed], [_waste(*pair) for pair in later + self.waiting]
        )


def _waste(row: StoredBlob, goes_at: int) -> Waste:
    return Waste(row.cid, row.task, row.account, row.size, goes_at)
