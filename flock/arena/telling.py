"""An Arena's events as listeners are told them: by a short name, with plain arguments; and where its window is.

Of reveals is told that they were made. What they say is with the submission, once the time to reveal is over.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from flock.arena.models import ArenaTaskRow, TaskStage, WindowRow
from flock.arena.projection import VERDICTS
from flock.arena.queries import known_task
from flock.arena.submission_states import in_window
from flock.chain.client import Client
from flock.chain.events import Event
from flock.errors import FlockError
from flock.protocol.arena.stages import Queue, Role, SubmissionState
from flock.protocol.core.cid import cid_of
from flock.store.database import Database

NAMES: Mapping[str, str] = {
    "TaskCreated": "created",
    "TaskFunded": "funded",
    "TaskCancelled": "cancelled",
    "Bonded": "bonded",
    "ArenaBegan": "begun",
    "Enrolled": "enrolled",
    "Suspended": "suspended",
    "Delisted": "delisted",
    "Left": "left",
    "Submitted": "submitted",
    "SubmissionCancelled": "withdrawn",
    "SubmissionExpired": "expired",
    "WindowOpened": "opened",
    "PanelsDrawn": "drawn",
    "SubstitutesDrawn": "substitutes",
    "ScoresCommitted": "committed",
    "SubstituteCommitted": "stepped_in",
    "ScoresRevealed": "revealed",
    "Judged": "judged",
    "Placed": "placed",
    "FoundToBeCopy": "copy",
    "ValidatorSlashed": "slashed",
    "ClosingBegan": "closing",
    "Disclosed": "disclosed",
    "FinalsBegan": "finals",
    "KeyOpened": "key_opened",
    "KeyLost": "key_lost",
    "ArenaFinished": "finished",
}
"""What is told, and as what. A name that is not here moves money only, or what others tell as well."""

AMOUNTS = ("bounty", "amount", "refund", "stake", "minimum_stake", "keepers_reserve", "gm", "flock")
UNTOLD = (
    *("task_id", "board", "terms_hash", "terms"),
    *("seats", "scores", "duplicates", "artifacts", "loss_roots"),
)
OVER = (TaskStage.FINISHED, TaskStage.CANCELLED)


class ArenaTelling:
    """What who follows an Arena is told."""

    names = NAMES

    def __init__(self, database: Database, client: Client) -> None:
        self._database = database
        self._client = client

    def told(self, event: Event) -> Mapping[str, Any]:
        """The arguments as JSON holds them, and where it happened."""
        arguments = {
            name: _plain(name, value) for name, value in event.arguments.items() if name not in UNTOLD
        }
        return {**arguments, "block": event.log.block, "transaction": event.log.transaction}

    def require_task(self, session: Session, task: int) -> None:
        """Raises UnknownTask."""
        known_task(session, task)

    def is_over(self, session: Session, task: int) -> bool:
        """Whether nothing more happens to the task."""
        row = session.get(ArenaTaskRow, task)
        return row is not None and row.stage in OVER

    def phase(self, task: int, block: int) -> Mapping[str, Any] | None:
        """Where the last window is at the time of ``block``; ``ends_at`` in Unix seconds, if that is known."""
        try:
            now = self._client.block(block).timestamp
        except FlockError:
            return None  # it is asked again at the next block
        with self._database.reading() as session:
            row = session.get(ArenaTaskRow, task)
            window = session.get(WindowRow, (task, row.windows)) if row is not None else None
        if row is None:
            return None
        if window is None or window.judged == len(window.submissions):
            return {"stage": row.stage, "window": row.windows, "phase": "none", "ends_at": None}
        state = in_window(window, now)
        return {"stage": row.stage, "window": row.windows, "phase": state.status, "ends_at": state.until}


def _plain(name: str, value: Any) -> Any:
    if name in AMOUNTS:
        return str(value)
    if name == "metadata":
        return cid_of(value)
    if name == "state":
        return VERDICTS[SubmissionState(value)]
    if name == "role":
        return Role(value).name.lower()
    if name == "queue":
        return Queue(value).name.lower()
    return "0x" + value.hex() if isinstance(value, bytes) else value
