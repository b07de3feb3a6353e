"""The inputs of a season: governed numbers, size, cost of work, and assumptions about people."""

from dataclasses import dataclass, replace
from typing import Any, TypeVar

from flock.errors import BadConfig
from flock.protocol.core.units import WAD
from flock.protocol.economy.locks import multiplier

Numbers = TypeVar("Numbers", "Rules", "World")

SUBMISSION_DAYS = 28
CLOSING_DAYS = 5
TASK_DAYS = SUBMISSION_DAYS + CLOSING_DAYS
COHORTS = 5
BETWEEN_DAYS = 7
GM_PER_FLOCK = multiplier(365) / WAD
"""Everybody locks for a year: what gmFLOCK a slash takes is worth in FLOCK."""


@dataclass(frozen=True)
class Rules:
    """The numbers under test: fractions, and days. Greek letters as in docs/economy.md."""

    gamma: float = 0.1  # least share of either side
    epsilon: float = 0.5  # what delegated stake counts for
    c: float = 3.0  # how steeply trainers' pay falls with rank
    lam: float = 1.0  # λ: how steeply validators' pay falls with distance from the median
    sigma: float = 0.5  # an operator's share of what delegation adds
    delta: float = 0.1  # share of the trainers' side that the daily ranking splits
    cooldown: float = 14.0  # days
    sigma_freeze: float = 2.0  # days before the end of a task
    operator_fee: float = 0.08
    delegator_fee: float = 0.145
    slash: float = 0.1  # of the stake as joined, at the strike limit
    window: int = 16
    limit: int = 8
    miss: float = (
        0.02  # of the stake as joined, at once, for a reveal far off or an opened leaf that is wrong
    )
    absence: float = 0.0025  # of the stake as joined, for each window missed
    openings: float = 0.1  # share of panels that open leaves of their per-example losses
    decay: float = 0.01  # of the daily budget, every thirty days
    margin: float = 0.0  # by which a model must be better than the baseline, in gains of an average trainer
    rising_sigma: bool = False  # σ may rise while there is delegation
    held: bool = True  # own stake stays on a task for as long as its operator is on it
    relative: bool = False  # validators' distances are divided by their mean, as was first planned


BOUNDS = {
    "gamma": (0, 0.5),
    "c": (0, 20),
    "lam": (0, 20),
    "cooldown": (0, 14),
    "sigma_freeze": (0, 14),
    "window": (1, 16),
    "limit": (1, 16),
    "budget": (0, 1_000_000),
    "learning": (0.1, 1_000),
    "offset": (0, 1_000),
    "machine": (0, 1_000),
}
"""Of numbers that are not a share from 0 to 1."""


@dataclass(frozen=True)
class Scale:
    """How large a season is; the default is that of FLock's seven-month test network."""

    days: int = 210
    nodes: int = 600
    validators: int = 1_050
    delegators: int = 63_000

    def __post_init__(self) -> None:
        for name, least, most in SIZES:
            if not least <= getattr(self, name) <= most:
                raise BadConfig(f"{name} is {getattr(self, name):,}; choose {least:,} to {most:,}.")


SIZES = (
    ("days", (COHORTS - 1) * BETWEEN_DAYS + TASK_DAYS, 3_650),  # a whole task for everybody
    ("nodes", 10 * COHORTS, 100_000),
    ("validators", 12 * COHORTS, 100_000),
    ("delegators", 10 * COHORTS, 10_000_000),
)


@dataclass(frozen=True)
class World:
    """Assumptions about people and their work. gmFLOCK and FLOCK in whole tokens."""

    budget: float = 12  # FLOCK on the first day for each trainer and validator there is
    minimum_stake: float = 3_000  # gmFLOCK
    stake_spread: float = 1.0  # of the lognormal of stakes
    delegation: float = 150  # median of what a delegator has, gmFLOCK
    work: float = 0.3  # share of the average honest pay, before fees, that the work costs
    identity: float = 0.5  # FLOCK of gas to enrol one identity on a task, and to claim
    move: float = 0.02  # FLOCK of gas for each step of a delegator
    submits: float = 0.4  # chance that a trainer submits on a day
    panel: int = 9
    rescored: int = 20  # best of a task, scored again on set B
    talent: float = 0.3  # spread between trainers, in units of what an average one gains on the baseline
    luck: float = 0.2  # of one trainer between tasks
    learning: float = 10.0  # days in which a trainer gains all but 1/e of what it will gain
    run: float = 0.05  # between submissions of one trainer
    measured: float = 0.02  # of one validator's measurement, between machines
    sets: float = 0.03  # between the hidden sets, for one submission
    tolerance: float = 0.06  # the task's T
    offset: float = 0.5  # by which other hardware measures more, in tolerances
    machine: float = 0.0  # noise of other hardware, in tolerances
    absent: float = 0.04  # chance that an honest validator misses a window
    attentive: float = 0.5  # share of delegators that leave when an operator raises σ
    smallest: bool = False  # the operators tested are those with the smallest stakes


ASSUMED = (
    "work",
    "budget",
    "attentive",
    "absent",
    "talent",
    "luck",
    "learning",
    "run",
    "measured",
    "sets",
    "tolerance",
    "offset",
    "machine",
    "smallest",
)
"""What of a World may be named like a rule."""


def with_value(rules: Rules, world: World, name: str, value: str) -> tuple[Rules, World]:
    """The same but for one number. Raises BadConfig for an unknown name or a number out of range."""
    if name in ASSUMED:
        return rules, _changed(world, name, value)
    if name not in Rules.__dataclass_fields__:
        known = ", ".join((*Rules.__dataclass_fields__, *ASSUMED))
        raise BadConfig(f"There is no rule {name!r}; choose from {known}.")
    changed = _changed(rules, name, value)
    if changed.limit > changed.window:
        raise BadConfig(f"limit is {changed.limit}; choose at most window, which is {changed.window}.")
    return changed, world


def _changed(numbers: Numbers, name: str, value: str) -> Numbers:
    least, most = BOUNDS.get(name, (0, 1))
    parsed: Any = _parsed(name, value, type(getattr(numbers, name)))
    if not least <= parsed <= most:
        raise BadConfig(f"{name} is {parsed:g}; choose {least:g} to {most:g}.")
    return replace(numbers, **{name: parsed})


def _parsed(name: str, value: str, kind: type) -> float | int | bool:
    if kind is bool:
        if value not in ("yes", "no"):
            raise BadConfig(f"{name} is {value!r}; write yes or no.")
        return value == "yes"
    try:
        return int(value) if kind is int else float(value)
    except ValueError:
        raise BadConfig(f"{name} is {value!r}, which is not a number.") from None
