"""How endpoints reach the database.

Reads share the request's session. A write is one short ``database.writing()`` block in a service,
after everything slow (the chain, the disk) was asked: it alone commits, and nothing waits behind it.
"""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from flock.store.database import Database


def database_of(request: Request) -> Database:
    """The database the app was built on."""
    database: Database = request.app.state.database
    return database


def _reading(database: Annotated[Database, Depends(database_of)]) -> Iterator[Session]:
    with database.reading() as session:
        yield session


ReadSession = Annotated[Session, Depends(_reading)]
