"""Every verdict and every pay has its reason, and the reason says it in a sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flock.protocol.alliance import votes
from flock.protocol.alliance.reasons import Reason, SeatReason, reasons
from flock.protocol.alliance.votes import Ballots, Verdict
from flock.protocol.core.commitments import Vote

MODEL = b"\x01" * 32
WINNER = Vote(b"\x02" * 32, harmful=0b0010, rewarded=0b0101, supports=True)
AGAINST = Vote(WINNER.candidate, WINNER.harmful, WINNER.rewarded, supports=False)
LIE = Vote(b"\x03" * 32, harmful=0, rewarded=0, supports=True)
PROPOSERS = 4
STRUCK = {
    Reason.DID_NOT_PROPOSE,
    Reason.BYTES_NOT_ATTESTED,
    Reason.HARMFUL,
    Reason.DID_NOT_REVEAL,
    Reason.OUTVOTED,
}
UNJUDGED = {Reason.ROUND_VOID, Reason.OUTAGE}

bitmaps = st.integers(0, 15)
any_vote = st.builds(
    Vote, st.sampled_from([MODEL, WINNER.candidate, LIE.candidate]), bitmaps, bitmaps, st.booleans()
)


def found(
    revealed: dict[int, Vote],
    voters: int = 5,
    *,
    proposed: int = 0b1111,
    attested: int = 0b1111,
    excused: bool = False,
) -> tuple[SeatReason, ...]:
    ballots = Ballots(revealed, [1] * voters)
    decision = votes.decide(ballots, MODEL)
    marks = {"proposers": PROPOSERS, "proposed": proposed, "attested": attested}
    return reasons(decision, ballots, **marks, excused=excused)


def names(seats: tuple[SeatReason, ...]) -> list[Reason]:
    return [seat.reason for seat in seats]


@given(st.dictionaries(st.integers(0, 6), any_vote), bitmaps, bitmaps, st.booleans())
def test_reasons_agree_with_verdicts_and_pay(
    revealed: dict[int, Vote], proposed: int, seen: int, excused: bool
) -> None:
    attested = seen & proposed
    ballots = Ballots(revealed, [1, 2, 3, 4, 1, 2, 3])
    decision = votes.decide(ballots, MODEL)
    marks = {"proposers": PROPOSERS, "proposed": proposed, "attested": attested, "excused": excused}
    seats = reasons(decision, ballots, **marks)
    assert tuple(seat.verdict for seat in seats) == votes.judge(decision, ballots, **marks)
    paid = {
        *votes.paid_proposers(decision, attested),
        *(PROPOSERS + voter for voter in votes.paid_voters(decision, ballots)),
    }
    assert {number for number, seat in enumerate(seats) if seat.paid} == paid
    for seat in seats:
        assert (seat.verdict is Verdict.BAD) == (seat.reason in STRUCK)
        assert (seat.verdict is Verdict.UNJUDGED) == (seat.reason in UNJUDGED)


def test_an_accepted_round_pays_harms_and_passes_over() -> None:
    seats = found(dict.fromkeys(range(5), WINNER), attested=0b1011)
    assert names(seats[:PROPOSERS]) == [
        Reason.PAID,
        Reason.HARMFUL,
        Reason.BYTES_NOT_ATTESTED,
        Reason.TOO_UNLIKE_TO_EARN,
    ]
    assert names(seats[PROPOSERS:]) == [Reason.PAID] * 5


def test_a_rejected_round_pays_voters_only() -> None:
    seats = found(dict.fromkeys(range(5), AGAINST))
    assert names(seats) == [Reason.ROUND_REJECTED] * PROPOSERS + [Reason.PAID] * 5


def test_a_lone_liar_is_outvoted_and_a_large_minority_merely_dissents() -> None:
    assert names(found({**dict.fromkeys(range(4), WINNER), 4: LIE}))[-1] is Reason.OUTVOTED
    minority = found({0: WINNER, 1: WINNER, 2: WINNER, 3: AGAINST, 4: AGAINST})
    assert names(minority[-2:]) == [Reason.DISSENTED] * 2


def test_who_stayed_away_is_to_blame_unless_most_did() -> None:
    seats = found(dict.fromkeys(range(4), WINNER), proposed=0b0111)
    assert (seats[3].reason, seats[-1].reason) == (Reason.DID_NOT_PROPOSE, Reason.DID_NOT_REVEAL)
    outage = found({}, proposed=0b0001, excused=True)
    assert names(outage) == [Reason.ROUND_VOID] + [Reason.OUTAGE] * 8
    third = found({}, proposed=0b0001)
    blamed = [Reason.DID_NOT_PROPOSE] * 3 + [Reason.DID_NOT_REVEAL] * 5
    assert names(third) == [Reason.ROUND_VOID, *blamed]


def test_a_round_without_a_winner_judges_no_one_who_came() -> None:
    split = found({0: WINNER, 1: LIE, 2: AGAINST, 3: Vote(MODEL, 0, 0, supports=True)}, voters=4)
    assert names(split) == [Reason.ROUND_VOID] * 8


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_one_sentence(reason: Reason) -> None:
    assert reason.sentence.endswith(".")
    assert reason.sentence[0].isupper()
