"""Rows of tasks made of chain events: what every product does with an event, whatever it means there."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from flock.chain.client import Log
from flock.chain.events import Event
from flock.web.fields import LARGEST_INTEGER

Arguments = Mapping[str, Any]
Handlers = Mapping[str, Callable[[Session, Arguments, Log], None]]
"""By the name of an event: what it does to the rows."""


class TaskProjection:
    """The ``Projection`` of the tasks of one ``board``, by its address.

    ``tasks`` is the table of tasks by ``id``; the rows of ``parts`` name theirs as ``task``.
    """

    needs_times = False

    def __init__(self, board: str, tasks: type[Any], parts: Sequence[type[Any]], handlers: Handlers) -> None:
        self._board = board
        self._tasks = tasks
        self._parts = parts
        self._handlers = handlers

    def subject_of(self, event: Event) -> int | None:
        """The task ``event`` is about, ``None`` if it means nothing to this product."""
        task: int = event.arguments.get("task_id", 0)
        is_ours = event.arguments.get("board", self._board) == self._board
        return task if event.name in self._handlers and is_ours and task <= LARGEST_INTEGER else None

    def apply(self, session: Session, event: Event) -> None:
        """Change the rows as ``event`` says; what happens to tasks of other boards leaves none."""
        is_known = session.get(self._tasks, event.arguments["task_id"]) is not None
        if is_known or event.name == "TaskCreated":
            self._handlers[event.name](session, event.arguments, event.log)

    def forget(self, session: Session, subject: int) -> None:
        """Remove every row of the task ``subject``."""
        session.execute(delete(self._tasks).where(self._tasks.id == subject))
        for table in self._parts:
            session.execute(delete(table).where(table.task == subject))
        session.expire_all()

    def clear(self, session: Session) -> None:
        """Remove every row."""
        for table in (self._tasks, *self._parts):
            session.execute(delete(table))
        session.expire_all()
