"""The actors of a season: stakes, talents, and which of five overlapping tasks each is on."""

from dataclasses import dataclass

import numpy as np

from flock.simulation.formulas import Bools, Floats, Ints
from flock.simulation.play import ActorRole
from flock.simulation.rules import COHORTS, Scale, World

MOST_IDENTITIES = 10


def stream(*keys: int) -> np.random.Generator:
    """Random numbers that depend on these keys only, so that two worlds draw the same for the same thing."""
    return np.random.default_rng(np.random.SeedSequence(keys))


@dataclass(frozen=True)
class Population:
    """Actors of one role, a row each. ``stake`` is gmFLOCK and shrinks when slashed; ``tested`` may deviate.

    ``record`` is what a gm delegated to an operator would have earned a day on its last task, before σ; 0 at first.
    """

    stake: Floats
    record: Floats
    talent: Floats
    cohort: Ints
    tested: Bools

    def of_cohort(self, cohort: int) -> Ints:
        """The actors that are on every fifth task."""
        return np.flatnonzero(self.cohort == cohort)


def operators(count: int, role: ActorRole, seed: int, world: World, share: float) -> Population:
    """Trainers or validators: the minimum stake and a lognormal above it."""
    rng = stream(seed, *role.value.encode())
    above = rng.lognormal(np.log(2), world.stake_spread, count)
    talent = 1 + world.talent * rng.standard_normal(count)
    stake = world.minimum_stake * (1 + above)
    cohorts, tested = _cohorts(rng, count), _tested(rng, count, share)
    if world.smallest:
        tested = stake <= np.partition(stake, tested.sum() - 1)[tested.sum() - 1]
    return Population(stake, np.zeros(count), talent, cohorts, tested)


def delegators(scale: Scale, seed: int, world: World, share: float) -> Population:
    """Delegators; those tested look at more pools than the others, in every world."""
    rng = stream(seed, *ActorRole.DELEGATOR.value.encode())
    count = scale.delegators
    amount = world.delegation * rng.lognormal(0, world.stake_spread, count)
    return Population(
        amount, np.zeros(count), np.ones(count), _cohorts(rng, count), _tested(rng, count, share)
    )


def _cohorts(rng: np.random.Generator, count: int) -> Ints:
    return rng.permutation(count) % COHORTS


def _tested(rng: np.random.Generator, count: int, share: float) -> Bools:
    tested = np.zeros(count, bool)
    tested[rng.permutation(count)[: max(1, round(share * count))]] = True
    return tested


@dataclass(frozen=True)
class Identities:
    """Rows of one side of a task: the first ``base`` are one an actor, the rest are its further identities.

    ``owner`` is the row of the actor's first identity, ``count`` how many identities each of those has.
    """

    actor: Ints
    owner: Ints
    count: Ints
    stake: Floats
    tested: Bools

    @property
    def base(self) -> int:
        """How many actors these are."""
        return len(self.count)

    def rows(self, base: Ints, chance: Floats) -> Ints:
        """One identity of each of these actors, by a uniform ``chance``."""
        first = self.base + np.cumsum(self.count - 1) - (self.count - 1)
        number = (chance * self.count[base]).astype(np.int64)
        return np.where(number == 0, base, first[base] + number - 1)


def identities(cast: Population, actors: Ints, splits: bool, minimum: float) -> Identities:
    """One identity an actor; if ``splits``, those tested make as many as the minimum stake allows, up to ten."""
    count = np.ones(len(actors), np.int64)
    if splits:
        possible = (cast.stake[actors] // minimum).astype(np.int64)
        count = np.where(cast.tested[actors], np.clip(possible, 1, MOST_IDENTITIES), 1)
    own = np.arange(len(actors))
    owner = np.concatenate([own, np.repeat(own, count - 1)])
    actor = actors[owner]
    return Identities(actor, owner, count, cast.stake[actor] / count[owner], cast.tested[actor])
