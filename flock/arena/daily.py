"""What happens on an Arena, counted by day as its events come in."""

from collections.abc import Callable, Mapping

from sqlalchemy.orm import Session

from flock.arena.models import ArenaDayRow, ArenaTaskRow, WindowRow
from flock.chain.events import Event
from flock.protocol.arena.commitments import unpacked_codes
from flock.protocol.arena.stages import Queue, SubmissionState
from flock.protocol.core.units import DAY
from flock.tasks.task_projection import Arguments

COUNTED = {
    SubmissionState.SCORED: "scored",
    SubmissionState.FAILED: "failed",
    SubmissionState.VOID: "void",
}


def rank_of(task: ArenaTaskRow, score: int) -> int:
    """``score`` for an order in which the lower is the better."""
    return -score if task.parameters["higher_is_better"] else score


def count(session: Session, event: Event) -> None:
    """Add what the event says to its day, once its rows are made."""
    counting = COUNTERS.get(event.name)
    task = session.get(ArenaTaskRow, event.arguments["task_id"])
    if counting is not None and task is not None and event.log.time is not None:
        counting(_day_of(session, task.id, event.log.time), session, event.arguments)


def _day_of(session: Session, task: int, time: int) -> ArenaDayRow:
    day = time // DAY * DAY
    row = session.get(ArenaDayRow, (task, day))
    if row is None:
        row = ArenaDayRow(task=task, day=day, **dict.fromkeys(COUNTS, 0))
        session.add(row)
    return row


def _submitted(row: ArenaDayRow, _: Session, __: Arguments) -> None:
    row.submissions += 1


def _cancelled(row: ArenaDayRow, _: Session, __: Arguments) -> None:
    row.cancelled += 1


def _expired(row: ArenaDayRow, _: Session, __: Arguments) -> None:
    row.void += 1


def _judged(row: ArenaDayRow, session: Session, given: Arguments) -> None:
    """On set A: a finalist is counted once."""
    window = session.get_one(WindowRow, (row.task, given["window"]))
    if window.queue is Queue.FINAL:
        return
    state = SubmissionState(given["state"])
    name = COUNTED[state]
    setattr(row, name, getattr(row, name) + 1)
    if state is SubmissionState.SCORED:
        rank = rank_of(session.get_one(ArenaTaskRow, row.task), given["median"])
        row.best_rank = rank if row.best_rank is None else min(rank, row.best_rank)


def _revealed(row: ArenaDayRow, _: Session, given: Arguments) -> None:
    codes = unpacked_codes(given["scores"], len(given["artifacts"]))
    row.validations += sum(code != 0 for code in codes)


def _opened(row: ArenaDayRow, _: Session, given: Arguments) -> None:
    row.validators = max(row.validators, given["validators"])


COUNTS = ("submissions", "scored", "failed", "void", "cancelled", "validations", "validators")
COUNTERS: Mapping[str, Callable[[ArenaDayRow, Session, Arguments], None]] = {
    "Submitted": _submitted,
    "SubmissionCancelled": _cancelled,
    "SubmissionExpired": _expired,
    "WindowOpened": _opened,
    "Judged": _judged,
    "ScoresRevealed": _revealed,
}
