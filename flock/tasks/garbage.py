"""Which blobs no task needs any more, and their end.

A blob is found unneeded first, and removed only once it has stayed so for a while: longer than rows may lag behind
the chain or a reorganisation reaches, and than an upload may take. Looking, removing and forgetting are one
transaction, in which no upload can begin. Bytes go before their row: killed between the two, the next run finds a
row without bytes and forgets it, while bytes without a row would never be found.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from flock.errors import ServiceUnavailable
from flock.log import logger
from flock.store.blobs import BlobBackend
from flock.store.database import Database
from flock.web.models import DRAFT, BlobRow, StoredBlob

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


class BlobNeeds(Protocol):
    """What the tasks of one product need, by its rows."""

    def needed(self, session: Session, retention: Retention) -> Mapping[str, int]:
        """The CIDs that some task still needs, and that task."""

    def has_ended(self, session: Session) -> Mapping[int, bool]:
        """Of every task whether it has ended."""


class Collector:
    """Removes from ``blobs``, whose rows are in ``table``, what ``retention`` lets go and none of ``needs`` asks for.

    ``is_current`` says whether the rows know the chain's head.
    """

    def __init__(
        self,
        database: Database,
        blobs: BlobBackend,
        retention: Retention,
        needs: Sequence[BlobNeeds],
        is_current: Callable[[], bool],
        table: type[BlobRow] = StoredBlob,
    ) -> None:
        self._database = database
        self._table = table
        self._blobs = blobs
        self._retention = retention
        self._needs = needs
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
        needed = self._needed(session)
        waits = self._waits(session)
        now, found = int(time.time()), _Found()
        for row in session.scalars(select(self._table).order_by(self._table.cid)):
            if row.cid in needed:
                row.unneeded_since = None
                row.task = needed[row.cid] if row.task == DRAFT else row.task
                continue
            row.unneeded_since = row.unneeded_since or now
            goes_at = row.unneeded_since + waits.get(row.task, self._retention.drafts)
            (found.due if goes_at <= now else found.waiting).append((row, goes_at))
        return found

    def _needed(self, session: Session) -> Mapping[str, int]:
        """The CIDs that a task of whatever product still needs, and that task."""
        needed: dict[str, int] = {}
        for product in self._needs:
            needed |= product.needed(session, self._retention)
        return needed

    def _waits(self, session: Session) -> Mapping[int, int]:
        """By task, how long its unneeded blobs stay. A task that is not there has drafts only."""
        return {
            task: self._retention.after_end if has_ended else self._retention.grace
            for product in self._needs
            for task, has_ended in product.has_ended(session).items()
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


@dataclass
class _Found:
    """Unneeded rows and when each goes: those whose time has come, and the rest."""

    due: list[tuple[BlobRow, int]] = field(default_factory=list)
    waiting: list[tuple[BlobRow, int]] = field(default_factory=list)

    @property
    def collected(self) -> Collected:
        removed, later = self.due[:MOST_AT_ONCE], self.due[MOST_AT_ONCE:]
        return Collected(
            [_waste(*pair) for pair in removed], [_waste(*pair) for pair in later + self.waiting]
        )


def _waste(row: BlobRow, goes_at: int) -> Waste:
    return Waste(row.cid, row.task, row.account, row.size, goes_at)
