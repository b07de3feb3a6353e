"""Why a seat was struck, not judged or not paid: the reason, which the contract only implies.

The same rules as ``flock.protocol.alliance.votes``, followed to the first one that decides.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from flock.protocol.alliance import votes
from flock.protocol.alliance.votes import Ballots, Decision, Outcome, Verdict


class Reason(StrEnum):
    """The reason for a seat's verdict and pay."""

    PAID = "paid"
    ROUND_REJECTED = "round_rejected"
    TOO_UNLIKE_TO_EARN = "too_unlike_to_earn"
    DISSENTED = "dissented"
    ROUND_VOID = "round_void"
    OUTAGE = "outage"
    DID_NOT_PROPOSE = "did_not_propose"
    BYTES_NOT_ATTESTED = "bytes_not_attested"
    HARMFUL = "harmful"
    DID_NOT_REVEAL = "did_not_reveal"
    OUTVOTED = "outvoted"

    @property
    def sentence(self) -> str:
        """The reason in one sentence, about ``it``, the seat."""
        return SENTENCES[self]


SENTENCES = {
    Reason.PAID: "It did its duty and was paid by its weight.",
    Reason.ROUND_REJECTED: "The voters rejected the candidate, and proposers earn only when it is accepted.",
    Reason.TOO_UNLIKE_TO_EARN: (
        "Its update was in and did no harm, but its cosine with the candidate was below 0.05, too little to earn."
    ),
    Reason.DISSENTED: (
        "Its vote was not the one that won, but less than two thirds of the weight were against it: "
        "no strike, no pay."
    ),
    Reason.ROUND_VOID: "The round decided nothing and is repeated, so it was neither judged nor paid.",
    Reason.OUTAGE: (
        "It stayed away, but so did over half of the weight of a role: "
        "two such outages in a row blame nobody, a third does."
    ),
    Reason.DID_NOT_PROPOSE: "It put no proposal on chain before proposing closed.",
    Reason.BYTES_NOT_ATTESTED: (
        "It proposed, but no more than half of the attesting weight had its bytes in good order: "
        "missing, late, malformed, not finite or longer than the task's norm."
    ),
    Reason.HARMFUL: (
        "The winning vote marked its update as harmful: it pointed away from the candidate, "
        "or lay more than three times the median distance from it."
    ),
    Reason.DID_NOT_REVEAL: "It had revealed no vote when revealing closed.",
    Reason.OUTVOTED: "At least two thirds of the revealed weight voted for another candidate or verdict.",
}


@dataclass(frozen=True)
class SeatReason:
    """The result of a round for one seat; ``paid`` says whether it was paid."""

    verdict: Verdict
    reason: Reason
    paid: bool


def reasons(
    decision: Decision, ballots: Ballots, *, proposers: int, proposed: int, attested: int, excused: bool
) -> tuple[SeatReason, ...]:
    """The verdict on every seat and the reason for it, proposers first.

    ``proposed`` and ``attested`` are bitmaps by proposer seat, ``excused`` is whether absence blames no one, as
    ``votes.judge`` takes them.
    """
    verdicts = votes.judge(
        decision, ballots, proposers=proposers, proposed=proposed, attested=attested, excused=excused
    )
    found = (
        *_of_proposers(decision, verdicts[:proposers], proposed, attested),
        *_of_voters(decision, verdicts[proposers:], ballots),
    )
    return tuple(
        SeatReason(verdict, reason, reason is Reason.PAID)
        for verdict, reason in zip(verdicts, found, strict=True)
    )


def _of_proposers(
    decision: Decision, verdicts: tuple[Verdict, ...], proposed: int, attested: int
) -> Iterator[Reason]:
    paid = votes.paid_proposers(decision, attested)
    for seat, verdict in enumerate(verdicts):
        if not proposed >> seat & 1:
            yield _absent(verdict, Reason.DID_NOT_PROPOSE)
        elif decision.verdict is None:
            yield Reason.ROUND_VOID
        elif verdict is Verdict.BAD:
            yield Reason.HARMFUL if attested >> seat & 1 else Reason.BYTES_NOT_ATTESTED
        elif decision.outcome is Outcome.REJECTED:
            yield Reason.ROUND_REJECTED
        else:
            yield Reason.PAID if seat in paid else Reason.TOO_UNLIKE_TO_EARN


def _of_voters(decision: Decision, verdicts: tuple[Verdict, ...], ballots: Ballots) -> Iterator[Reason]:
    paid = votes.paid_voters(decision, ballots)
    for index, verdict in enumerate(verdicts):
        if index not in ballots.revealed:
            yield _absent(verdict, Reason.DID_NOT_REVEAL)
        elif decision.verdict is None:
            yield Reason.ROUND_VOID
        elif verdict is Verdict.BAD:
            yield Reason.OUTVOTED
        else:
            yield Reason.PAID if index in paid else Reason.DISSENTED


def _absent(verdict: Verdict, duty: Reason) -> Reason:
    return Reason.OUTAGE if verdict is Verdict.UNJUDGED else duty
