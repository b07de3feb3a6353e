"""Repositories of the hub: what trainers submit from, and one for each submission, which its panel reads."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi.concurrency import run_in_threadpool
from sqlalchemy import select

from flock.arena.access import is_public
from flock.arena.flock_api.models import AssignmentRow
from flock.arena.models import ArenaTaskRow, SubmissionRow
from flock.errors import Refused
from flock.hub.access import Repository, WalletAccess
from flock.hub.commits import AddLarge, Commit
from flock.hub.errors import RepoExists
from flock.hub.hub import Hub
from flock.hub.names import MAIN, SAFETENSORS, RepositoryName
from flock.hub.trees import File
from flock.protocol.core.cid import digest_of
from flock.store.database import Database
from flock.web.errors import Forbidden

WEIGHTS, ADAPTER = "model.safetensors", "adapter_model.safetensors"
_SUBMISSION = re.compile(r"arena-([1-9][0-9]{0,17})/submission-([1-9][0-9]{0,17})", re.IGNORECASE)


class ArenaAccess(WalletAccess):
    """As wallets have it, and beside that repositories of submissions, which belong to nobody who has a key.

    A submission's repository is read by who was handed it as an assignment, and by everybody once its task is
    finished and it was disclosed.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def require_may_create(self, account: str, name: RepositoryName) -> None:
        if account != str(name) or _numbers(name) is None:
            super().require_may_create(account, name)

    def may_read(self, account: str | None, repository: Repository) -> bool:
        numbers = _numbers(repository.name)
        if numbers is None or account == repository.owner:
            return super().may_read(account, repository)
        task, submission = numbers
        handed = select(AssignmentRow.id).where(
            AssignmentRow.task == task,
            AssignmentRow.submission == submission,
            AssignmentRow.account == account,
        )
        with self._database.reading() as session:
            if account is not None and session.scalar(handed.limit(1)) is not None:
                return True
            row, known = session.get(SubmissionRow, numbers), session.get(ArenaTaskRow, task)
            return row is not None and known is not None and is_public(known, row)


@dataclass(frozen=True)
class Model:
    """Where a submission's repository has it."""

    repository: str
    revision: str


class Repositories:
    """The models of submissions in ``hub``."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self._one_at_a_time = asyncio.Lock()

    def artifact(self, account: str, data: Mapping[str, Any], most: int) -> bytes:
        """The weights that ``account`` names in its own repository, at most ``most`` bytes.

        Raises RepoNotFound, RevisionNotFound and Refused.
        """
        named = str(data.get("hg_repo_id", ""))
        namespace, _, name = named.partition("/")
        snapshot = self.hub.snapshot(account, namespace, name, str(data.get("revision") or MAIN))
        if snapshot.repository.owner != account:
            raise Forbidden(
                f"{named} is {snapshot.repository.owner}'s: submit from a repository of your own."
            )
        file = _weights(snapshot.tree, data.get("model_filename"), named)
        if file.size > most:
            raise Refused(f"{file.path} of {named} has {file.size} bytes; the task allows {most}.")
        return b"".join(self.hub.bytes_of(file, 0, file.size))

    async def put(self, task: int, submission: int, artifact: bytes, path: str) -> Model:
        """Have ``artifact`` in the repository of a submission, which whoever is handed it can read."""
        name = RepositoryName(f"arena-{task}", f"submission-{submission}")
        owner, digest = str(name), digest_of(artifact)
        async with self._one_at_a_time:
            repository = await run_in_threadpool(self._made, owner, name)
            asked = await run_in_threadpool(self.hub.announce, owner, [(digest, len(artifact))])
            if asked and asked[0].ticket is not None:
                await self.hub.receive(asked[0].ticket, _in_one_piece(artifact))
            commit = Commit(None, (AddLarge(path, digest, len(artifact)),), ())
            return Model(owner, await self.hub.commit(owner, repository, commit))

    def _made(self, owner: str, name: RepositoryName) -> Repository:
        try:
            return self.hub.create(owner, name.namespace, name.name)
        except RepoExists:
            return self.hub.read(owner, name.namespace, name.name)


def _numbers(name: RepositoryName) -> tuple[int, int] | None:
    """Task and submission that a repository is named after."""
    found = _SUBMISSION.fullmatch(str(name))
    return (int(found[1]), int(found[2])) if found else None


def _weights(tree: Mapping[str, File], wanted: object, repository: str) -> File:
    tensors = [path for path in tree if path.lower().endswith(SAFETENSORS)]
    usual = [path for path in (WEIGHTS, ADAPTER) if path in tensors]
    path = wanted if isinstance(wanted, str) else (usual or tensors or [""])[0]
    if path not in tensors or (not usual and wanted is None and len(tensors) > 1):
        raise Refused(
            f"{repository} has {len(tensors)} safetensors files at that revision, and which of them to score is not "
            f"clear: push one, as {WEIGHTS} or {ADAPTER}, or name it as model_filename."
        )
    return tree[path]


async def _in_one_piece(data: bytes) -> AsyncIterator[bytes]:
    yield data
