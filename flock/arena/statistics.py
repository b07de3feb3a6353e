"""What happened on one Arena, or on all, day by day."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from flock.arena.daily import COUNTS
from flock.arena.models import ArenaDayRow
from flock.arena.queries import known_task
from flock.arena.schemas import DayAnswer, TaskDayAnswer
from flock.web.fields import Page


def of_task(session: Session, task: int, page: Page) -> list[TaskDayAnswer]:
    """Days on which something happened, earliest first. Raises UnknownTask."""
    known_task(session, task)
    query = select(ArenaDayRow).where(ArenaDayRow.task == task, ArenaDayRow.day > page.after)
    return [
        TaskDayAnswer(
            day=row.day,
            **{name: getattr(row, name) for name in COUNTS},
            best=None if row.best_rank is None else abs(row.best_rank),
        )
        for row in session.scalars(query.order_by(ArenaDayRow.day).limit(page.limit))
    ]


def of_all(session: Session, page: Page) -> list[DayAnswer]:
    """The same of all Arenas together."""
    sums = [func.sum(getattr(ArenaDayRow, name)).label(name) for name in COUNTS]
    query = select(ArenaDayRow.day, *sums).where(ArenaDayRow.day > page.after)
    rows = session.execute(query.group_by(ArenaDayRow.day).order_by(ArenaDayRow.day).limit(page.limit))
    return [DayAnswer.model_validate(row, from_attributes=True) for row in rows]
