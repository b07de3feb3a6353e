"""What a keeper has to know of an Arena, read from the chain at one moment."""

from dataclasses import dataclass

from flock.chain.contracts.arena_board import ArenaView
from flock.chain.contracts.arena_panels import Progress, WindowView
from flock.chain.contracts.deployed import Contracts
from flock.protocol.arena.panels import seated
from flock.protocol.arena.params import ArenaParameters
from flock.protocol.arena.stages import Queue, Stage, SubmissionState, WindowPhase
from flock.protocol.core.tasks import TaskState

MOST_LOOKED_AT = 16
"""Submissions, or validators, that one act takes up at most."""
MOST_SKIPPED = 256
"""Ended submissions at the head of a queue that a window skips (ArenaRecords)."""


@dataclass(frozen=True)
class Outlook:
    """An Arena as of one block; times in Unix seconds.

    ``window`` is the last one, None before the first. ``refund`` is what its creator can withdraw, in wei.
    ``waits`` says whether a submission waits for the next window; ``overdue`` are those that have waited too long,
    ``next_overdue`` is when the next one has, 0 if none waits. ``misses_a_seat`` says whether somebody who has a seat
    has not committed; it is known once committing is over.
    ``unsettled`` are validators with windows that are judged, and that they are not settled for.
    """

    parameters: ArenaParameters
    now: int
    block: int
    state: TaskState
    began_at: int
    creator: str
    refund: int
    arena: ArenaView
    progress: Progress
    window: WindowView | None = None
    misses_a_seat: bool = False
    waits: bool = False
    overdue: tuple[int, ...] = ()
    next_overdue: int = 0
    unsettled: tuple[str, ...] = ()

    @property
    def is_judged(self) -> bool:
        """Whether nothing of the last window waits for a verdict."""
        return self.window is None or self.progress.judged == self.window.count

    @property
    def phase(self) -> WindowPhase:
        """Of the last window."""
        return self.window.phase if self.window else WindowPhase.NONE


class Lookout:
    """Reads one Arena again and again. What takes a request for each validator, and stays as it is, is read once."""

    def __init__(self, contracts: Contracts, task: int, parameters: ArenaParameters) -> None:
        self._contracts = contracts
        self._task = task
        self._parameters = parameters
        self._missing: tuple[int, bool] = (0, False)
        self._settled_window = 0

    def look(self) -> Outlook:
        """The Arena as of the newest block."""
        contracts, task = self._contracts, self._task
        head = contracts.client.head()
        made, arena = contracts.task_manager.task_of(task), contracts.arena_board.arena_view(task)
        progress = contracts.arena_panels.progress_of(task)
        window = contracts.arena_panels.window_of(task, progress.window) if progress.window else None
        waiting = _waiting(contracts, task, arena, head.timestamp)
        refund = contracts.task_manager.refund_of(task, made.creator) if made.state.is_over else 0
        return Outlook(
            parameters=self._parameters,
            now=head.timestamp,
            block=head.number,
            state=made.state,
            began_at=made.began_at,
            creator=made.creator,
            refund=refund,
            arena=arena,
            progress=progress,
            window=window,
            misses_a_seat=self._misses_a_seat(progress, window),
            waits=waiting.waits,
            overdue=waiting.overdue,
            next_overdue=waiting.next_overdue,
            unsettled=self._unsettled(progress, window),
        )

    def _misses_a_seat(self, progress: Progress, window: WindowView | None) -> bool:
        """Not by counting commitments: one of somebody without a seat would hide that another is missing."""
        if window is None or window.phase is not WindowPhase.REPLACE or any(window.second_seed):
            return False
        if self._missing[0] != progress.window:
            panels, task = self._contracts.arena_panels, self._task
            slots = window.count * self._parameters.panel_seats
            drawn = seated(window.seed, slots, window.validators)
            holders = panels.standings_of(task, panels.validators_of(task, list(drawn)))
            is_missing = any(each.committed_window != progress.window for each in holders)
            self._missing = (progress.window, is_missing)
        return self._missing[1]

    def _unsettled(self, progress: Progress, window: WindowView | None) -> tuple[str, ...]:
        if window is None or window.phase < WindowPhase.REST or progress.judged < window.count:
            return ()
        if self._settled_window == progress.window:
            return ()
        panels, task = self._contracts.arena_panels, self._task
        accounts = panels.validators_of(task, range(progress.validators))
        standings = panels.standings_of(task, accounts)
        found = [
            account
            for account, standing in zip(accounts, standings, strict=True)
            if standing.settled_window < progress.window
        ][:MOST_LOOKED_AT]
        if not found:
            self._settled_window = progress.window
        return tuple(found)


def queue_of(stage: Stage) -> Queue:
    """Which queue the next window takes from, as the stage has it."""
    return {Stage.RUNNING: Queue.OPEN, Stage.DISCLOSING: Queue.SEALED}.get(stage, Queue.FINAL)


@dataclass(frozen=True)
class _Waiting:
    """Of submissions in no window: whether one waits for the next, which have waited too long, when one has next."""

    waits: bool = False
    overdue: tuple[int, ...] = ()
    next_overdue: int = 0


def _waiting(contracts: Contracts, task: int, arena: ArenaView, now: int) -> _Waiting:
    queue = queue_of(arena.stage)
    waiting = _queued(contracts, task, arena, queue)
    if queue is Queue.FINAL:
        waits = arena.waits(Queue.FINAL)
        waiting = _queued(contracts, task, arena, Queue.SEALED)
    else:
        waits = bool(waiting)
    if arena.stage not in (Stage.RUNNING, Stage.FINALS):
        return _Waiting(waits)
    overdue = tuple(number for number, deadline in waiting if deadline <= now)
    return _Waiting(waits, overdue, min((end for _, end in waiting if end > now), default=0))


def _queued(contracts: Contracts, task: int, arena: ArenaView, queue: Queue) -> list[tuple[int, int]]:
    """The first submissions of a queue that are in no window and not ended, with the end of their waiting."""
    board, found, first = contracts.arena_board, [], arena.taken[queue]
    last = min(arena.queued[queue], first + MOST_SKIPPED)
    for start in range(first, last, MOST_LOOKED_AT):
        numbers = board.queued_in(task, queue, range(start, min(last, start + MOST_LOOKED_AT)))
        views = board.submissions_of(task, numbers)
        found += [
            (number, view.deadline)
            for number, view in zip(numbers, views, strict=True)
            if view.state is SubmissionState.QUEUED
        ]
        if len(found) >= MOST_LOOKED_AT:
            break
    return found[:MOST_LOOKED_AT]
