"""What a finalised round did to those who sat in it, by the rules of the protocol."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from flock.alliance.models import MemberRow, RoundRow, SeatRow, TaskRow
from flock.protocol.alliance import strikes
from flock.protocol.alliance.reasons import SeatReason, reasons
from flock.protocol.alliance.votes import Ballots, Verdict, decide
from flock.protocol.core.commitments import Vote
from flock.protocol.core.units import bitmap_of


def settle(session: Session, task: TaskRow, row: RoundRow, *, judged: int, struck: int) -> None:
    """Write verdicts, reasons, strikes and pay of the round ``row``; the bitmaps are by seat, as in RoundFinalised.

    ``task.model`` is still the model the round began with.
    """
    by_seat = (
        select(SeatRow).where(SeatRow.task == task.id, SeatRow.round == row.number).order_by(SeatRow.seat)
    )
    seats = session.scalars(by_seat).all()
    for seat, found in zip(seats, _reasons(seats, task.model, row, judged), strict=True):
        member = session.get_one(MemberRow, (task.id, seat.account))
        seat.verdict, seat.reason = _verdict(seat.seat, judged, struck), found.reason
        unit = row.proposer_unit if seat.is_proposer else row.voter_unit
        seat.earned = (unit or 0) * seat.weight if found.paid else 0
        member.earned += seat.earned
        seat.strikes, member.strikes = _strikes(member.strikes, seat.verdict, task)


def _verdict(seat: int, judged: int, struck: int) -> Verdict:
    """What the contract said; that the rules say the same is what the parity tests show."""
    if not judged >> seat & 1:
        return Verdict.UNJUDGED
    return Verdict.BAD if struck >> seat & 1 else Verdict.GOOD


def _strikes(history: int, verdict: Verdict, task: TaskRow) -> tuple[int, int]:
    """How many strikes the member had when the round was judged, and its history from then on."""
    if verdict is Verdict.UNJUDGED:
        return history.bit_count(), history
    window, limit = int(task.parameters["strike_window"]), int(task.parameters["strike_limit"])
    mark = strikes.mark(history, bad=verdict is Verdict.BAD, window=window, limit=limit)
    return limit if mark.slashed else mark.history.bit_count(), mark.history


def _reasons(seats: Sequence[SeatRow], model: bytes, row: RoundRow, judged: int) -> tuple[SeatReason, ...]:
    absent = bitmap_of(seat.seat for seat in seats if not seat.commitment and seat.candidate is None)
    proposers = [seat for seat in seats if seat.is_proposer]
    ballots = _ballots([seat for seat in seats if not seat.is_proposer])
    return reasons(
        decide(ballots, model),
        ballots,
        proposers=len(proposers),
        proposed=bitmap_of(seat.seat for seat in proposers if seat.commitment),
        attested=row.attested or 0,
        excused=bool(absent & ~judged),
    )


def _ballots(voters: Sequence[SeatRow]) -> Ballots:
    revealed = {index: vote for index, seat in enumerate(voters) if (vote := revealed_vote(seat))}
    return Ballots(revealed, [seat.weight for seat in voters])


def revealed_vote(seat: SeatRow) -> Vote | None:
    """The vote that was revealed in ``seat``, or ``None``."""
    if seat.candidate is None or seat.harmful is None or seat.rewarded is None or seat.supports is None:
        return None
    return Vote(seat.candidate, seat.harmful, seat.rewarded, seat.supports)
