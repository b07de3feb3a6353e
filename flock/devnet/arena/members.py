"""Trainers and validators of a demo's competition: the daemons' own steps, in this process or in one of their own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flock.protocol.arena.stages import WindowPhase

if TYPE_CHECKING:
    from flock.arena.actor import Actor
    from flock.arena.trainer.submitting import DiscloseAll, Submitting
    from flock.arena.validator.moment import Watch

HONEST = "honest"


@dataclass(frozen=True)
class Validator:
    """``kind`` says how it cheats, or that it does not. ``steps`` are those that run here, none of a program's.

    ``watch`` is the demo's own view of what is due from it.
    """

    name: str
    kind: str
    actor: Actor
    watch: Watch
    is_present: bool
    steps: Sequence[Callable[[], bool]] = ()

    def work(self) -> None:
        """Whatever is due from it by now, if that is for this process to do."""
        self.watch.refresh()
        for step in self.steps:
            while step():
                pass

    @property
    def is_done(self) -> bool:
        """Whether nothing is to be expected of it in the phase in which the last window is."""
        moment = self.watch.refresh()
        if not self.is_present or not moment.drawn:
            return True
        if moment.phase is WindowPhase.COMMIT:
            return moment.has_committed
        return moment.phase is not WindowPhase.REVEAL or moment.validator.has_revealed


@dataclass(frozen=True)
class Trainer(ABC):
    """``kind`` says how it cheats, or that it does not. ``artifacts`` are what it submits, by turn."""

    name: str
    kind: str
    actor: Actor
    artifacts: Mapping[int, bytes]

    @abstractmethod
    def submit(self, turn: int) -> None:
        """See to it that its artifact of this turn, if it has one, will be submitted."""

    @abstractmethod
    def disclose(self) -> None:
        """See to it that all it has submitted will be disclosed."""


@dataclass(frozen=True)
class TrainerHere(Trainer):
    """One whose steps run in this process."""

    submitting: Submitting
    disclosing: DiscloseAll
    is_sealed: bool

    def submit(self, turn: int) -> None:
        if turn in self.artifacts:
            pledge = self.submitting.submit(self.artifacts[turn], is_sealed=self.is_sealed)
            if not self.is_sealed:
                self.submitting.hand_over(pledge)

    def disclose(self) -> None:
        while self.disclosing():
            pass


@dataclass(frozen=True)
class TrainerProgram(Trainer):
    """``flock node start --role trainer``, which submits ``path`` whenever the file is replaced."""

    path: Path

    def submit(self, turn: int) -> None:
        if turn in self.artifacts:
            draft = self.path.with_suffix(".partial")
            draft.write_bytes(self.artifacts[turn])
            draft.replace(self.path)

    def disclose(self) -> None:
        """It sees by itself that it is time."""
