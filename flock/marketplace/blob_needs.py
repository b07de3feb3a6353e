"""Which blobs the Marketplace needs: the document of every version, and its bytes where they were brought."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from flock.marketplace.models import VersionRow
from flock.protocol.core.cid import cid_of
from flock.tasks.garbage import Retention


class MarketBlobs:
    """What the Marketplace says to the collector of garbage.

    Blobs are kept by task, and a version is none: its number below zero stands for it, which no task has, so that
    what is published no longer counts as a draft.
    """

    def has_ended(self, session: Session) -> Mapping[int, bool]:  # noqa: ARG002 - none of them is a task
        """No task is the Marketplace's."""
        return {}

    def needed(self, session: Session, retention: Retention) -> Mapping[str, int]:  # noqa: ARG002 - the same for all
        """The CIDs that some version still needs, and that version."""
        rows = session.execute(select(VersionRow.id, VersionRow.digest, VersionRow.metadata_digest))
        found: dict[str, int] = {}
        for version, digest, metadata in rows:
            found |= dict.fromkeys((cid_of(metadata), cid_of(digest)), -version)
        return found
