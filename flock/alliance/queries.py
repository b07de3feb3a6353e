"""What the rows say about tasks, rounds and members."""

from collections.abc import Iterator, Mapping
from typing import Literal

from sqlalchemy import BigInteger, ColumnElement, Select, and_, cast, not_, or_, select
from sqlalchemy.orm import Session

from flock.alliance.models import (
    MemberRow,
    PublicationRow,
    RoundRow,
    SeatRow,
    TaskAccountRow,
    TaskRow,
    TaskStatus,
)
from flock.alliance.round_end import revealed_vote
from flock.alliance.schemas import (
    HistoryAnswer,
    MemberAnswer,
    MemberFilter,
    OutcomeName,
    RoundAnswer,
    RoundFilter,
    RoundWithSeats,
    SeatAnswer,
    SeatVerdict,
    TaskAnswer,
    TaskFilter,
    VoteAnswer,
)
from flock.errors import UnknownTask
from flock.protocol.alliance.reasons import Reason
from flock.protocol.alliance.votes import Outcome, Verdict
from flock.protocol.core.cid import cid_of
from flock.protocol.core.units import bits
from flock.web.errors import NotFound
from flock.web.fields import Page

VERDICTS: Mapping[Verdict, SeatVerdict] = {
    Verdict.UNJUDGED: "unjudged",
    Verdict.GOOD: "good",
    Verdict.BAD: "bad",
}
OUTCOMES: Mapping[Outcome, OutcomeName] = {
    Outcome.VOID: "void",
    Outcome.ACCEPTED: "accepted",
    Outcome.REJECTED: "rejected",
}


def tasks(session: Session, wanted: TaskFilter, now: int) -> list[TaskAnswer]:
    """Tasks of the filter, lowest id first; ``now`` in Unix seconds tells which can still be joined."""
    query = select(TaskRow).where(TaskRow.id > wanted.after, *_task_conditions(wanted, now))
    return [_task_answer(row) for row in session.scalars(query.order_by(TaskRow.id).limit(wanted.limit))]


def task(session: Session, task_id: int) -> TaskAnswer:
    """Raises UnknownTask."""
    return _task_answer(known_task(session, task_id))


def rounds(session: Session, task_id: int, wanted: RoundFilter) -> list[RoundAnswer]:
    """Rounds of a task, earliest first. Raises UnknownTask."""
    known_task(session, task_id)
    query = select(RoundRow).where(RoundRow.task == task_id, RoundRow.number > wanted.after)
    if wanted.outcome is not None:
        is_open = wanted.outcome == "open"
        query = query.where(RoundRow.outcome == (None if is_open else Outcome[wanted.outcome.upper()]))
    return [
        RoundAnswer.model_validate(_round_fields(row))
        for row in session.scalars(query.order_by(RoundRow.number).limit(wanted.limit))
    ]


def round_with_seats(session: Session, task_id: int, number: int) -> RoundWithSeats:
    """Raises UnknownTask, NotFound."""
    known_task(session, task_id)
    row = session.get(RoundRow, (task_id, number))
    if row is None:
        raise NotFound(f"Task {task_id} has not opened round {number}: see /tasks/{task_id}/rounds.")
    query = select(SeatRow).where(SeatRow.task == task_id, SeatRow.round == number).order_by(SeatRow.seat)
    cids = published(session, task_id, number)
    seats = [_seat_answer(seat, cids) for seat in session.scalars(query)]
    return RoundWithSeats.model_validate({**_round_fields(row), "seats": seats})


def members(session: Session, task_id: int, wanted: MemberFilter) -> list[MemberAnswer]:
    """Members of a task, in the order they first joined. Raises UnknownTask."""
    known_task(session, task_id)
    query = _members_of(task_id).where(MemberRow.number > wanted.after)
    if wanted.state is not None:
        query = query.where(MemberRow.state == wanted.state)
    rows = session.execute(query.order_by(MemberRow.number).limit(wanted.limit))
    return [_member_answer(row, account) for row, account in rows]


def member(session: Session, task_id: int, account: str) -> MemberAnswer:
    """Raises UnknownTask, NotFound."""
    known_task(session, task_id)
    found = session.execute(_members_of(task_id).where(MemberRow.account == account)).first()
    if found is None:
        raise NotFound(f"{account} never joined task {task_id}: see /tasks/{task_id}/members.")
    return _member_answer(*found)


def history(session: Session, task_id: int, account: str, page: Page) -> list[HistoryAnswer]:
    """Every seat that a member has had, earliest round first. Raises UnknownTask, NotFound."""
    member(session, task_id, account)
    same_round = and_(RoundRow.task == SeatRow.task, RoundRow.number == SeatRow.round)
    query = (
        select(SeatRow, RoundRow)
        .join(RoundRow, same_round)
        .where(SeatRow.task == task_id, SeatRow.account == account, SeatRow.round > page.after)
        .order_by(SeatRow.round)
        .limit(page.limit)
    )
    return [_history_answer(seat, round_) for seat, round_ in session.execute(query)]


def published(session: Session, task_id: int, number: int) -> dict[int, str]:
    """Where the proposals of a round are, by seat; empty for a round not (yet) known."""
    same_seat = and_(
        SeatRow.task == PublicationRow.task,
        SeatRow.round == PublicationRow.round,
        SeatRow.seat == PublicationRow.seat,
    )
    still_true = or_(SeatRow.commitment.is_(None), SeatRow.commitment == PublicationRow.commitment)
    query = (
        select(PublicationRow.seat, PublicationRow.cid)
        .join(SeatRow, same_seat, isouter=True)
        .where(PublicationRow.task == task_id, PublicationRow.round == number, still_true)
        .order_by(PublicationRow.seat)
    )
    return dict(session.execute(query).all())


def _task_conditions(wanted: TaskFilter, now: int) -> Iterator[ColumnElement[bool]]:
    if wanted.state is not None:
        yield TaskRow.state == wanted.state
    if wanted.creator is not None:
        yield TaskRow.creator == wanted.creator
    if wanted.member is not None:
        yield TaskRow.id.in_(select(MemberRow.task).where(MemberRow.account == wanted.member))
    if wanted.open_to_join is not None:
        joinable = _joinable(now)
        yield joinable if wanted.open_to_join else not_(joinable)


def _joinable(now: int) -> ColumnElement[bool]:
    """As far as the rows can tell: whether an allow-list names somebody, they cannot."""
    in_time = or_(
        and_(TaskRow.state == TaskStatus.OPEN, _parameter("start_by") > now),
        and_(TaskRow.state == TaskStatus.RUNNING, _parameter("ends_at") > now),
    )
    return and_(in_time, TaskRow.members < _parameter("max_members"))


def _parameter(name: str) -> ColumnElement[int]:
    """64 bits wide, which JSON's own integers are not in every database."""
    return cast(TaskRow.parameters[name].as_string(), BigInteger)


def known_task(session: Session, task_id: int) -> TaskRow:
    """Raises UnknownTask."""
    row = session.get(TaskRow, task_id)
    if row is None:
        raise UnknownTask(f"There is no task {task_id}: see /tasks for those there are.")
    return row


def _members_of(task_id: int) -> Select[MemberRow, TaskAccountRow]:
    same_account = and_(TaskAccountRow.task == MemberRow.task, TaskAccountRow.account == MemberRow.account)
    return (
        select(MemberRow, TaskAccountRow)
        .join(TaskAccountRow, same_account, isouter=True)
        .where(MemberRow.task == task_id)
    )


def _task_answer(row: TaskRow) -> TaskAnswer:
    return TaskAnswer(
        id=row.id,
        creator=row.creator,
        state=row.state,
        bounty=row.bounty,
        pool=row.pool,
        opened=row.opened,
        decided=row.decided,
        members=row.members,
        seed_block=row.seed_block,
        metadata=cid_of(row.metadata_digest),
        model=cid_of(row.model),
        refund=row.refund,
        to_treasury=row.to_treasury,
        parameters=row.parameters,
    )


def _round_fields(row: RoundRow) -> Mapping[str, object]:
    return {
        "number": row.number,
        "outcome": _outcome(row),
        "seed": row.seed,
        "drawn_block": row.drawn_block,
        "propose_ends_at": row.propose_ends_at,
        "keeper": row.keeper,
        "candidate": cid_of(row.candidate) if row.candidate and any(row.candidate) else None,
        "harmful": _seats(row.harmful),
        "rewarded": _seats(row.rewarded),
        "attested": _seats(row.attested),
        "proposer_unit": row.proposer_unit,
        "voter_unit": row.voter_unit,
        "pool_left": row.pool_left,
        "finalised_block": row.finalised_block,
    }


def _seat_answer(row: SeatRow, cids: Mapping[int, str]) -> SeatAnswer:
    return SeatAnswer(
        seat=row.seat,
        role=_role(row),
        account=row.account,
        member=row.member,
        weight=row.weight,
        commitment=row.commitment,
        cid=cids.get(row.seat),
        attested=_seats(row.attestation),
        sealed_vote=row.sealed_vote,
        vote=_vote_answer(row),
        verdict=None if row.verdict is None else VERDICTS[row.verdict],
        earned=row.earned,
        slashed=row.slashed,
    )


def _vote_answer(row: SeatRow) -> VoteAnswer | None:
    vote = revealed_vote(row)
    if vote is None or row.salt is None:
        return None
    return VoteAnswer(
        candidate=cid_of(vote.candidate),
        harmful=list(bits(vote.harmful)),
        rewarded=list(bits(vote.rewarded)),
        supports=vote.supports,
        salt=row.salt,
    )


def _member_answer(row: MemberRow, account: TaskAccountRow | None) -> MemberAnswer:
    fees, withdrawn = (account.keeper_fees, account.withdrawn) if account else (0, 0)
    return MemberAnswer(
        number=row.number,
        id=row.id,
        account=row.account,
        state=row.state,
        stake=row.stake,
        allocated=account.allocated if account else 0,
        weight=row.weight,
        strikes=row.strikes.bit_count(),
        drawn=row.drawn,
        earned=row.earned,
        keeper_fees=fees,
        withdrawn=withdrawn,
        withdrawable=row.earned + fees - withdrawn,
        slashed=row.slashed,
        slashed_flock=row.slashed_flock,
    )


def _history_answer(seat: SeatRow, row: RoundRow) -> HistoryAnswer:
    finalised = {"finalised": row.finalised_transaction} if row.finalised_transaction else {}
    return HistoryAnswer(
        round=seat.round,
        outcome=_outcome(row),
        seat=seat.seat,
        role=_role(seat),
        weight=seat.weight,
        verdict=None if seat.verdict is None else VERDICTS[seat.verdict],
        reason=seat.reason,
        because=None if seat.reason is None else Reason(seat.reason).sentence,
        strikes=seat.strikes,
        earned=seat.earned,
        slashed=seat.slashed,
        transactions={"drawn": row.drawn_transaction, **seat.transactions, **finalised},
    )


def _outcome(row: RoundRow) -> OutcomeName:
    return "open" if row.outcome is None else OUTCOMES[row.outcome]


def _role(seat: SeatRow) -> Literal["proposer", "voter"]:
    return "proposer" if seat.is_proposer else "voter"


def _seats(bitmap: int | None) -> list[int] | None:
    return None if bitmap is None else list(bits(bitmap))
