"""What the rows say about tasks, rounds and members."""

from collections.abc import Mapping

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session

from flock.alliance.models import Account, Member, Publication, Round, Seat, Task
from flock.alliance.schemas import (
    MemberAnswer,
    RoundAnswer,
    RoundWithSeats,
    SeatAnswer,
    SeatVerdict,
    TaskAnswer,
    VoteAnswer,
)
from flock.alliance.settlement import revealed_vote
from flock.errors import UnknownTask
from flock.protocol.cid import cid_of
from flock.protocol.units import bits
from flock.protocol.votes import Verdict
from flock.web.errors import NotFound

VERDICTS: Mapping[Verdict, SeatVerdict] = {
    Verdict.UNJUDGED: "unjudged",
    Verdict.GOOD: "good",
    Verdict.BAD: "bad",
}


def tasks(session: Session, after: int, limit: int) -> list[TaskAnswer]:
    """Tasks with an id above ``after``, lowest first."""
    query = select(Task).where(Task.id > after).order_by(Task.id).limit(limit)
    return [_task_answer(row) for row in session.scalars(query)]


def task(session: Session, task_id: int) -> TaskAnswer:
    """Raises UnknownTask."""
    return _task_answer(_known(session, task_id))


def rounds(session: Session, task_id: int, after: int, limit: int) -> list[RoundAnswer]:
    """Rounds of a task with a number above ``after``, earliest first. Raises UnknownTask."""
    _known(session, task_id)
    query = select(Round).where(Round.task == task_id, Round.number > after)
    return [
        RoundAnswer.model_validate(_round_fields(row))
        for row in session.scalars(query.order_by(Round.number).limit(limit))
    ]


def round_with_seats(session: Session, task_id: int, number: int) -> RoundWithSeats:
    """Raises UnknownTask, NotFound."""
    _known(session, task_id)
    row = session.get(Round, (task_id, number))
    if row is None:
        raise NotFound(f"Task {task_id} has not opened round {number}: see /tasks/{task_id}/rounds.")
    query = select(Seat).where(Seat.task == task_id, Seat.round == number).order_by(Seat.seat)
    cids = published(session, task_id, number)
    seats = [_seat_answer(seat, cids) for seat in session.scalars(query)]
    return RoundWithSeats.model_validate({**_round_fields(row), "seats": seats})


def members(session: Session, task_id: int, after: int, limit: int) -> list[MemberAnswer]:
    """Members of a task with an id above ``after``, in the order they first joined. Raises UnknownTask."""
    _known(session, task_id)
    query = _members_of(task_id).where(Member.id > after).order_by(Member.id).limit(limit)
    return [_member_answer(row, account) for row, account in session.execute(query)]


def member(session: Session, task_id: int, account: str) -> MemberAnswer:
    """Raises UnknownTask, NotFound."""
    _known(session, task_id)
    found = session.execute(_members_of(task_id).where(Member.account == account)).first()
    if found is None:
        raise NotFound(f"{account} never joined task {task_id}: see /tasks/{task_id}/members.")
    return _member_answer(*found)


def published(session: Session, task_id: int, number: int) -> dict[int, str]:
    """Where the proposals of a round are, by seat; empty for a round not (yet) known."""
    same_seat = and_(
        Seat.task == Publication.task, Seat.round == Publication.round, Seat.seat == Publication.seat
    )
    still_true = or_(Seat.commitment.is_(None), Seat.commitment == Publication.commitment)
    query = (
        select(Publication.seat, Publication.cid)
        .join(Seat, same_seat, isouter=True)
        .where(Publication.task == task_id, Publication.round == number, still_true)
        .order_by(Publication.seat)
    )
    return dict(session.execute(query).all())


def _known(session: Session, task_id: int) -> Task:
    row = session.get(Task, task_id)
    if row is None:
        raise UnknownTask(f"There is no task {task_id}: see /tasks for those there are.")
    return row


def _members_of(task_id: int) -> Select[Member, Account]:
    same_account = and_(Account.task == Member.task, Account.account == Member.account)
    return select(Member, Account).join(Account, same_account, isouter=True).where(Member.task == task_id)


def _task_answer(row: Task) -> TaskAnswer:
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


def _round_fields(row: Round) -> Mapping[str, object]:
    return {
        "number": row.number,
        "outcome": "open" if row.outcome is None else row.outcome.name.lower(),
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


def _seat_answer(row: Seat, cids: Mapping[int, str]) -> SeatAnswer:
    return SeatAnswer(
        seat=row.seat,
        role="proposer" if row.is_proposer else "voter",
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


def _vote_answer(row: Seat) -> VoteAnswer | None:
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


def _member_answer(row: Member, account: Account | None) -> MemberAnswer:
    fees, withdrawn = (account.keeper_fees, account.withdrawn) if account else (0, 0)
    return MemberAnswer(
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


def _seats(bitmap: int | None) -> list[int] | None:
    return None if bitmap is None else list(bits(bitmap))
