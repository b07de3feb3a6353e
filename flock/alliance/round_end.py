"""Writes down what a finalised round did to those who sat in it; what it means is for ``protocol`` to say."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from flock.alliance.models import MemberRow, SeatRow, TaskRow
from flock.protocol.alliance.played_round import PlayedRound, SeatFate, Strikes, strikes_after
from flock.protocol.alliance.state import RoundRecord
from flock.protocol.core.commitments import Vote
from flock.protocol.core.units import bitmap_of


def settle(session: Session, task: TaskRow, record: RoundRecord) -> None:
    """Write verdicts, reasons, strikes and pay of the round that ended as ``record`` says.

    ``task.model`` is still the model the round began with.
    """
    by_seat = (
        select(SeatRow).where(SeatRow.task == task.id, SeatRow.round == record.number).order_by(SeatRow.seat)
    )
    seats = session.scalars(by_seat).all()
    for seat, fate in zip(seats, _played(seats, task.model, record).fates, strict=True):
        member = session.get_one(MemberRow, (task.id, seat.account))
        seat.verdict, seat.reason, seat.earned = fate.verdict, fate.reason, fate.paid
        member.earned += fate.paid
        after = _strikes(member.strikes, fate, task)
        seat.strikes, member.strikes = after.counted, after.history


def revealed_vote(seat: SeatRow) -> Vote | None:
    """The vote that was revealed in ``seat``, or ``None``."""
    if seat.candidate is None or seat.harmful is None or seat.rewarded is None or seat.supports is None:
        return None
    return Vote(seat.candidate, seat.harmful, seat.rewarded, seat.supports)


def _played(seats: Sequence[SeatRow], model: bytes, record: RoundRecord) -> PlayedRound:
    voters = [seat for seat in seats if not seat.is_proposer]
    return PlayedRound(
        proposers=len(seats) - len(voters),
        weights=[seat.weight for seat in seats],
        model=model,
        proposed=bitmap_of(seat.seat for seat in seats if seat.commitment),
        sealed=bitmap_of(seat.seat for seat in seats if seat.sealed_vote),
        revealed={index: vote for index, seat in enumerate(voters) if (vote := revealed_vote(seat))},
        record=record,
    )


def _strikes(history: int, fate: SeatFate, task: TaskRow) -> Strikes:
    window, limit = int(task.parameters["strike_window"]), int(task.parameters["strike_limit"])
    return strikes_after(history, fate, window=window, limit=limit)
