"""A season: five tasks at a time, one beginning every week, each in its turn with a fifth of all actors."""

from dataclasses import dataclass, field, replace

import numpy as np

from flock.simulation import formulas
from flock.simulation.accounts import Account, Books
from flock.simulation.play import ActorRole, Plays
from flock.simulation.population import Population, delegators, operators
from flock.simulation.rules import (
    BETWEEN_DAYS,
    COHORTS,
    SUBMISSION_DAYS,
    TASK_DAYS,
    Rules,
    Scale,
    World,
    with_value,
)
from flock.simulation.task import Prices, SimulatedTask

HONESTY: Plays = {}


@dataclass(frozen=True)
class Season:
    """All that one season follows from, but for what those tested play."""

    seed: int = 0
    scale: Scale = field(default_factory=Scale)
    rules: Rules = field(default_factory=Rules)
    world: World = field(default_factory=World)

    def with_value(self, name: str, value: str) -> "Season":
        """This season but for one rule or assumption. Raises BadConfig for an unknown one, or out of range."""
        rules, world = with_value(self.rules, self.world, name, value)
        return replace(self, rules=rules, world=world)


def play_season(season: Season, plays: Plays = HONESTY, share: float = 0.1) -> Books:
    """Play it; ``share`` of each role is tested, and plays what ``plays`` says."""
    casts = _casts(season, share)
    books = Books({role: _account(cast) for role, cast in casts.items()})
    prices = _prices(season, casts)
    running: list[SimulatedTask] = []
    starts = starts_of(season.scale)
    for day in range(season.scale.days):
        if day in starts:
            cohort = day // BETWEEN_DAYS % COHORTS
            running.append(
                SimulatedTask(day, cohort, casts, season.seed, season.rules, season.world, prices, plays)
            )
        for task in running:
            task.run_day(budget_of(season, day) / len(running), books)
        for task in [task for task in running if task.is_over]:
            task.close(books)
            running.remove(task)
    return books


def starts_of(scale: Scale) -> range:
    """The days on which tasks begin that still end within the season."""
    return range(0, scale.days - TASK_DAYS + 1, BETWEEN_DAYS)


def budget_of(season: Season, day: int) -> float:
    """FLOCK for all tasks of a day."""
    first = season.world.budget * (season.scale.nodes + season.scale.validators)
    return formulas.budget(first, season.rules.decay, day)


def _casts(season: Season, share: float) -> dict[ActorRole, Population]:
    scale, world, seed = season.scale, season.world, season.seed
    return {
        ActorRole.TRAINER: operators(scale.nodes, ActorRole.TRAINER, seed, world, share),
        ActorRole.VALIDATOR: operators(scale.validators, ActorRole.VALIDATOR, seed, world, share),
        ActorRole.DELEGATOR: delegators(scale, seed, world, share),
    }


def _account(cast: Population) -> Account:
    nothing = np.zeros_like(cast.stake)
    return Account(cast.stake.copy(), nothing.copy(), nothing.copy(), nothing.copy(), cast.tested)


def _prices(season: Season, casts: dict[ActorRole, Population]) -> Prices:
    """Such that a day's work of a side costs its share of what a fifth of the first day's budget pays that side."""
    world, rules = season.world, season.rules
    stake = {role: np.array(casts[role].stake.sum()) for role in (ActorRole.TRAINER, ActorRole.VALIDATOR)}
    trainers = float(formulas.side_share(stake[ActorRole.TRAINER], stake[ActorRole.VALIDATOR], rules.gamma))
    pay = world.work * budget_of(season, 0) / COHORTS * TASK_DAYS / SUBMISSION_DAYS
    submissions = season.scale.nodes / COHORTS * world.submits
    return Prices(pay * trainers / submissions, pay * (1 - trainers) / (submissions * world.panel))
