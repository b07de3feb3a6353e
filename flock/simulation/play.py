"""Strategies of some actors; all others play honestly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum


class Role(Enum):
    TRAINER = "trainer"
    VALIDATOR = "validator"
    DELEGATOR = "delegator"


class Strategy(Enum):
    HONEST = "honest"
    LAZY = "lazy"
    SKIMPING = "skimping"
    COPYING = "copying"
    SYBIL = "sybil"
    HOPPING = "hopping"
    CHASING = "chasing"
    JIT = "jit"
    LATE = "late"
    BAIT = "bait"


Plays = Mapping[Role, Strategy]
"""What those tested of each role play; of a role that is not in it, honestly."""


@dataclass(frozen=True)
class Play:
    """One strategy of one role."""

    role: Role
    strategy: Strategy


TITLES = {
    (Role.TRAINER, Strategy.LAZY): "submits the baseline, untrained",
    (Role.TRAINER, Strategy.SYBIL): "splits stake over up to ten identities, one training for all",
    (Role.TRAINER, Strategy.JIT): "full stake at midnight only",
    (Role.TRAINER, Strategy.LATE): "minimum stake until its rank is known, then all of it if that is good",
    (Role.TRAINER, Strategy.BAIT): "takes a tenth of what delegation adds for a week, then all of it",
    (Role.VALIDATOR, Strategy.LAZY): "reveals the mean of the medians so far",
    (Role.VALIDATOR, Strategy.SKIMPING): "evaluates a quarter of the set",
    (Role.VALIDATOR, Strategy.COPYING): "reveals the last median of the same trainer",
    (Role.VALIDATOR, Strategy.SYBIL): "splits stake over up to ten identities, one evaluation for all",
    (Role.VALIDATOR, Strategy.JIT): "full stake at midnight only, the minimum when it can be slashed",
    (Role.VALIDATOR, Strategy.BAIT): "takes a tenth of what delegation adds for a week, then all of it",
    (Role.DELEGATOR, Strategy.HOPPING): "moves every day to yesterday's best pool",
    (Role.DELEGATOR, Strategy.CHASING): "moves when the best pool so far makes up for the days lost",
    (Role.DELEGATOR, Strategy.JIT): "leaves after midnight, comes back before the next",
    (Role.DELEGATOR, Strategy.LATE): "waits two weeks for the ranking, then picks",
}
"""What is tested, and what each does; everything else as the honest do."""

PLAYS: Sequence[Play] = tuple(Play(*key) for key in TITLES)


def plays_of(strategies: Sequence[Strategy]) -> list[Play]:
    """Those that are tested of these strategies, for every role that has them."""
    return [play for play in PLAYS if play.strategy in strategies]
