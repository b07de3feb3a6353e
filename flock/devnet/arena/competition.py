"""One competition, played from its start to its last score: the demo lets time run once all that is due is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING

from flock.devnet.arena.members import Trainer, Validator
from flock.protocol.arena.stages import Queue, Stage, SubmissionState, WindowPhase

if TYPE_CHECKING:
    from flock.arena.actor import Actor
    from flock.arena.keeper.step import KeepArena
    from flock.arena.task_document import TaskDocument
    from flock.chain.contracts.arena_board import ArenaBoard, SubmissionView
    from flock.chain.contracts.arena_panels import WindowView
    from flock.devnet.arena.network import ArenaNetwork
    from flock.devnet.arena.tasks import DemoArena

WORK_SECONDS = (
    300.0  # of this machine's time; programs that end are noticed at once, this is for one that hangs
)
MORNING_SECONDS = 3_600
SEED_BLOCKS = 3
"""After so many blocks the hash of the one that a seed depends on is known."""


@dataclass
class Competition:
    """A task of ``arena``. ``creator`` opens set B with ``key_b``, ``keeper`` pushes the task on.

    ``programs`` are the names of members that are processes of their own. ``peers`` name, by kind of cheat, the
    honest member that it is measured against.
    """

    network: ArenaNetwork
    arena: DemoArena
    document: TaskDocument
    key_b: bytes
    creator: Actor
    keeper: Actor
    trainers: list[Trainer] = field(default_factory=list)
    validators: list[Validator] = field(default_factory=list)
    programs: list[str] = field(default_factory=list)
    peers: Mapping[str, str] = field(default_factory=dict)
    paid_to_keeper: int = 0

    @property
    def task(self) -> int:
        """Its number on the chain."""
        return self.creator.task

    @property
    def members(self) -> Sequence[Trainer | Validator]:
        """All who enrolled."""
        return [*self.trainers, *self.validators]

    # ---- playing it

    def last_median(self) -> int:
        """The median that was judged last, in millionths; the baseline's score before the first."""
        medians = [each.final_median or each.median for each in self._views()]
        return next((each for each in reversed(medians) if each), self.creator.parameters.baseline)

    def begin(self) -> None:
        """Start it, once all have enrolled."""
        actors = [each.actor for each in self.members]
        self._wait_until(lambda: all(actor.member.is_active for actor in actors), "Enrolment")
        self._pass_until(lambda: self.creator.stage is Stage.RUNNING)

    def play_day(self, turn: int) -> None:
        """A day: trainers submit what they have for this turn, one after the other, and validators score it.

        Stake earns on days on which it is there from the first second to the last, so it is always another day.
        """
        self.network.pass_to_next_day(MORNING_SECONDS)
        self.keep()
        for trainer in self.trainers:
            expected = self._submissions + (turn in trainer.artifacts)
            trainer.submit(turn)
            self._wait_until(partial(self._has, expected), f"{trainer.name}'s submission")
        self.network.catch_up()
        self._play_window()

    def close(self) -> None:
        """From the end of submissions to the ranking on set B."""
        self.network.pass_to(self.creator.parameters.ends_at)
        self._pass_until(lambda: self.creator.stage is Stage.DISCLOSING)
        for trainer in self.trainers:
            trainer.disclose()
        self._wait_until(self._is_disclosed, "Disclosure")
        self.network.catch_up()
        self.network.pass_to(self._board.arena_view(self.task).stage_ends_at)
        if self._board.arena_view(self.task).waits(Queue.SEALED):
            self._play_window()
        self._pass_until(lambda: self.creator.stage is Stage.FINALS)
        self._board.open_key(self.creator.sender, self.task, self.key_b)
        self._play_window()
        self._pass_until(lambda: self.creator.stage is Stage.FINISHED)
        self.keep()

    def pay_out(self) -> None:
        """Stop programs, and pay everybody what the board owes: fees that came back, keepers' fees, the bond."""
        for name in self.programs:
            self.network.processes.stop(name)
        self.paid_to_keeper = self.keeper.member.owed
        accounts = {each.actor.account for each in self.members}
        for account in sorted({*accounts, self.creator.account, self.keeper.account}):
            self._board.withdraw(self.keeper.sender, self.task, account)

    def keep(self) -> bool:
        """Do whatever a keeper can do now; whether it did anything."""
        done = False
        while self._keeping.push():
            done = True
        return done

    # ---- pieces

    def _play_window(self) -> None:
        """From the opening of the next window to its verdicts."""
        self._pass_until(lambda: self._window.phase is WindowPhase.COMMIT)
        self.network.catch_up()
        while self._window.phase is not WindowPhase.REST:
            self._wait_until(self._is_worked_off, f"What validators do in {self._window.phase.name.lower()}")
            if not self.keep():
                self._let_the_phase_pass()
        panels = self.network.contracts.arena_panels
        self._pass_until(lambda: panels.is_idle(self.task))

    def _is_worked_off(self) -> bool:
        """Let those who work here do what is due; whether all have done it."""
        for validator in self.validators:
            if validator.is_present:
                validator.work()
        return all(each.is_done for each in self.validators)

    def _is_disclosed(self) -> bool:
        waiting = (SubmissionState.SCORED, SubmissionState.HIDDEN)
        return not any(each.state in waiting and not each.is_disclosed for each in self._views())

    def _views(self) -> list[SubmissionView]:
        board = self._board
        return [board.submission_of(self.task, number) for number in range(1, self._submissions + 1)]

    @property
    def _board(self) -> ArenaBoard:
        return self.network.contracts.arena_board

    @cached_property
    def _keeping(self) -> KeepArena:
        from flock.arena.keeper.step import KeepArena

        keeper = self.keeper
        return KeepArena(keeper.contracts, keeper.sender, self.task, keeper.parameters, idle_seconds=0)

    def _has(self, submissions: int) -> bool:
        return self._submissions >= submissions

    @property
    def _submissions(self) -> int:
        return self._board.arena_view(self.task).submissions

    @property
    def _window(self) -> WindowView:
        panels = self.network.contracts.arena_panels
        return panels.window_of(self.task, panels.progress_of(self.task).window)

    def _wait_until(self, holds: Callable[[], bool], what: str) -> None:
        self.network.processes.wait_until(holds, f"{what} in task {self.task}", WORK_SECONDS)

    def _pass_until(self, holds: Callable[[], bool]) -> None:
        """Let keepers push, and time pass, until it holds."""
        while not holds():
            self.network.processes.require_alive()
            if not self.keep():
                self._let_the_phase_pass()

    def _let_the_phase_pass(self) -> None:
        window, rest = self._window, self.creator.parameters.rest_seconds
        ends = {
            WindowPhase.COMMIT: window.commit_ends_at,
            WindowPhase.REPLACE: window.replace_ends_at,
            WindowPhase.REVEAL: window.reveal_ends_at,
            WindowPhase.REST: window.reveal_ends_at + rest,
        }
        if ends.get(window.phase, 0) > self.network.devnet.client.now():
            self.network.pass_to(ends[window.phase])
        else:
            self.network.devnet.mine(SEED_BLOCKS)
