"""Where a submission is: always in exactly one named state, and none lasts for ever.

Nothing happens on a chain by itself, so a deadline says from when on somebody can end the state alone: time itself,
or anybody who sends a transaction. ``until`` is that moment in Unix seconds, None in the states that are the end.

============  =============================================  =======================================================
state         what it is                                     who ends it, and by when at the latest
============  =============================================  =======================================================
waiting       in a queue, in no window                       its trainer cancels; anybody opens a window, or, from
                                                             the end of its patience on (``queue_seconds``; for
                                                             sealed ones in the closing, that of the finals),
                                                             expires it
drawing       its window is open, its panel not drawn        anybody draws the panel, at once
scoring       its panel scores it and commits                time: the window's ``commit_ends_at``
replacing     substitutes score it and commit                time: the window's ``replace_ends_at``
revealing     scores are revealed                            time: the window's ``reveal_ends_at``
judging       it has its scores                              anybody judges it, from ``reveal_ends_at`` on
sealed        the bytes stay with the trainer                its trainer cancels; anybody begins the closing, once
                                                             the last open submission must be judged
disclosing    the trainer is to say what it is               whoever knows the salt discloses it; time: the task's
                                                             deadline of disclosures
scored        it has a median on set A                       anybody begins the finals, once the time for disclosures
                                                             and for scoring the sealed ones is over
finalist      waits for a window on set B                    whoever has the key opens set B; anybody finishes the
                                                             task, from the deadline of the key or of the scores on
ranked        the end: its score stands
failed        the end: most of its panel could not score it
void          the end: nobody judged it, nobody is to blame
cancelled     the end: by its trainer
undisclosed   the end: sealed, and never disclosed
============  =============================================  =======================================================
"""

from dataclasses import dataclass
from enum import StrEnum

from flock.arena.models import ArenaTaskRow, SubmissionRow, TaskStage, Verdict, WindowRow


class SubmissionStatus(StrEnum):
    """The states of the table above."""

    WAITING = "waiting"
    DRAWING = "drawing"
    SCORING = "scoring"
    REPLACING = "replacing"
    REVEALING = "revealing"
    JUDGING = "judging"
    SEALED = "sealed"
    DISCLOSING = "disclosing"
    SCORED = "scored"
    FINALIST = "finalist"
    RANKED = "ranked"
    FAILED = "failed"
    VOID = "void"
    CANCELLED = "cancelled"
    UNDISCLOSED = "undisclosed"


ENDS = frozenset(
    {
        SubmissionStatus.RANKED,
        SubmissionStatus.FAILED,
        SubmissionStatus.VOID,
        SubmissionStatus.CANCELLED,
        SubmissionStatus.UNDISCLOSED,
    }
)
"""The states that nothing ends."""

ENDED_BY = {
    SubmissionStatus.WAITING: "anybody, by opening a window or, once it has waited too long, by expiring it",
    SubmissionStatus.DRAWING: "anybody, by drawing its panel",
    SubmissionStatus.SCORING: "time",
    SubmissionStatus.REPLACING: "time",
    SubmissionStatus.REVEALING: "time",
    SubmissionStatus.JUDGING: "anybody, by judging it",
    SubmissionStatus.SEALED: "anybody, by beginning the closing",
    SubmissionStatus.DISCLOSING: "its trainer, by disclosing it, or time",
    SubmissionStatus.SCORED: "anybody, by beginning the finals",
    SubmissionStatus.FINALIST: "the creator, by opening set B, or anybody, by finishing the task",
}
"""Of each state that is no end: who ends it."""

_BY_VERDICT = {
    Verdict.FAILED: SubmissionStatus.FAILED,
    Verdict.VOID: SubmissionStatus.VOID,
    Verdict.CANCELLED: SubmissionStatus.CANCELLED,
}


@dataclass(frozen=True)
class State:
    """``status`` and until when it lasts at the latest, in Unix seconds; None at the end."""

    status: SubmissionStatus
    until: int | None = None


def state_of(task: ArenaTaskRow, submission: SubmissionRow, window: WindowRow | None, now: int) -> State:
    """The state at ``now``; ``window`` is the one that has it, or had it last, if there was any."""
    if submission.verdict in _BY_VERDICT:
        return State(_BY_VERDICT[submission.verdict])
    if submission.verdict is Verdict.HIDDEN:
        return _hidden(task, now)
    if submission.verdict is Verdict.SCORED:
        return _scored(task, submission, window, now)
    if window is not None:
        return in_window(window, now)
    if task.stage is TaskStage.FINISHED:
        return State(SubmissionStatus.VOID)
    return State(SubmissionStatus.WAITING, _patience_ends_at(task, submission))


def in_window(window: WindowRow, now: int) -> State:
    """The state of a submission of ``window`` that is not judged."""
    phases = (
        (SubmissionStatus.SCORING, window.commit_ends_at),
        (SubmissionStatus.REPLACING, window.replace_ends_at),
        (SubmissionStatus.REVEALING, window.reveal_ends_at),
    )
    if window.seed is None:
        return State(SubmissionStatus.DRAWING, window.opened_at)
    for status, ends_at in phases:
        if ends_at is not None and now < ends_at:
            return State(status, ends_at)
    return State(SubmissionStatus.JUDGING, window.reveal_ends_at)


def closes_by(task: ArenaTaskRow) -> int:
    """When anybody can begin the closing at the latest: a submission of the last second has waited, or was judged."""
    return _term(task, "ends_at") + _term(task, "queue_seconds") + _window_seconds(task)


def finals_by(task: ArenaTaskRow) -> int:
    """When anybody can begin the finals at the latest: a window of the last second is over."""
    discloses_by = task.stage_ends_at if task.stage is TaskStage.DISCLOSING else None
    discloses_by = discloses_by or closes_by(task) + _term(task, "disclose_seconds")
    return discloses_by + _term(task, "final_seconds") + _window_seconds(task)


def finishes_by(task: ArenaTaskRow) -> int:
    """When anybody can finish a task in its finals at the latest; windows are open only once the key is."""
    return (task.stage_ends_at or 0) + (0 if task.key is None else _window_seconds(task))


def _hidden(task: ArenaTaskRow, now: int) -> State:
    if task.stage in (TaskStage.ENROLLING, TaskStage.RUNNING):
        return State(SubmissionStatus.SEALED, closes_by(task))
    if task.stage is TaskStage.DISCLOSING and now < (task.stage_ends_at or 0):
        return State(SubmissionStatus.DISCLOSING, task.stage_ends_at)
    return State(SubmissionStatus.UNDISCLOSED)


def _scored(task: ArenaTaskRow, submission: SubmissionRow, window: WindowRow | None, now: int) -> State:
    if task.stage in (TaskStage.RUNNING, TaskStage.DISCLOSING):
        return State(SubmissionStatus.SCORED, finals_by(task))
    is_awaited = submission.is_finalist and submission.final_verdict is None
    if task.stage is not TaskStage.FINALS or not is_awaited or not _awaits_set_b(task):
        return State(SubmissionStatus.RANKED)
    if submission.final_window is None or window is None:
        return State(SubmissionStatus.FINALIST, finishes_by(task))
    return in_window(window, now)


def _patience_ends_at(task: ArenaTaskRow, submission: SubmissionRow) -> int:
    if submission.is_sealed:
        return finals_by(task) if task.stage is TaskStage.DISCLOSING else (task.stage_ends_at or 0)
    return submission.submitted_at + _term(task, "queue_seconds")


def _awaits_set_b(task: ArenaTaskRow) -> bool:
    return not task.key_is_lost and int(str(task.parameters["key_hash_b"]), 16) != 0


def _window_seconds(task: ArenaTaskRow) -> int:
    """From the draw of a window to its last reveal."""
    return sum(_term(task, f"{phase}_seconds") for phase in ("commit", "replace", "reveal"))


def _term(task: ArenaTaskRow, name: str) -> int:
    return int(task.parameters[name])
