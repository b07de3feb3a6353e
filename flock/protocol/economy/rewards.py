"""The pay of a decided round, in units per weight, so that its cost does not depend on stakes.

And what a day of emissions pays an operator and those who delegate to it (docs/protocol.md, Settlement).
"""

from dataclasses import dataclass
from typing import NamedTuple

from flock.protocol.core.units import BPS, NO_WEI, WAD, Gm, Wei, mul_div_down, mul_div_up

SIXTEENTHS = 16
EVEN = 8
PROPOSER_PERCENT = 70
VOTER_PERCENT = 30


@dataclass(frozen=True)
class Pay:
    """Wei per unit of weight on each side, and what the pool keeps, dust included."""

    proposer_unit: Wei
    voter_unit: Wei
    pool_left: Wei


def share_out(
    pool: Wei,
    rounds_left: int,
    *,
    accepted: bool,
    sixteenths: int,
    proposer_weight: int,
    voter_weight: int,
) -> Pay:
    """Share one round's reward, pool/rounds_left, between proposers and agreeing voters.

    ``sixteenths`` is the running frequency of acceptance before this round; the weights are the sums
    over the seats to be paid. Proposers earn 70%, on acceptance only; voters 30%·min(3, 1/(2f)) with f
    the frequency of the outcome they agreed on, so that always voting one way does not beat looking.
    """
    reward = pool // rounds_left
    proposer_unit = _unit(reward * PROPOSER_PERCENT // 100, proposer_weight) if accepted else 0
    left = pool - proposer_unit * proposer_weight
    voter_share = min(_voter_share(reward, outcome_sixteenths(sixteenths, accepted=accepted)), left)
    voter_unit = _unit(voter_share, voter_weight)
    return Pay(Wei(proposer_unit), Wei(voter_unit), Wei(left - voter_unit * voter_weight))


def outcome_sixteenths(sixteenths: int, *, accepted: bool) -> int:
    """The running frequency of the outcome that happened."""
    return sixteenths if accepted else SIXTEENTHS - sixteenths


def next_sixteenths(sixteenths: int, *, accepted: bool) -> int:
    """The running frequency of acceptance after a decided round, kept within 1/16 and 15/16."""
    if accepted:
        return min(SIXTEENTHS - 1, sixteenths + 1)
    return max(1, sixteenths - 1)


def refund(bounty: Wei, planned: int, decided: int, left: Wei) -> Wei:
    """The refund of backers at the close: the share of planned rounds that were not decided, of what is ``left``."""
    return Wei(min(left, mul_div_down(bounty, planned - decided, planned)))


# --- A day of emissions ---


class Points(NamedTuple):
    """What a paid seat on either side of a round counts in the emissions."""

    proposer: int
    voter: int


def points(*, accepted: bool, sixteenths: int, proposer_weight: int, voter_weight: int) -> Points:
    """The units of a round whose reward is one FLOCK, from a pool that never runs dry.

    Hence what a round counts depends on neither the bounty nor on when in the task it is: a task without a bounty
    shares its emission too.
    """
    proposer = _unit(WAD * PROPOSER_PERCENT // 100, proposer_weight) if accepted else 0
    voter_share = _voter_share(WAD, outcome_sixteenths(sixteenths, accepted=accepted))
    return Points(proposer, _unit(voter_share, voter_weight))


@dataclass(frozen=True)
class RewardTerms:
    """What a settlement is computed with, in basis points; the defaults are those of the contract.

    ``epsilon_bps`` is what delegated stake counts for, ``daily_bps`` the part of the proposers' side that is
    paid at once; the fees are of operators' and of delegators' rewards.
    """

    epsilon_bps: int = 5_000
    operator_fee_bps: int = 800
    delegator_fee_bps: int = 1_450
    daily_bps: int = 1_000


class Backed(NamedTuple):
    """A reward shared between an operator and its pool, in wei."""

    operator: Wei
    pool: Wei


def effective_stake(own: Gm, delegated: Gm, epsilon_bps: int) -> Gm:
    """Own stake and what delegated stake counts for, rounded down."""
    return Gm(own + mul_div_down(delegated, epsilon_bps, BPS))


def share_with_pool(
    budget: Wei, points: int, *, effective: Gm, own: Gm, total: int, commission_bps: int
) -> Backed:
    """The shares of an operator and its pool of ``budget``, which is split by points times stake.

    ``total`` is the sum of points·effective stake over all who earn, this operator included. What the
    operator would earn were its own delegation zero is always its own: of what delegation adds to that,
    it keeps ``commission_bps`` and the pool gets the rest.
    """
    if total == 0:
        return Backed(NO_WEI, NO_WEI)
    with_delegation = mul_div_down(budget, points * effective, total)
    alone = total - points * (effective - own)
    without = mul_div_down(budget, points * own, alone) if alone else 0
    operator = without + mul_div_down(with_delegation - without, commission_bps, BPS)
    return Backed(Wei(operator), Wei(with_delegation - operator))


def fee_of(reward: Wei, fee_bps: int) -> Wei:
    """The treasury's part of a reward, rounded up."""
    return Wei(mul_div_up(reward, fee_bps, BPS))


def set_aside(reward: Wei, waiting_points: int, points: int, daily_bps: int) -> Wei:
    """What of a reward waits for the task's end: all but ``daily_bps`` of the part that these points earned."""
    waiting = mul_div_down(reward, waiting_points, points)
    return Wei(waiting - mul_div_down(waiting, daily_bps, BPS))


def _voter_share(reward: int, frequency: int) -> int:
    """30%·min(3, 8/f) of the reward in one division; f is at most 15 and at least 1."""
    return reward * VOTER_PERCENT * min(6 * frequency, SIXTEENTHS) // (200 * frequency)


def _unit(share: int, weight: int) -> int:
    return share // weight if weight else 0
