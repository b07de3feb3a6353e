"""Strategies of some actors; all others play honestly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum


class ActorRole(Enum):
    TRAINER = "trainer"
    VALIDATOR = "validator"
    DELEGATOR = "delegator"


class Strategy(Enum):
    HONEST = "honest"
    LAZY = "lazy"
    SKIMPING = "skimping"
    COPYING = "copying"
    WITHHOLDING = "withholding"
    HARDWARE = "hardware"
    OUTLIER = "outlier"
    SYBIL = "sybil"
    HOPPING = "hopping"
    CHASING = "chasing"
    JIT = "jit"
    LATE = "late"
    BAIT = "bait"


Plays = Mapping[ActorRole, Strategy]
"""What those tested of each role play; of a role that is not in it, honestly."""


@dataclass(frozen=True)
class Play:
    """One strategy of one role."""

    role: ActorRole
    strategy: Strategy


TITLES = {
    (ActorRole.TRAINER, Strategy.LAZY): "submits the baseline, untrained",
    (ActorRole.TRAINER, Strategy.SYBIL): "splits stake over up to ten identities, one training for all",
    (ActorRole.TRAINER, Strategy.JIT): "full stake at midnight only",
    (
        ActorRole.TRAINER,
        Strategy.LATE,
    ): "minimum stake until its rank is known, then all of it if that is good",
    (ActorRole.TRAINER, Strategy.BAIT): "takes a tenth of what delegation adds for a week, then all of it",
    (ActorRole.VALIDATOR, Strategy.LAZY): "reveals the mean of the medians so far",
    (ActorRole.VALIDATOR, Strategy.SKIMPING): "evaluates a quarter of the set",
    (ActorRole.VALIDATOR, Strategy.COPYING): "reveals a trainer's last median, and looks where there is none",
    (
        ActorRole.VALIDATOR,
        Strategy.WITHHOLDING,
    ): "copies, and reveals nothing when one answer would be a miss",
    (ActorRole.VALIDATOR, Strategy.LATE): "looks for two weeks, then copies",
    (ActorRole.VALIDATOR, Strategy.HARDWARE): "honest, on hardware that measures half a tolerance more",
    (
        ActorRole.VALIDATOR,
        Strategy.OUTLIER,
    ): "as hardware, and one in each task stands as far off as it can",
    (ActorRole.VALIDATOR, Strategy.SYBIL): "splits stake over up to ten identities, one evaluation for all",
    (ActorRole.VALIDATOR, Strategy.JIT): "full stake at midnight only, the minimum when it can be slashed",
    (ActorRole.VALIDATOR, Strategy.BAIT): "takes a tenth of what delegation adds for a week, then all of it",
    (ActorRole.DELEGATOR, Strategy.HOPPING): "moves every day to yesterday's best pool",
    (ActorRole.DELEGATOR, Strategy.CHASING): "moves when the best pool so far makes up for the days lost",
    (ActorRole.DELEGATOR, Strategy.JIT): "leaves after midnight, comes back before the next",
    (ActorRole.DELEGATOR, Strategy.LATE): "waits two weeks for the ranking, then picks",
}
"""What is tested, and what each does; everything else as the honest do."""

PLAYS: Sequence[Play] = tuple(Play(*key) for key in TITLES)


def plays_of(strategies: Sequence[Strategy]) -> list[Play]:
    """Those that are tested of these strategies, for every role that has them."""
    return [play for play in PLAYS if play.strategy in strategies]
