"""Deciding a round and judging its seats (docs/protocol.md, Alliance 5 and Strikes)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from flock.protocol.core.commitments import Vote
from flock.protocol.core.hashing import ZERO
from flock.protocol.core.units import bits

FREE_OUTAGES = 2
"""How many consecutive outages excuse absence."""


class Outcome(IntEnum):
    """How a round ended. A void round is repeated and strikes at most absent members."""

    VOID = 0
    ACCEPTED = 1
    REJECTED = 2


class Verdict(IntEnum):
    """A round's judgement of one seat."""

    UNJUDGED = 0
    GOOD = 1
    BAD = 2


@dataclass(frozen=True)
class Decision:
    """The outcome and the vote that won, if one did: ``winner.supports`` is the prevailing sign.

    A round may be void although a key won: on a tie of support, or when its candidate changes nothing.
    """

    outcome: Outcome
    winner: Vote | None = None

    @property
    def verdict(self) -> Vote | None:
        """The winning vote of a decided round; None when the round is void."""
        return None if self.outcome is Outcome.VOID else self.winner


@dataclass(frozen=True)
class Ballots:
    """The votes of a round. ``revealed`` is by voter index, ``weights`` covers every drawn voter."""

    revealed: Mapping[int, Vote]
    weights: Sequence[int]

    @property
    def drawn_weight(self) -> int:
        """Weight of all voters drawn."""
        return sum(self.weights)

    @property
    def revealed_weight(self) -> int:
        """Weight of the voters who revealed."""
        return sum(self.weights[index] for index in self.revealed)

    def key_weights(self) -> dict[bytes, int]:
        """Revealed weight behind each distinct key."""
        found: dict[bytes, int] = {}
        for index, vote in self.revealed.items():
            found[vote.key] = found.get(vote.key, 0) + self.weights[index]
        return found

    def agreeing(self, vote: Vote) -> tuple[int, ...]:
        """Voters who revealed the same key and the same sign as ``vote``."""
        wanted = (vote.key, vote.supports)
        return tuple(i for i, other in self.revealed.items() if (other.key, other.supports) == wanted)

    def weight_of(self, voters: Sequence[int]) -> int:
        """Summed weight of these voters."""
        return sum(self.weights[index] for index in voters)


def winning_key(ballots: Ballots) -> bytes | None:
    """The key with more than half of the revealed weight, if at least half of the drawn weight revealed."""
    revealed = ballots.revealed_weight
    if 2 * revealed < ballots.drawn_weight:
        return None
    winners = (key for key, weight in ballots.key_weights().items() if 2 * weight > revealed)
    return next(winners, None)


def decide(ballots: Ballots, model: bytes) -> Decision:
    """Decide a round whose current model has digest ``model``; the same or no candidate is void."""
    key = winning_key(ballots)
    if key is None:
        return Decision(Outcome.VOID)
    winner = next(vote for vote in ballots.revealed.values() if vote.key == key)
    balance = _support(ballots, key)
    prevailing = replace(winner, supports=balance > 0)
    if balance == 0 or winner.candidate in (model, ZERO):
        return Decision(Outcome.VOID, prevailing)
    return Decision(Outcome.ACCEPTED if balance > 0 else Outcome.REJECTED, prevailing)


def is_outage(absent_weight: int, weight: int) -> bool:
    """Whether over half of the weight drawn into a role was absent."""
    return 2 * absent_weight > weight


def has_outage(ballots: Ballots, proposer_weights: Sequence[int], proposed: int) -> bool:
    """Whether a round is an outage of either role; ``proposed`` is a bitmap by proposer seat."""
    missing = (weight for seat, weight in enumerate(proposer_weights) if not proposed >> seat & 1)
    unopened = ballots.drawn_weight - ballots.revealed_weight
    return is_outage(sum(missing), sum(proposer_weights)) or is_outage(unopened, ballots.drawn_weight)


def excuses(outages: int, *, outage: bool) -> bool:
    """Whether a round excuses absence; ``outages`` is the number of consecutive outages before it.

    Limited, because holders of over half of a role could otherwise stay absent for ever and block the task.
    """
    return outage and outages < FREE_OUTAGES


def next_outages(outages: int, outcome: Outcome, *, outage: bool) -> int:
    """Outages in a row after a round; one that is void for another reason neither adds to them nor ends them."""
    if outage:
        return outages + 1
    return outages if outcome is Outcome.VOID else 0


def judge_proposer(decision: Decision, seat: int, *, proposed: int, attested: int, excused: bool) -> Verdict:
    """The verdict on a proposer; ``proposed`` and ``attested`` are bitmaps by proposer seat."""
    if not proposed >> seat & 1:
        return _absent(excused)
    if decision.verdict is None:
        return Verdict.UNJUDGED
    is_in = attested >> seat & 1
    hurt = decision.verdict.supports and decision.verdict.harmful >> seat & 1
    return Verdict.GOOD if is_in and not hurt else Verdict.BAD


def judge_voter(decision: Decision, index: int, ballots: Ballots, *, excused: bool) -> Verdict:
    """The verdict on a voter: bad with at least two thirds of the revealed weight against it.

    Never bad on the side that prevailed, although the sign that won a split ballot may hold less than a third.
    """
    vote = ballots.revealed.get(index)
    if vote is None:
        return _absent(excused)
    if decision.verdict is None:
        return Verdict.UNJUDGED
    against = is_against(
        ballots.weight_of(ballots.agreeing(vote)),
        ballots.revealed_weight,
        prevailed=index in ballots.agreeing(decision.verdict),
    )
    return Verdict.BAD if against else Verdict.GOOD


def is_against(agreeing_weight: int, revealed_weight: int, *, prevailed: bool) -> bool:
    """Whether a voter is struck, given the weight that agreed with it in ballot and sign, its own included."""
    return not prevailed and 3 * (revealed_weight - agreeing_weight) >= 2 * revealed_weight


def judge(
    decision: Decision, ballots: Ballots, *, proposers: int, proposed: int, attested: int, excused: bool
) -> tuple[Verdict, ...]:
    """The verdict on every seat, proposers first; ``excused`` is whether absence blames no one."""
    return (
        *(
            judge_proposer(decision, seat, proposed=proposed, attested=attested, excused=excused)
            for seat in range(proposers)
        ),
        *(judge_voter(decision, index, ballots, excused=excused) for index in range(len(ballots.weights))),
    )


def paid_proposers(decision: Decision, attested: int) -> tuple[int, ...]:
    """Proposer seats an accepted round pays: attested, rewarded and not harmful."""
    if decision.verdict is None or not decision.verdict.supports:
        return ()
    return bits(attested & decision.verdict.rewarded & ~decision.verdict.harmful)


def paid_voters(decision: Decision, ballots: Ballots) -> tuple[int, ...]:
    """Voter indices a decided round pays: the winning key with the prevailing sign."""
    return tuple(sorted(ballots.agreeing(decision.verdict))) if decision.verdict else ()


def _support(ballots: Ballots, key: bytes) -> int:
    """Weight for minus weight against the candidate within one key."""
    return sum(
        ballots.weights[index] * (1 if vote.supports else -1)
        for index, vote in ballots.revealed.items()
        if vote.key == key
    )


def _absent(excused: bool) -> Verdict:
    return Verdict.UNJUDGED if excused else Verdict.BAD
