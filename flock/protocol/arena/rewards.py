"""How a day of an Arena is paid (docs/protocol.md, Arena 6): by rank and stake, and by closeness to the consensus.

Integers only, because the settlement must be the same everywhere. It does not run on chain, so e^−y may
take as many bits as it likes (``exp_down``).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from flock.protocol.arena.scores import MAD_FACTOR, Centre
from flock.protocol.core.units import BPS, NO_GM, NO_WEI, WAD, Gm, Wei, mul_div_down
from flock.protocol.economy.rewards import Backed

ONE = 1 << 128
MICRO = 10**6
FARTHEST = 10 * MICRO
LN_2 = 0xB17217F7D1CF79ABC9E3B39803F2F6AF
"""ln 2 · 2^128, rounded down."""


@dataclass(frozen=True)
class ArenaTerms:
    """γ in basis points; c, the steepness by rank, and λ, that by distance, as WAD.

    ``emissions_per_bounty`` is how many times its bounty a task shares of emissions, at most.
    """

    gamma_bps: int = 1_000
    steepness: int = 3 * WAD
    strictness: int = WAD
    emissions_per_bounty: int = 10


@dataclass(frozen=True)
class Trainer:
    """A ranked trainer: gm of its own, what delegation to it counts for, and what it keeps of what that adds."""

    account: str
    own: Gm
    backing: Gm = NO_GM
    commission_bps: int = 0


@dataclass(frozen=True)
class Validator:
    """A validator with ``reveals``, and their mean ``distance`` in millionths (``distance_of``)."""

    account: str
    own: Gm
    backing: Gm = NO_GM
    commission_bps: int = 0
    reveals: int = 0
    distance: int = 0


class Enrolled(NamedTuple):
    """Effective stakes (gm) of all who enrolled on either side, whether they earned or not."""

    trainers: Gm
    validators: Gm


class Sides(NamedTuple):
    """The budgets of both sides, in wei."""

    trainers: Wei
    validators: Wei


def sides(budget: Wei, enrolled: Enrolled, gamma_bps: int) -> Sides:
    """γ + (1 − 2γ)·T/(T + S) of the budget for trainers, the mirror image for validators, rounded down."""
    trainers, validators = enrolled
    if trainers + validators == 0:
        return Sides(NO_WEI, NO_WEI)
    return Sides(
        *(_side(budget, stake, trainers + validators, gamma_bps) for stake in (trainers, validators))
    )


def trainer_rewards(
    budget: Wei, ranked: Sequence[Trainer], enrolled: Enrolled, terms: ArenaTerms
) -> Mapping[str, Backed]:
    """What a day's ``budget`` of the task pays ``ranked`` trainers, the best first.

    f ∝ e^(−c·x)·(1 − e^(−c·s)), s the share of ranked effective stake and x the share ranked above. The terms
    of that series are differences of one falling curve, so splitting a stake over ranks side by side gains nothing.
    """
    stakes = [each.own + each.backing for each in ranked]
    total = sum(stakes)
    above = [0, *accumulate(stakes)]
    paid = {}
    for trainer, stake, before in zip(ranked, stakes, above, strict=False):
        fewer = Enrolled(Gm(enrolled.trainers - trainer.backing), enrolled.validators)
        paid[trainer.account] = _backed(
            _ranked(sides(budget, enrolled, terms.gamma_bps).trainers, before, stake, total, terms),
            _ranked(
                sides(budget, fewer, terms.gamma_bps).trainers,
                before,
                trainer.own,
                total - trainer.backing,
                terms,
            ),
            trainer.commission_bps,
        )
    return paid


def validator_rewards(
    budget: Wei, validators: Sequence[Validator], enrolled: Enrolled, terms: ArenaTerms
) -> Mapping[str, Backed]:
    """What a day's ``budget`` of the task pays its validators: ∝ e^(−λ·Δ)·stake·reveals.

    Δ is a validator's own mean distance. It is not compared with that of others: a ring that lets one of its accounts
    stand far off gains nothing for the others, and a small distance costs little where all others have none.
    """

    def side(backing: Gm) -> Wei:
        fewer = Enrolled(enrolled.trainers, Gm(enrolled.validators - backing))
        return sides(budget, fewer, terms.gamma_bps).validators

    return _by_closeness(validators, side, terms)


def carried_rewards(side: Wei, validators: Sequence[Validator], terms: ArenaTerms) -> Mapping[str, Backed]:
    """What validators get of a ``side`` that was carried over from days on which nobody's reveals were judged.

    It is what it is, whatever delegation there is now: without its own, a validator would have a smaller share of it.
    """
    return _by_closeness(validators, lambda _: side, terms)


def distance_of(score: int, centre: Centre, tolerance: int) -> int:
    """How far a reveal lies beyond what is tolerated, in millionths: min(10, max(0, d / max(T, 5·MAD) − 1)).

    ``score`` and ``tolerance`` (T) are in the unit of ``centre``; where nothing is tolerated, any difference is 10.
    """
    off, allowed = abs(score - centre.median), max(tolerance, MAD_FACTOR * centre.mad)
    if off <= allowed:
        return 0
    return min(FARTHEST, (off - allowed) * MICRO // allowed) if allowed else FARTHEST


def exp_down(numerator: int, denominator: int) -> int:
    """e^(−numerator/denominator) · 2^128, to a few units of the last place; both at least 0, the second above.

    The exponent is cut into k·ln 2 + r with 0 ≤ r < ln 2; e^−r is its Taylor series, e^−(k·ln 2) a shift.
    """
    halvings, rest = divmod(numerator * ONE // denominator, LN_2)
    term, total, n = ONE, ONE, 0
    while term:
        n += 1
        term = term * rest // (n * ONE)
        total += -term if n % 2 else term
    return total >> halvings


def _side(budget: Wei, stake: Gm, both: int, gamma_bps: int) -> Wei:
    return Wei((budget * (gamma_bps * both + (BPS - 2 * gamma_bps) * stake)) // (BPS * both))


def _ranked(side: Wei, above: int, stake: int, total: int, terms: ArenaTerms) -> Wei:
    if not total:
        return NO_WEI
    c = terms.steepness
    fall = exp_down(c * above, WAD * total) - exp_down(c * (above + stake), WAD * total)
    return Wei(mul_div_down(side, fall, ONE - exp_down(c, WAD)))


def _by_closeness(
    validators: Sequence[Validator], side: Callable[[Gm], Wei], terms: ArenaTerms
) -> Mapping[str, Backed]:
    """``side`` is what validators get in all if one of them had so much less backing."""
    closeness = [_closeness(each, terms) for each in validators]
    weights = [near * (each.own + each.backing) for near, each in zip(closeness, validators, strict=True)]
    total, whole = sum(weights), side(NO_GM)
    paid = {}
    for each, near, full in zip(validators, closeness, weights, strict=True):
        paid[each.account] = _backed(
            _share(whole, full, total),
            _share(side(each.backing), near * each.own, total - near * each.backing),
            each.commission_bps,
        )
    return paid


def _closeness(validator: Validator, terms: ArenaTerms) -> int:
    return validator.reveals * exp_down(terms.strictness * validator.distance, WAD * MICRO)


def _share(side: Wei, weight: int, total: int) -> Wei:
    return Wei(mul_div_down(side, weight, total)) if total else NO_WEI


def _backed(with_delegation: Wei, without: Wei, commission_bps: int) -> Backed:
    """The operator gets what it would earn alone, and ``commission_bps`` of what delegation adds."""
    alone = min(without, with_delegation)
    operator = Wei(alone + mul_div_down(with_delegation - alone, commission_bps, BPS))
    return Backed(operator, Wei(with_delegation - operator))
