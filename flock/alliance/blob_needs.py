"""Which blobs the tasks of Alliances need."""

from collections.abc import Iterator, Mapping

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from flock.alliance.models import PublicationRow, RoundRow, SeatRow, TaskRow, TaskStatus
from flock.protocol.alliance.votes import Outcome
from flock.protocol.core.cid import cid_of
from flock.tasks.garbage import Retention

ENDED = (TaskStatus.CLOSED, TaskStatus.CANCELLED)


class AllianceBlobs:
    """What Alliances say to the collector of garbage."""

    def has_ended(self, session: Session) -> Mapping[int, bool]:
        """Of every task whether it has ended."""
        rows = session.execute(select(TaskRow.id, TaskRow.state))
        return {task: state in ENDED for task, state in rows}

    def needed(self, session: Session, retention: Retention) -> Mapping[str, int]:
        """The CIDs that some task still needs, and that task.

        Of every task its metadata and its current, or final, model. While it runs also the model it began with, the
        candidates and proposals of its open round and of the last ``retention.rounds``, and what those rounds began
        with.
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
