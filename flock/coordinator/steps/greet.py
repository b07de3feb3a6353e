"""Learn which member a newly connected Flower node works for."""

from collections.abc import Callable
from dataclasses import dataclass

from flwr.serverapp import Grid

from flock.coordinator.roster import Roster


@dataclass
class Greet:
    roster: Roster
    grid: Callable[[], Grid]
    name: str = "greet"

    def __call__(self) -> bool:
        return self.roster.refresh(self.grid())
