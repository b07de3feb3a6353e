"""A second product, as small as one can be: a catalogue of every task, whatever board it is of."""

from sqlalchemy import BigInteger, delete, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from flock.chain.contracts.deployed import Contracts
from flock.chain.events import Event
from flock.chain.scanner import Scanner
from flock.store.database import Database
from flock.tasks.projector import Projector, Reader


class Tables(DeclarativeBase):
    """Its tables are made by the test, no migration of ours knows them."""


class Entry(Tables):
    """A task and who made it."""

    __tablename__ = "catalogue"

    task: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    creator: Mapped[str]


class CatalogueProjection:
    """One row a task."""

    def subject_of(self, event: Event) -> int | None:
        return int(event.arguments["task_id"]) if event.name == "TaskCreated" else None

    def apply(self, session: Session, event: Event) -> None:
        session.add(Entry(task=event.arguments["task_id"], creator=event.arguments["creator"]))

    def forget(self, session: Session, subject: int) -> None:
        session.execute(delete(Entry).where(Entry.task == subject))

    def clear(self, session: Session) -> None:
        session.execute(delete(Entry))


def catalogue_projector(contracts: Contracts, database: Database) -> Projector:
    """What keeps the catalogue, in a database that gets its table here."""
    Tables.metadata.create_all(database.engine)
    scanner = Scanner(contracts.client, [contracts.book.task_manager], contracts.book.deployed_block)
    return Projector(database, scanner, Reader(contracts.deployment, "catalogue"), CatalogueProjection())


def catalogued(database: Database) -> list[int]:
    """The tasks that it lists."""
    with database.reading() as session:
        return list(session.scalars(select(Entry.task).order_by(Entry.task)))
