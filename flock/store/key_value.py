"""Durable key-value memory of a node or a coordinator."""

import json

from sqlalchemy.orm import Mapped, mapped_column

from flock.store.database import Base, Database


class MemoryEntry(Base):
    """One remembered value, as JSON text."""

    __tablename__ = "memory"

    namespace: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class KeyValueStore:
    """JSON values by key inside one namespace; a write is on disk when ``write`` returns."""

    def __init__(self, database: Database, namespace: str) -> None:
        self._database = database
        self._namespace = namespace

    def read(self, key: str) -> object | None:
        """The value last written under ``key``, or ``None``."""
        with self._database.reading() as session:
            entry = session.get(MemoryEntry, (self._namespace, key))
            return None if entry is None else json.loads(entry.value)

    def write(self, key: str, value: object) -> None:
        """Remember ``value`` (anything JSON can hold) under ``key``."""
        with self._database.writing() as session:
            session.merge(MemoryEntry(namespace=self._namespace, key=key, value=json.dumps(value)))

    def write_once(self, key: str, value: object) -> None:
        """Remember ``value`` under ``key`` unless any process has already stored one."""
        with self._database.writing() as session:
            if session.get(MemoryEntry, (self._namespace, key)) is None:
                session.add(MemoryEntry(namespace=self._namespace, key=key, value=json.dumps(value)))
