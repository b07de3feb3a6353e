"""What the journal in a node's home says: the transactions this installation sent, and its own votes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flock.node.memory import CastVote, Spent
    from flock.store.database import Database
    from flock.store.journal import Intent


@dataclass(frozen=True)
class LocalAct:
    """One intent of the journal, of the key with address ``sender``. ``task``, ``round`` and ``seat`` are None
    where its key does not name them; ``transaction`` is the attempt that was mined, else the newest; ``fee``
    in wei.
    """

    sender: str
    kind: str
    task: int | None
    round: int | None
    seat: int | None
    state: str
    transaction: str | None
    block: int | None
    gas_used: int | None
    fee: str | None


class LocalLog:
    """The journal and memory in ``home``, only read; empty where there is none or it cannot be read.

    ``identity`` is that of the chain: a local chain that was started anew has another.
    """

    def __init__(self, home: Path, identity: str) -> None:
        self.file = home / "flock.db"
        self._identity = identity

    def acts(self, task: int | None = None) -> list[LocalAct]:
        """Every intent, oldest first; without those of other tasks, if ``task`` is given."""
        from sqlalchemy import select
        from sqlalchemy.exc import SQLAlchemyError

        from flock.store.journal import Intent

        try:
            with self._open() as database, database.reading() as session:
                query = select(Intent).where(Intent.chain == self._identity).order_by(Intent.id)
                found = [_act(intent) for intent in session.scalars(query)]
        except (SQLAlchemyError, FileNotFoundError):
            return []
        return [act for act in found if task is None or act.task in (task, None)]

    def votes(self, task: int, rounds: list[int]) -> dict[int, CastVote]:
        """The votes this installation sealed in ``rounds``."""
        from sqlalchemy.exc import SQLAlchemyError

        from flock.store.key_value import KeyValueStore

        try:
            with self._open() as database:
                from flock.node.memory import NodeMemory  # only where there is a node, and with it its extra

                memory = NodeMemory(KeyValueStore(database, f"node-{self._identity}"), task)
                found = {number: memory.vote(number) for number in rounds}
        except (SQLAlchemyError, FileNotFoundError):
            return {}
        return {number: vote for number, vote in found.items() if vote is not None}

    def spent(self, task: int, number: int) -> Spent | None:
        """What updates up to round ``number`` told about the data; None if none was kept here."""
        from sqlalchemy.exc import SQLAlchemyError

        from flock.store.key_value import KeyValueStore

        try:
            with self._open() as database:
                from flock.node.memory import NOTHING_SPENT, NodeMemory

                memory = NodeMemory(KeyValueStore(database, f"node-{self._identity}"), task)
                found = memory.spent_until(number)
                return None if found == NOTHING_SPENT else found
        except (SQLAlchemyError, FileNotFoundError):
            return None

    @contextmanager
    def _open(self) -> Iterator[Database]:
        from flock.errors import BadConfig
        from flock.store.database import open_database

        if not self.file.is_file():
            raise FileNotFoundError(self.file)
        try:
            database = open_database(str(self.file))
        except BadConfig:
            raise FileNotFoundError(self.file) from None
        try:
            yield database
        finally:
            database.close()


def _act(intent: Intent) -> LocalAct:
    task, round_, seat = _numbers(intent.key)
    mined = next((each for each in intent.transactions if each.block is not None), None)
    shown = mined or next(iter(reversed(intent.transactions)), None)
    return LocalAct(
        sender=intent.sender,
        kind=intent.kind,
        task=task,
        round=round_,
        seat=seat,
        state=str(intent.state),
        transaction=shown.hash if shown else None,
        block=shown.block if shown else None,
        gas_used=shown.gas_used if shown else None,
        fee=shown.fee if shown else None,
    )


def _numbers(key: str) -> tuple[int | None, int | None, int | None]:
    """Task, round and seat of a key that reads kind:contract:task:round:seat; others name none of them."""
    parts = key.split(":")[2:5]
    numbers = [int(part) if part.isdecimal() and len(part) < 10 else None for part in parts]
    task, round_, seat = [*numbers, None, None, None][:3]
    return task, round_, seat
