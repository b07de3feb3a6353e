"""The delegators of one task: which pool each is in, what it counts for, and when it comes and goes."""

import math

import numpy as np

from flock.simulation.formulas import Bools, Floats, Ints
from flock.simulation.play import Strategy
from flock.simulation.population import Population, stream
from flock.simulation.rules import SUBMISSION_DAYS, TASK_DAYS, Rules, World

NOWHERE = -1
ENTRY_DAYS = 7
LATE_DAY = SUBMISSION_DAYS // 2
KNOWN = 5
KNOWN_TO_TESTED = 40
EVENING = 0.9  # of a day between the two times at which delegators act


class Delegating:
    """Columns over the delegators of a task. ``pool`` is an operator's row, or NOWHERE.

    Delegators come in the first week. Each knows a few pools, tested ones more (in every world alike). It
    picks the one where its stake would have earned most so far; then it stays. That is honest.
    """

    def __init__(
        self, cast: Population, who: Ints, known: tuple[Ints, Ints], key: tuple[int, ...], strategy: Strategy
    ) -> None:
        rng = stream(*key)
        self.who, self.tested = who, cast.tested[who]
        self.amount = cast.stake[who]
        self.pool = np.full(len(who), NOWHERE)
        self.leaving = np.zeros(len(who), bool)
        self.moves = np.zeros(len(who))
        self._back = np.zeros(len(who))
        self._entry = rng.integers(0, ENTRY_DAYS, len(who))
        self._calm = rng.random(len(who))
        self._known, self._known_tested = known
        self._strategy = strategy
        if strategy is Strategy.LATE:
            self._entry[self.tested] = LATE_DAY
        self._start = (self.pool, self.amount)

    def start(self) -> None:
        """Remember what stands where as the day begins."""
        self._start = (np.where(self.leaving, NOWHERE, self.pool), self.amount.copy())

    def morning(
        self, day: int, so_far: Floats, yesterday: Floats, raised: Bools, rules: Rules, world: World
    ) -> None:
        """Those who want to go begin to leave."""
        here = (self.pool != NOWHERE) & ~self.leaving
        goes = here & raised[self.pool] & (self._calm < world.attentive)
        goes |= here & self.tested & self._wants_to_go(day, so_far, yesterday, rules)
        self.leaving |= goes
        self.moves[goes] += 2
        self._back[goes] = day + math.ceil(max(0.0, rules.cooldown - EVENING))

    def evening(self, day: int, so_far: Floats, yesterday: Floats) -> None:
        """Those who wait for nothing any more enter a pool."""
        back = self.leaving & (self._back <= day)
        enters = back | ((self._entry == day) & (self.pool == NOWHERE))
        if not enters.any():
            return
        chosen = self._best(so_far)
        if self._strategy is Strategy.HOPPING:
            chosen = np.where(self.tested, self._best(yesterday), chosen)
        if self._strategy is Strategy.JIT:
            chosen = np.where(back & self.tested, self.pool, chosen)
        self.pool = np.where(enters, chosen, self.pool)
        self.leaving &= ~enters
        self.moves[enters] += 1

    def counted(self) -> tuple[Ints, Floats]:
        """Pool and gmFLOCK that count on this day: the smaller of start and end, in the same pool."""
        pool, amount = self._start
        stayed = (pool == self.pool) & ~self.leaving
        return np.where(stayed, pool, NOWHERE), np.minimum(amount, self.amount) * stayed

    def in_pools(self, rows: int) -> Floats:
        """gmFLOCK in every pool, leaving or not: what a slash can reach."""
        here = self.pool != NOWHERE
        return np.bincount(self.pool[here], self.amount[here], rows).astype(float)

    def slash(self, kept: Floats) -> None:
        """Every pool keeps this share."""
        self.amount = np.where(self.pool == NOWHERE, self.amount, self.amount * kept[self.pool])

    def _best(self, worth: Floats) -> Ints:
        chosen = _best_of(self._known, worth)
        chosen[self.tested] = _best_of(self._known_tested, worth)
        return chosen

    def _wants_to_go(self, day: int, so_far: Floats, yesterday: Floats, rules: Rules) -> Bools:
        if self._strategy is Strategy.JIT:
            return self.tested
        if self._strategy is Strategy.HOPPING:
            return self._gains(yesterday, 0, 1)
        if self._strategy is Strategy.CHASING:
            lost = math.ceil(max(0.0, rules.cooldown - EVENING)) + 1
            return self._gains(so_far, lost, TASK_DAYS - day)
        return np.zeros(len(self.who), bool)

    def _gains(self, worth: Floats, lost: int, left: int) -> Bools:
        """Whether the best known pool earns more in the days left but those lost than this one in all of them."""
        best, here = worth[self._best(worth)], worth[self.pool]
        return np.asarray(best * (left - lost) > here * left * (1 + 1e-9))


def known_pools(rng: np.random.Generator, tested: Bools, pools: int) -> tuple[Ints, Ints]:
    """The pools each delegator knows, and the more that each of those tested knows; numbers below ``pools``."""
    return rng.integers(0, pools, (len(tested), KNOWN)), rng.integers(
        0, pools, (tested.sum(), KNOWN_TO_TESTED)
    )


def _best_of(known: Ints, worth: Floats) -> Ints:
    best = worth[known].argmax(axis=1)
    return np.take_along_axis(known, best[:, None], axis=1)[:, 0]
