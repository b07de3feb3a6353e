"""What a finalised round did to those who sat in it, by the rules of the protocol."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from flock.alliance.models import Member, Round, Seat, Task
from flock.protocol import strikes
from flock.protocol.commitments import Vote
from flock.protocol.votes import Ballots, Verdict, decide, paid_proposers, paid_voters


def settle(session: Session, task: Task, row: Round, *, judged: int, struck: int) -> None:
    """Write verdicts, strikes and pay of the round ``row``; the bitmaps are by seat, as in RoundFinalised.

    ``task.model`` is still the model the round began with.
    """
    by_seat = select(Seat).where(Seat.task == task.id, Seat.round == row.number).order_by(Seat.seat)
    seats = session.scalars(by_seat).all()
    pay = _pay_by_seat(seats, task.model, row)
    for seat in seats:
        member = session.get_one(Member, (task.id, seat.member))
        seat.verdict = _verdict(seat.seat, judged, struck)
        seat.earned = pay.get(seat.seat, 0) * seat.weight
        member.earned += seat.earned
        member.strikes = _strikes(member.strikes, seat.verdict, task)


def _verdict(seat: int, judged: int, struck: int) -> Verdict:
    if not judged >> seat & 1:
        return Verdict.UNJUDGED
    return Verdict.BAD if struck >> seat & 1 else Verdict.GOOD


def _strikes(history: int, verdict: Verdict, task: Task) -> int:
    if verdict is Verdict.UNJUDGED:
        return history
    window, limit = int(task.parameters["strike_window"]), int(task.parameters["strike_limit"])
    return strikes.mark(history, bad=verdict is Verdict.BAD, window=window, limit=limit).history


def _pay_by_seat(seats: Sequence[Seat], model: bytes, row: Round) -> dict[int, int]:
    """Wei per weight that each paid seat earns."""
    proposers = sum(seat.is_proposer for seat in seats)
    ballots = _ballots([seat for seat in seats if not seat.is_proposer])
    decision = decide(ballots, model)
    return {
        **dict.fromkeys(paid_proposers(decision, row.attested or 0), row.proposer_unit or 0),
        **{proposers + index: row.voter_unit or 0 for index in paid_voters(decision, ballots)},
    }


def _ballots(voters: Sequence[Seat]) -> Ballots:
    revealed = {index: vote for index, seat in enumerate(voters) if (vote := revealed_vote(seat))}
    return Ballots(revealed, [seat.weight for seat in voters])


def revealed_vote(seat: Seat) -> Vote | None:
    """The vote that was revealed in ``seat``, or ``None``."""
    if seat.candidate is None or seat.harmful is None or seat.rewarded is None or seat.supports is None:
        return None
    return Vote(seat.candidate, seat.harmful, seat.rewarded, seat.supports)
