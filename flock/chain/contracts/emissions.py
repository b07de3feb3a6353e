"""Emissions: the daily budget and the weights by which tasks share it."""

from typing import ClassVar

from flock.chain.contracts.binding import Binding
from flock.chain.sending.sender import Receipt, Sender
from flock.protocol.core.units import Wei
from flock.protocol.economy.emissions import Schedule, day_of


class Emissions(Binding):
    """Days are counted from the Unix epoch; amounts in wei."""

    contract: ClassVar[str] = "Emissions"

    def mints(self) -> bool:
        """Whether FLOCK is minted; otherwise what the contract holds is paid out."""
        return bool(self.read("mints"))

    def first_day(self) -> int:
        """The day of the deployment, the first to be emitted."""
        return int(self.read("firstDay"))

    def next_day(self) -> int:
        """The first day not yet emitted."""
        return int(self.read("nextDay"))

    def schedule(self) -> Schedule:
        """The budget of the next day, and how it falls."""
        return Schedule(
            first_day=self.first_day(),
            next_day=self.next_day(),
            budget=Wei(int(self.read("dailyBudget"))),
            decay_bps=int(self.read("decayBps")),
        )

    def emitted(self) -> int:
        """All that was ever emitted."""
        return int(self.read("emitted"))

    def released(self) -> int:
        """The part of it that served roots have given to the distributor."""
        return int(self.read("released"))

    def is_paused(self) -> bool:
        """Whether the guardian has paused emissions."""
        return bool(self.read("paused"))

    def weight_of(self, task: int) -> int:
        """A task's weight; 0 if it has none."""
        return int(self.read("weightOf", task))

    def weights(self) -> dict[int, int]:
        """The tasks that have a weight, in the order in which they got it."""
        tasks: tuple[int, ...] = self.read("weightedTasks")
        return {task: self.weight_of(task) for task in tasks}

    def is_due(self) -> bool:
        """Whether a day is over and not yet emitted."""
        return self.next_day() < day_of(self.client.now())

    def emit_due(self, sender: Sender, key: str | None = None) -> Receipt | None:
        """Emit the days that are over, as many as fit one call; does nothing if none is due."""
        return self.write(sender, key or self.fresh_key("emit"), "emitDue", holds=lambda: not self.is_due())
