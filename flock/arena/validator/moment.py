"""A task as one validator sees it, read no more often than something can have changed."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flock.arena.actor import Actor
from flock.chain.contracts.arena_panels import ValidatorView, WindowView
from flock.protocol.arena.panels import shuffled, slots_of
from flock.protocol.arena.stages import Queue, WindowPhase

IDLE_SECONDS = 10.0
IDLE_SHARE = 0.05
"""Of a task's shortest phase: how late a validator may see that panels were drawn."""


@dataclass(frozen=True)
class Seat:
    """A slot of a window, and the submission that is scored there."""

    slot: int
    submission: int


@dataclass(frozen=True)
class Moment:
    """As of one block: ``now`` in Unix seconds, the last window and its number, 0 and None before the first.

    ``drawn`` are the validator's own seats, known once panels are drawn; ``substituted`` those that it can stand in
    for, known once substitutes are drawn.
    """

    now: int
    number: int
    window: WindowView | None
    validator: ValidatorView
    drawn: tuple[Seat, ...] = ()
    substituted: tuple[Seat, ...] = ()

    @property
    def phase(self) -> WindowPhase:
        """Of the last window."""
        return self.window.phase if self.window else WindowPhase.NONE

    @property
    def has_committed(self) -> bool:
        """Whether the validator has committed in the last window."""
        return self.number > 0 and self.validator.committed_window == self.number

    @property
    def can_score(self) -> bool:
        """Whether it is on the list and not suspended."""
        return self.validator.is_listed and not self.validator.is_suspended

    @property
    def is_final(self) -> bool:
        """Whether the last window scores finalists, on set B."""
        return self.window is not None and self.window.queue is Queue.FINAL

    @property
    def deadline(self) -> int:
        """When the phase ends by itself, in Unix seconds; 0 if it does not."""
        if self.window is None:
            return 0
        ends = {
            WindowPhase.COMMIT: self.window.commit_ends_at,
            WindowPhase.REPLACE: self.window.replace_ends_at,
            WindowPhase.REVEAL: self.window.reveal_ends_at,
        }
        return ends.get(self.window.phase, 0)


class Watch:
    """One validator's view of one task, read at most every ``fresh_seconds``."""

    def __init__(
        self, actor: Actor, fresh_seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._actor = actor
        self._fresh_seconds = fresh_seconds
        self._clock = clock
        self._moment: Moment | None = None
        self._read_again_at = 0.0
        self._submissions: dict[tuple[int, int], int] = {}

    def moment(self) -> Moment:
        """The newest that was read."""
        if self._moment is None or self._clock() >= self._read_again_at:
            return self.refresh()
        return self._moment

    def refresh(self) -> Moment:
        """The chain's newest."""
        self._moment = self._read()
        self._read_again_at = self._clock() + self._pause(self._moment)
        return self._moment

    def _pause(self, moment: Moment) -> float:
        """What is due from this validator is known from the last reading, until a phase ends or a window opens."""
        terms, fresh = self._actor.parameters, self._fresh_seconds
        shortest = min(terms.window_seconds, terms.commit_seconds, terms.replace_seconds)
        idle = max(fresh, min(IDLE_SECONDS, shortest * IDLE_SHARE))
        left = moment.deadline - moment.now
        return max(fresh, min(idle, left)) if left > 0 else idle

    def _read(self) -> Moment:
        actor, panels = self._actor, self._actor.contracts.arena_panels
        now, number = actor.contracts.client.now(), panels.progress_of(actor.task).window
        validator = panels.validator_of(actor.task, actor.account)
        if not number:
            return Moment(now, 0, None, validator)
        window = panels.window_of(actor.task, number)
        moment = Moment(now, number, window, validator)
        is_on_it = moment.can_score and validator.position < window.validators and any(window.seed)
        is_new = validator.settled_window >= number  # enrolled since the window opened, or settled for it
        if not is_on_it or is_new:
            return moment
        drawn = self._drawn(number, window, validator)
        substituted = self._substituted(number, window, validator, drawn)
        return Moment(now, number, window, validator, drawn, substituted)

    def _drawn(self, number: int, window: WindowView, validator: ValidatorView) -> tuple[Seat, ...]:
        return self._seats(number, window, self._slots(window.seed, window, validator))

    def _substituted(
        self, number: int, window: WindowView, validator: ValidatorView, drawn: tuple[Seat, ...]
    ) -> tuple[Seat, ...]:
        """Of slots whose validators have not committed; not where this one was absent itself, or sits already."""
        if window.phase is not WindowPhase.REPLACE or not any(window.second_seed):
            return ()
        if drawn and validator.committed_window != number:
            return ()
        k = self._actor.parameters.panel_seats
        panels_of_its_own = {seat.slot // k for seat in drawn}
        slots = [
            slot
            for slot in self._slots(window.second_seed, window, validator)
            if slot // k not in panels_of_its_own and self._is_empty(number, window, slot)
        ]
        return self._seats(number, window, slots)

    def _is_empty(self, number: int, window: WindowView, slot: int) -> bool:
        """Whether the validator that was drawn for ``slot`` has not committed."""
        panels, task = self._actor.contracts.arena_panels, self._actor.task
        place = shuffled(window.seed, slot % window.validators, window.validators)
        holder = panels.validator_of(task, panels.validator_at(task, place))
        return holder.committed_window != number

    def _slots(self, seed: bytes, window: WindowView, validator: ValidatorView) -> tuple[int, ...]:
        slots = window.count * self._actor.parameters.panel_seats
        return slots_of(seed, validator.position, slots, window.validators)

    def _seats(self, number: int, window: WindowView, slots: Sequence[int]) -> tuple[Seat, ...]:
        k = self._actor.parameters.panel_seats
        return tuple(Seat(slot, self._submission(number, window, slot // k)) for slot in slots)

    def _submission(self, number: int, window: WindowView, order: int) -> int:
        if (number, order) not in self._submissions:
            board, task = self._actor.contracts.arena_board, self._actor.task
            found = board.queued_at(task, window.queue, window.first + order)
            self._submissions = {key: each for key, each in self._submissions.items() if key[0] == number}
            self._submissions[number, order] = found
        return self._submissions[number, order]
