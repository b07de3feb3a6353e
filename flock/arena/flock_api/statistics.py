"""What ``/api/v1/stats`` says: emissions, models, validators, and what one address has done."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from flock.arena import queries
from flock.arena.flock_api.answers import Answer, moment, page, score, task_answer
from flock.arena.models import ArenaMemberRow, ArenaTaskRow, SubmissionRow
from flock.arena.schemas import LeaderboardPage
from flock.protocol.arena.stages import Role


def emissions(session: Session) -> list[Answer]:
    """What each Arena's bounty has paid out so far, in wei as text; trainers and validators share it by its terms."""
    rows = session.scalars(select(ArenaTaskRow).order_by(ArenaTaskRow.id))
    return [{"task_id": row.id, "bounty": str(row.bounty), "streamed": str(row.streamed)} for row in rows]


def models(session: Session, task: int, number: int, size: int) -> Answer:
    """The ranking. Raises UnknownTask."""
    known = queries.known_task(session, task)
    ranks = queries.leaderboard(session, task, LeaderboardPage(after=(number - 1) * size, limit=size))
    items = [
        {
            "rank": rank.rank,
            "submission_id": rank.submission,
            "address": rank.account,
            "score": score(rank.score),
            "submitted_at": moment(rank.submitted_at),
        }
        for rank in ranks
    ]
    return page(items, known.trainers, number, size)


def validators(session: Session, task: int, number: int, size: int) -> Answer:
    """Validators in the order they enrolled. Raises UnknownTask."""
    queries.known_task(session, task)
    of_task = (ArenaMemberRow.task == task, ArenaMemberRow.role == Role.VALIDATOR)
    rows = session.scalars(
        select(ArenaMemberRow)
        .where(*of_task)
        .order_by(ArenaMemberRow.id)
        .offset((number - 1) * size)
        .limit(size)
    )
    items = [
        {
            "address": row.account,
            "status": row.standing.value,
            "validations": row.judged,
            "strikes": row.strikes,
            "absences": row.absences,
        }
        for row in rows
    ]
    total = session.scalar(select(func.count()).select_from(ArenaMemberRow).where(*of_task))
    return page(items, int(total or 0), number, size)


def submissions(session: Session, account: str, number: int, size: int) -> Answer:
    """What ``account`` has submitted to all tasks, the newest first."""
    mine = SubmissionRow.account == account
    order = (SubmissionRow.submitted_at.desc(), SubmissionRow.task.desc(), SubmissionRow.id.desc())
    rows = session.scalars(
        select(SubmissionRow).where(mine).order_by(*order).offset((number - 1) * size).limit(size)
    )
    items = [
        {
            "id": row.id,
            "task_id": row.task,
            "submission_phase_score": score(row.median),
            "final_validation_score": score(row.final_median),
            "submitted_at": moment(row.submitted_at),
        }
        for row in rows
    ]
    total = session.scalar(select(func.count()).select_from(SubmissionRow).where(mine))
    return page(items, int(total or 0), number, size)


def achievements(session: Session, account: str, role: Role) -> Answer:
    """What ``account`` has come to in ``role``, over all tasks."""
    rows = session.scalars(
        select(ArenaMemberRow).where(ArenaMemberRow.account == account, ArenaMemberRow.role == role)
    ).all()
    return {
        "address": account,
        "role": "validator" if role is Role.VALIDATOR else "node",
        "tasks": len(rows),
        "submissions": sum(row.submissions for row in rows),
        "validations": sum(row.judged for row in rows),
    }


def enrolled_tasks(session: Session, account: str, url: str) -> list[Answer]:
    """The tasks that ``account`` is or was enrolled in."""
    tasks = select(ArenaTaskRow).join(ArenaMemberRow, ArenaMemberRow.task == ArenaTaskRow.id)
    rows = session.scalars(tasks.where(ArenaMemberRow.account == account).order_by(ArenaTaskRow.id))
    return [task_answer(row, None, url, is_listed=False) for row in rows]
