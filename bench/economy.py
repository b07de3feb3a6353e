"""A season of the economy at the scale of FLock's test network, against the same rules in whole numbers.

The rival pays one day of one task with ``flock.protocol``'s integer functions, in a plain loop over trainers,
validators and delegators, as a settlement must; that times the task days of the season is what it would take for pay
alone. Ours plays the whole season: submissions, panels, medians, strikes, slashes and delegators as well.
"""

import time
from collections.abc import Callable, Sequence

from bench.result import Result
from flock.protocol.arena.rewards import (
    ArenaTerms,
    Enrolled,
    Trainer,
    Validator,
    trainer_rewards,
    validator_rewards,
)
from flock.protocol.core.units import WAD, Gm, Wei, mul_div_down
from flock.simulation.rules import COHORTS, TASK_DAYS, Scale
from flock.simulation.season import Season, play_season, starts_of

RUNS = 3
BUDGET = Wei(4_000 * WAD)


def measure() -> Sequence[Result]:
    """Seconds of processor time, the best of a few runs: others use the machine too."""
    season = Season()
    task_days = len(starts_of(season.scale)) * TASK_DAYS
    rival = task_days * _best(lambda: _pay_in_whole_numbers(season.scale))
    ours = _best(lambda: play_season(season))
    return [Result("economy-season", ours, rival, "integer pay alone, extrapolated", "s")]


def _pay_in_whole_numbers(scale: Scale) -> None:
    """One day of one task."""
    trainers = [
        Trainer(str(n), _stake(n), Gm(_stake(n + 1) // 2), 5_000) for n in range(scale.nodes // COHORTS)
    ]
    validators = [
        Validator(str(n), _stake(n), Gm(_stake(n + 1) // 2), 5_000, reveals=1 + n % 4, distance=10 + n % 7)
        for n in range(scale.validators // COHORTS)
    ]
    enrolled = Enrolled(_effective(trainers), _effective(validators))
    terms = ArenaTerms()
    paid = [*trainer_rewards(BUDGET, trainers, enrolled, terms).values()]
    paid += validator_rewards(BUDGET, validators, enrolled, terms).values()
    for delegator in range(scale.delegators // COHORTS):
        mul_div_down(paid[delegator % len(paid)].pool, _stake(delegator), _stake(delegator + 1))


def _effective(side: Sequence[Trainer] | Sequence[Validator]) -> Gm:
    return Gm(sum(each.own + each.backing for each in side))


def _stake(number: int) -> Gm:
    return Gm((3_000 + 97 * number % 20_000) * WAD + 1)


def _best(call: Callable[[], object]) -> float:
    times = []
    for _ in range(RUNS):
        started = time.process_time()
        call()
        times.append(time.process_time() - started)
    return min(times)
