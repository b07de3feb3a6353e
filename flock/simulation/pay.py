"""What one day of one task pays, before fees: columns over its operators, trainers first.

All functions take one day (one axis) or many (days × operators), with the day's numbers as columns of one.
"""

from dataclasses import dataclass

import numpy as np

from flock.simulation import formulas
from flock.simulation.formulas import Floats, Ints, Split
from flock.simulation.rules import Rules


@dataclass(frozen=True)
class Stakes:
    """What counts on a day: own and delegated gmFLOCK of both sides, and the day's budget in FLOCK."""

    budget: Floats
    trainers: Floats
    behind_trainers: Floats
    validators: Floats
    behind_validators: Floats

    def totals(self, epsilon: float) -> tuple[Floats, Floats]:
        """Effective stake of either side, in columns of one."""
        trainers = self.trainers + epsilon * self.behind_trainers
        validators = self.validators + epsilon * self.behind_validators
        return trainers.sum(-1, keepdims=True), validators.sum(-1, keepdims=True)


def trainers_pay(stakes: Stakes, ranking: Ints, rules: Rules) -> tuple[Floats, Floats]:
    """With and without its own delegation, of each trainer; those not in ``ranking`` (best first) earn nothing."""
    side, other = stakes.totals(rules.epsilon)
    own = stakes.trainers[..., ranking]
    behind = rules.epsilon * stakes.behind_trainers[..., ranking]
    effective = own + behind
    above, total = formulas.stake_above(effective), effective.sum(-1, keepdims=True)

    def earned(stake: Floats, missing: Floats) -> Floats:
        share = formulas.side_share(side - missing, other, rules.gamma)
        return share * formulas.rank_share(above, stake, total - missing, rules.c)

    results = []
    for stake, missing in ((effective, np.zeros_like(behind)), (own, behind)):
        pay = np.zeros_like(stakes.trainers)
        pay[..., ranking] = stakes.budget * earned(stake, missing)
        results.append(pay)
    return results[0], results[1]


def validators_pay(stakes: Stakes, distance: Floats, reveals: Floats, rules: Rules) -> tuple[Floats, Floats]:
    """With and without its own delegation, of each validator, for one day."""
    other, side = stakes.totals(rules.epsilon)
    behind = rules.epsilon * stakes.behind_validators
    far = formulas.compared(distance, stakes.validators * reveals) if rules.relative else distance
    work = formulas.closeness(far, rules.lam) * reveals
    whole = work * (stakes.validators + behind)
    alone = work * stakes.validators
    total = whole.sum()
    others = total - whole + alone
    shares = [formulas.side_share(side - missing, other, rules.gamma) for missing in (0 * behind, behind)]
    with_pool = shares[0] * _over(whole, np.full_like(whole, total))
    return stakes.budget * with_pool, stakes.budget * shares[1] * _over(alone, others)


def shared(with_pool: Floats, without: Floats, sigma: Floats, behind: Floats) -> Split:
    """Operator and pool; with an empty pool everything is the operator's."""
    parts = formulas.split(with_pool, without, sigma)
    is_empty = behind <= 0
    return Split(np.where(is_empty, with_pool, parts.operator), np.where(is_empty, 0, parts.pool))


def _over(part: Floats, whole: Floats) -> Floats:
    return np.asarray(np.where(whole > 0, part / np.where(whole > 0, whole, 1), 0))
