"""Which blobs Arenas need: public ones, and those that the service keeps to itself."""

from collections.abc import Iterator, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from flock.arena.models import ArenaTaskRow, BroughtRow, PrivateBlob, TaskStage
from flock.protocol.core.cid import cid_of
from flock.tasks.garbage import Retention

ENDED = (TaskStage.FINISHED, TaskStage.CANCELLED)


class ArenaBlobs:
    """What Arenas say to the collector of public garbage: their metadata stay."""

    def has_ended(self, session: Session) -> Mapping[int, bool]:
        """Of every task whether it has ended."""
        rows = session.execute(select(ArenaTaskRow.id, ArenaTaskRow.stage))
        return {task: stage in ENDED for task, stage in rows}

    def needed(self, session: Session, retention: Retention) -> Mapping[str, int]:  # noqa: ARG002 - the same for all
        """The CIDs that some task still needs, and that task."""
        rows = session.execute(select(ArenaTaskRow.id, ArenaTaskRow.metadata_digest))
        return {cid_of(metadata): task for task, metadata in rows}


class PrivateBlobs(ArenaBlobs):
    """What they say to the collector of private garbage.

    Until a task ends all that was brought for it stays; then its sets and the artifact of its winner.
    """

    def needed(self, session: Session, retention: Retention) -> Mapping[str, int]:  # noqa: ARG002 - the same for all
        """The CIDs that some task still needs, and that task."""
        needed: dict[str, int] = {}
        for task in session.scalars(select(ArenaTaskRow)):
            needed |= dict.fromkeys(_kept(session, task), task.id)
        return needed


def _kept(session: Session, task: ArenaTaskRow) -> Iterator[str]:
    if task.stage not in ENDED:
        yield from session.scalars(select(PrivateBlob.cid).where(PrivateBlob.task == task.id))
        yield from session.scalars(select(BroughtRow.cid).where(BroughtRow.task == task.id))
    for term in ("set_a", "cipher_b"):
        yield cid_of(bytes.fromhex(str(task.parameters[term]).removeprefix("0x")))
    if task.model is not None:
        yield cid_of(task.model)
