"""Chain events in, rows out: what every event of a task means, and nothing else.

Rows are a function of the events alone. What a round pays and whom it strikes is not in an event: it
follows from the votes by the same rules as on chain.
"""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from flock.alliance.models import (
    ON_THE_LIST,
    MemberRow,
    MemberStatus,
    RoundRow,
    SeatRow,
    TaskAccountRow,
    TaskRow,
    TaskStatus,
)
from flock.alliance.round_end import settle
from flock.chain.client import Log
from flock.protocol.alliance.params import keepers_reserve
from flock.protocol.alliance.played_round import record_of, vote_of
from flock.protocol.alliance.sortition import weight, weights_of
from flock.protocol.alliance.votes import Outcome
from flock.protocol.core.hashing import ZERO
from flock.protocol.core.schedule import SCHEDULE
from flock.protocol.core.units import Gm, Wei
from flock.tasks.task_projection import Arguments, Handlers, TaskProjection

AMOUNTS = ("minimum_stake", "keeper_fee", "norm_clip")


class AllianceProjection(TaskProjection):
    """The rows of the Alliance service; ``board`` is the address of AllianceRounds."""

    def __init__(self, board: str) -> None:
        super().__init__(board, TaskRow, (RoundRow, SeatRow, MemberRow, TaskAccountRow), HANDLERS)


# --- Tasks ---


def _task_created(session: Session, given: Arguments, _: Log) -> None:
    session.add(
        TaskRow(
            id=given["task_id"],
            creator=given["creator"],
            state=TaskStatus.OPEN,
            metadata_digest=given["metadata"],
            parameters={name: plain(name, given[name]) for name in SCHEDULE},
            bounty=given["bounty"],
            model=ZERO,
        )
    )


def _alliance_opened(session: Session, given: Arguments, _: Log) -> None:
    """The board has taken in the terms: in the transaction that made the task."""
    task, terms = _task(session, given), given["terms"]
    task.parameters = {**task.parameters, **{name: plain(name, value) for name, value in terms.items()}}
    task.model = terms["initial_model"]


def _task_funded(session: Session, given: Arguments, _: Log) -> None:
    _task(session, given).bounty += given["amount"]


def _task_cancelled(session: Session, given: Arguments, _: Log) -> None:
    task = _task(session, given)
    task.state, task.refund = TaskStatus.CANCELLED, given["refund"]


def _task_begun(session: Session, given: Arguments, _: Log) -> None:
    task = _task(session, given)
    task.state, task.pool = TaskStatus.RUNNING, given["bounty"] - _keepers_reserve(task)


def _task_closed(session: Session, given: Arguments, _: Log) -> None:
    task = _task(session, given)
    task.state, task.pool, task.seed_block = TaskStatus.CLOSED, 0, None
    task.refund, task.to_treasury = given["refund"], given["to_treasury"]


# --- Members and their money ---


def _joined(session: Session, given: Arguments, _: Log) -> None:
    """An id may have been another's before: what an account has done stays with the account."""
    member = session.get(MemberRow, (given["task_id"], given["account"]))
    if member is None:
        known = select(func.count()).select_from(MemberRow).where(MemberRow.task == given["task_id"])
        number = session.scalars(known).one() + 1
        member = MemberRow(task=given["task_id"], account=given["account"], number=number)
        session.add(member)
    member.id, member.state = given["member_id"], MemberStatus.ACTIVE
    member.stake, member.weight = given["stake"], given["weight"]
    _task(session, given).members += 1


def _left(session: Session, given: Arguments, _: Log) -> None:
    member = _member(session, given)
    _off_the_list(session, given, member)
    member.state, member.strikes, member.id = MemberStatus.LEFT, 0, 0


def _retained(session: Session, given: Arguments, _: Log) -> None:
    member = _member(session, given)
    _off_the_list(session, given, member)
    member.state = MemberStatus.RETAINED


def _off_the_list(session: Session, given: Arguments, member: MemberRow) -> None:
    if member.state in ON_THE_LIST:
        _task(session, given).members -= 1


def _leave_requested(session: Session, given: Arguments, _: Log) -> None:
    _member(session, given).state = MemberStatus.LEAVING


def _allocated(session: Session, given: Arguments, _: Log) -> None:
    _account(session, given["task_id"], given["account"]).allocated += given["gm"]


def _took(session: Session, given: Arguments, _: Log) -> None:
    """Deallocated or slashed: either way the gm is off the task."""
    _account(session, given["task_id"], given["account"]).allocated -= given["gm"]


def _member_slashed(session: Session, given: Arguments, _: Log) -> None:
    """What is left of the stake sets the new weight, never a higher one; one that is leaving keeps its own."""
    task, member = _task(session, given), _member(session, given)
    member.slashed += given["gm"]
    member.slashed_flock += given["flock"]
    left = _account(session, task.id, member.account).allocated
    new = weight(Gm(left), Gm(int(task.parameters["minimum_stake"])))
    # One below the minimum leaves, which its own event tells.
    if member.state != MemberStatus.LEAVING and new != 0:
        member.weight = min(member.weight, new)
    seats = select(SeatRow).where(
        SeatRow.task == task.id, SeatRow.round == given["round"], SeatRow.account == member.account
    )
    session.scalars(seats).one().slashed = given["gm"]


def _withdrawn(session: Session, given: Arguments, _: Log) -> None:
    _account(session, given["task_id"], given["account"]).withdrawn += given["amount"]


# --- Rounds ---


def _seed_named(session: Session, given: Arguments, _: Log) -> None:
    _task(session, given).seed_block = given["seed_block"]


def _drawn(session: Session, given: Arguments, log: Log) -> None:
    task = _task(session, given)
    task.opened += 1
    task.seed_block = None
    _account(session, task.id, given["keeper"]).keeper_fees += int(task.parameters["keeper_fee"])
    session.add(
        RoundRow(
            task=task.id,
            number=given["round"],
            seed=given["seed"],
            drawn_block=log.block,
            propose_ends_at=given["ends_at"],
            keeper=given["keeper"],
            drawn_transaction=log.transaction,
        )
    )
    weights = weights_of(given["weights"], len(given["seats"]))
    for seat, (member_id, seat_weight) in enumerate(zip(given["seats"], weights, strict=True)):
        _take_seat(session, task, given["round"], seat, member_id, seat_weight)


def _take_seat(
    session: Session, task: TaskRow, number: int, seat: int, member_id: int, seat_weight: int
) -> None:
    member = _holder(session, task.id, member_id)
    member.drawn += 1
    session.add(
        SeatRow(
            task=task.id,
            round=number,
            seat=seat,
            is_proposer=seat < int(task.parameters["proposer_seats"]),
            member=member_id,
            account=member.account,
            weight=seat_weight,
        )
    )


def _proposed(session: Session, given: Arguments, log: Log) -> None:
    _acting_seat(session, given, "proposed", log).commitment = given["commitment"]


def _attested(session: Session, given: Arguments, log: Log) -> None:
    _acting_seat(session, given, "attested", log).attestation = given["bitmap"]


def _vote_committed(session: Session, given: Arguments, log: Log) -> None:
    _acting_seat(session, given, "sealed", log).sealed_vote = given["sealed_vote"]


def _vote_revealed(session: Session, given: Arguments, log: Log) -> None:
    seat = _acting_seat(session, given, "revealed", log)
    vote = vote_of(given)
    seat.candidate, seat.supports, seat.salt = vote.candidate, vote.supports, given["salt"]
    seat.harmful, seat.rewarded = vote.harmful, vote.rewarded


def _round_finalised(session: Session, given: Arguments, log: Log) -> None:
    task, record = _task(session, given), record_of(given)
    row = session.get_one(RoundRow, (task.id, record.number))
    row.outcome, row.candidate = record.outcome, record.candidate
    row.harmful, row.rewarded, row.attested = record.harmful, record.rewarded, record.attested
    row.proposer_unit, row.voter_unit = record.proposer_unit, record.voter_unit
    row.pool_left = record.pool_left
    row.finalised_block, row.finalised_transaction = log.block, log.transaction
    settle(session, task, record)
    task.pool = record.pool_left
    if record.outcome is not Outcome.VOID:
        task.decided += 1
    if record.outcome is Outcome.ACCEPTED:
        task.model = record.candidate


# --- Rows that an event names ---


def _task(session: Session, given: Arguments) -> TaskRow:
    return session.get_one(TaskRow, given["task_id"])


def _member(session: Session, given: Arguments) -> MemberRow:
    return _holder(session, given["task_id"], given["member_id"])


def _holder(session: Session, task: int, member_id: int) -> MemberRow:
    """The member that has the id now: those who left had it before."""
    has_it = (MemberRow.task == task, MemberRow.id == member_id, MemberRow.state != MemberStatus.LEFT)
    return session.scalars(select(MemberRow).where(*has_it)).one()


def _keepers_reserve(task: TaskRow) -> int:
    """What of the bounty is set aside for draws."""
    return keepers_reserve(int(task.parameters["planned_rounds"]), Wei(int(task.parameters["keeper_fee"])))


def _acting_seat(session: Session, given: Arguments, act: str, log: Log) -> SeatRow:
    """The seat that did ``act`` in the transaction of ``log``, with that written down."""
    seat = session.get_one(SeatRow, (given["task_id"], given["round"], given["seat"]))
    seat.transactions = {**seat.transactions, act: log.transaction}
    return seat


def _account(session: Session, task: int, account: str) -> TaskAccountRow:
    row = session.get(TaskAccountRow, (task, account))
    if row is None:
        row = TaskAccountRow(task=task, account=account)
        session.add(row)
        session.flush()
    return row


def plain(name: str, value: int | bytes) -> int | str:
    """A parameter as JSON holds it: amounts as decimal text, bytes as hex."""
    if isinstance(value, bytes):
        return "0x" + value.hex()
    return str(value) if name in AMOUNTS else value


HANDLERS: Handlers = {
    "TaskCreated": _task_created,
    "AllianceOpened": _alliance_opened,
    "TaskFunded": _task_funded,
    "TaskCancelled": _task_cancelled,
    "TaskBegun": _task_begun,
    "TaskClosed": _task_closed,
    "Joined": _joined,
    "LeaveRequested": _leave_requested,
    "Left": _left,
    "Retained": _retained,
    "Allocated": _allocated,
    "Deallocated": _took,
    "Slashed": _took,
    "MemberSlashed": _member_slashed,
    "Withdrawn": _withdrawn,
    "SeedNamed": _seed_named,
    "Drawn": _drawn,
    "Proposed": _proposed,
    "Attested": _attested,
    "VoteCommitted": _vote_committed,
    "VoteRevealed": _vote_revealed,
    "RoundFinalised": _round_finalised,
}
