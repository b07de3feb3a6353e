"""What a decided round pays, in units per weight so that paying costs the same for any stake."""

from dataclasses import dataclass

from flock.protocol.units import NO_WEI, Wei, mul_div_down

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


def keeper_fee(pool: Wei, fee: Wei) -> Wei:
    """The fee for pushing a round on; nothing when the pool cannot pay it in full."""
    return fee if pool >= fee else NO_WEI


def refund(bounty: Wei, planned: int, opened: int, pool: Wei) -> Wei:
    """What the creator gets back at the close: the share of planned rounds that never opened."""
    return Wei(min(pool, mul_div_down(bounty, planned - min(planned, opened), planned)))


def _voter_share(reward: int, frequency: int) -> int:
    """30%·min(3, 8/f) of the reward in one division; f is at most 15 and at least 1."""
    return reward * VOTER_PERCENT * min(6 * frequency, SIXTEENTHS) // (200 * frequency)


def _unit(share: int, weight: int) -> int:
    return share // weight if weight else 0
