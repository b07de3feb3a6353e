"""A second product, as small as one can be: a catalogue of every task, whatever board it is of."""

from collections.abc import Mapping, Sequence

from fastapi import APIRouter, FastAPI
from sqlalchemy import BigInteger, delete, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from flock.chain.contracts.deployed import Contracts
from flock.chain.events import Event
from flock.daemon import Step
from flock.store.database import Database
from flock.tasks.garbage import Retention
from flock.web.database import ReadSession
from flock.web.router import PathRules, Router

router = Router("catalogue", PathRules())


class Tables(DeclarativeBase):
    """Its tables are made by the test, no migration of ours knows them."""


class Entry(Tables):
    """A task and who made it; ``cover`` is a blob that the catalogue wants to keep for it."""

    __tablename__ = "catalogue"

    task: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    creator: Mapped[str]
    cover: Mapped[str | None] = mapped_column(default=None)


@router.get("/catalogue", summary="Every task and who made it")
def catalogue(session: ReadSession) -> dict[int, str]:
    """By task."""
    return {entry.task: entry.creator for entry in session.scalars(select(Entry).order_by(Entry.task))}


class CatalogueProjection:
    """One row a task."""

    needs_times = False

    def subject_of(self, event: Event) -> int | None:
        return int(event.arguments["task_id"]) if event.name == "TaskCreated" else None

    def apply(self, session: Session, event: Event) -> None:
        session.add(Entry(task=event.arguments["task_id"], creator=event.arguments["creator"]))

    def forget(self, session: Session, subject: int) -> None:
        session.execute(delete(Entry).where(Entry.task == subject))

    def clear(self, session: Session) -> None:
        session.execute(delete(Entry))


class Covers:
    """The blobs that the catalogue needs; none of its tasks ever ends."""

    def needed(self, session: Session, retention: Retention) -> Mapping[str, int]:
        rows = session.scalars(select(Entry).where(Entry.cover.is_not(None)))
        return {str(entry.cover): entry.task for entry in rows}

    def has_ended(self, session: Session) -> Mapping[int, bool]:
        return dict.fromkeys(session.scalars(select(Entry.task)), False)


class Catalogue:
    """The product. ``librarian`` may bring blobs to any task; the table is made here."""

    name = "catalogue"
    routers: Sequence[APIRouter] = (router,)
    steps: Sequence[Step] = ()

    def __init__(self, contracts: Contracts, database: Database, librarian: str) -> None:
        Tables.metadata.create_all(database.engine)
        self.addresses = (contracts.book.task_manager,)
        self.projection = CatalogueProjection()
        self.blobs = Covers()
        self._librarian = librarian

    def belongs(self, task: int, account: str) -> bool:
        return account == self._librarian

    def mount(self, app: FastAPI) -> None:
        """Its endpoint asks for the database alone."""


def catalogued(database: Database) -> list[int]:
    """The tasks that it lists."""
    with database.reading() as session:
        return list(session.scalars(select(Entry.task).order_by(Entry.task)))
