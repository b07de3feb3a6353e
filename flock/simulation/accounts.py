"""A season's rewards, costs and slashes: FLOCK by actor of each role, and the rest of the budget."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from flock.simulation.formulas import Bools, Floats, Ints
from flock.simulation.play import ActorRole
from flock.simulation.rules import GM_PER_FLOCK


@dataclass(frozen=True)
class Account:
    """Columns over the actors of one role: what they staked at first (gmFLOCK), earned after fees, paid for their
    work, and lost to slashes (FLOCK)."""

    staked: Floats
    earned: Floats
    cost: Floats
    lost: Floats
    tested: Bools

    @property
    def net(self) -> Floats:
        """The net result."""
        return self.earned - self.cost - self.lost


@dataclass
class Books:
    """Everything that a season emitted is in ``accounts``, ``fees`` or ``unearned``; all in FLOCK."""

    accounts: Mapping[ActorRole, Account]
    emitted: float = 0.0
    fees: float = 0.0
    unearned: float = 0.0
    submissions: float = 0.0
    evaluations: float = 0.0

    def pay(self, role: ActorRole, actors: Ints, reward: Floats, fee: float) -> None:
        """Add rewards before fees to these actors."""
        earned = self.accounts[role].earned
        earned += np.bincount(actors, reward * (1 - fee), len(earned))
        self.fees += float(reward.sum() * fee)

    def charge(self, role: ActorRole, actors: Ints, cost: Floats) -> None:
        """What work or gas cost these actors."""
        column = self.accounts[role].cost
        column += np.bincount(actors, cost, len(column))

    def lose(self, role: ActorRole, actors: Ints, gm: Floats) -> None:
        """gmFLOCK that was slashed."""
        column = self.accounts[role].lost
        column += np.bincount(actors, gm / GM_PER_FLOCK, len(column))

    def emit(self, budget: float, rewarded: float) -> None:
        """A budget, and how much of it was earned."""
        self.emitted += budget
        self.unearned += budget - rewarded
