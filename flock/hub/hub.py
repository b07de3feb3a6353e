"""A hub of models: repositories whose revisions never change, of bytes that nobody has to run."""

import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass

from fastapi.concurrency import run_in_threadpool
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from flock.daemon import Step
from flock.errors import Refused
from flock.hub.access import Access, Repository, WalletAccess
from flock.hub.commits import AddLarge, AddSmall, Commit, Delete, Operation
from flock.hub.errors import (
    EntryNotFound,
    NoCredentials,
    RepoChanged,
    RepoExists,
    RepoNotFound,
    RevisionNotFound,
)
from flock.hub.limits import HubLimits
from flock.hub.models import HubFile, HubObject, HubRepository, HubRevision
from flock.hub.names import (
    MAIN,
    RepositoryName,
    asked_name,
    is_commit,
    is_path,
    must_be_safetensors,
    repository_name,
)
from flock.hub.objects import Announcement, Objects
from flock.hub.trees import EMPTY, File, Tree, git_oid, pointer_of, require_tree, revision_of
from flock.log import logger
from flock.protocol.core.cid import cid_of, digest_of
from flock.store.blobs import BlobBackend
from flock.store.database import Database
from flock.web.errors import Forbidden

COLLECT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A repository and all files of one of its revisions."""

    repository: Repository
    revision: str
    tree: Tree


class Hub:
    """A hub that is reached at ``url``, over the tables of a migrated ``database``.

    ``blobs`` should be a store of its own: whoever knows a digest can read what a store behind ``/blobs`` holds,
    and repositories may be private. ``access`` says who may do what, ``now`` gives seconds since the epoch. Accounts
    are checksummed addresses, None whoever shows no key. Every method may be called from several threads.
    """

    def __init__(
        self,
        url: str,
        database: Database,
        blobs: BlobBackend,
        access: Access | None = None,
        limits: HubLimits | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.url = url.rstrip("/")
        self.access = access or WalletAccess()
        self.limits = limits or HubLimits()
        self.blobs = blobs
        self._database = database
        self._now = now
        self._objects = Objects(database, blobs, self.limits, now)

    # --- Repositories ---

    def create(
        self, account: str, namespace: str | None, name: str, *, is_public: bool = False
    ) -> Repository:
        """A new, empty repository of ``account``; private until it is released, unless ``is_public``.

        Raises RepoExists, Refused for what is not a name, Forbidden if the product does not let the account.
        """
        namespace = self.access.namespace_of(account) if namespace is None else namespace
        named = repository_name(namespace, name)
        self.access.require_may_create(account, named)
        now = int(self._now())
        row = HubRepository(
            key=named.key, name=str(named), owner=account, head=EMPTY, created_at=now, updated_at=now
        )
        if is_public:
            self._require_may_release(account, _repository(row))
            row.released_at = now
        with self._database.writing() as session:
            self._refuse_taken(session, account, named)
            session.add(row)
            session.add(HubRevision(repository=named.key, revision=EMPTY, created_at=now))
        return _repository(row)

    def read(self, account: str | None, namespace: str, name: str) -> Repository:
        """The repository. Raises RepoNotFound (NoCredentials without an account) if it is none that may be read."""
        with self._database.reading() as session:
            return _repository(self._found(session, account, namespace, name))

    def snapshot(self, account: str | None, namespace: str, name: str, revision: str = MAIN) -> Snapshot:
        """The files of ``main``, or of a revision by its id. Raises RevisionNotFound, and as ``read`` does."""
        with self._database.reading() as session:
            row = self._found(session, account, namespace, name)
            wanted = self._revision(session, row, revision)
            return Snapshot(_repository(row), wanted, _tree(session, row.key, wanted))

    def file(
        self, account: str | None, namespace: str, name: str, revision: str, path: str
    ) -> tuple[str, File]:
        """A file of a revision, and the revision's id. Raises EntryNotFound, and as ``snapshot`` does."""
        with self._database.reading() as session:
            row = self._found(session, account, namespace, name)
            wanted = self._revision(session, row, revision)
            file = session.get(HubFile, (row.key, wanted, path)) if is_path(path) else None
        if file is None:
            raise EntryNotFound(f"{row.name} has no file {path[:200]!r} at {wanted}.", wanted)
        return wanted, _file(file)

    def writable(self, account: str | None, namespace: str, name: str) -> Repository:
        """The repository, if ``account`` may commit to it. Raises Forbidden, and as ``read`` does."""
        repository = self.read(account, namespace, name)
        if account is None or not self.access.may_write(account, repository):
            raise _forbidden(account, f"commit to {repository.name}")
        return repository

    def release(self, namespace: str, name: str) -> None:
        """Show the repository to everybody, for ever. For the product to call; raises RepoNotFound."""
        with self._database.writing() as session:
            row = session.get(HubRepository, repository_name(namespace, name).key)
            if row is None:
                raise RepoNotFound(f"There is no repository {namespace}/{name}.")
            row.released_at = row.released_at or int(self._now())

    def release_as(self, account: str, namespace: str, name: str) -> None:
        """``release``, if ``account`` may. Raises Forbidden, and as ``read`` does."""
        with self._database.writing() as session:
            row = self._found(session, account, namespace, name)
            self._require_may_release(account, _repository(row))
            row.released_at = row.released_at or int(self._now())

    def delete(self, account: str, namespace: str, name: str) -> None:
        """Remove the repository; its bytes go once nothing names them. Raises Forbidden, and as ``read`` does."""
        with self._database.writing() as session:
            row = self._found(session, account, namespace, name)
            if not self.access.may_delete(account, _repository(row)):
                raise _forbidden(account, f"delete {row.name}")
            for table in (HubFile, HubRevision):
                session.execute(delete(table).where(table.repository == row.key))
            session.delete(row)

    # --- Bytes ---

    def announce(self, account: str, wanted: Sequence[tuple[bytes, int]]) -> list[Announcement]:
        """Tickets to send objects under, for what ``account`` has not brought; see ``Objects.announce``."""
        return self._objects.announce(account, wanted)

    async def receive(self, ticket: str, body: AsyncIterator[bytes]) -> None:
        """Store ``body`` as what ``ticket`` was given for; see ``Objects.receive``."""
        await self._objects.receive(ticket, body)

    def require_stored(self, account: str, digest: bytes, size: int) -> None:
        """Raises NotFound unless ``account`` has brought these bytes."""
        self._objects.require_stored(account, digest, size)

    def bytes_of(self, file: File, start: int, stop: int) -> Iterator[bytes]:
        """Part of ``file``, in pieces. Raises BlobUnavailable at the first if the store has lost it."""
        return self.blobs.part(cid_of(file.digest), start, stop)

    @property
    def steps(self) -> Sequence[Step]:
        """What is to run beside the requests: removing bytes that no commit has named in time."""
        return [CollectUncommitted(self._objects)]

    # --- Commits ---

    async def commit(self, account: str, repository: Repository, commit: Commit) -> str:
        """Make ``commit`` the newest revision; its id. Again the same commit changes nothing.

        Raises RepoChanged if it stands on an older revision, EntryNotFound if it deletes what is not there, and
        Refused, with nothing changed, if any file of it does not hold.
        """
        return await run_in_threadpool(self._commit, account, repository, commit)

    def _commit(self, account: str, repository: Repository, commit: Commit) -> str:
        small = [operation for operation in commit.operations if isinstance(operation, AddSmall)]
        self._objects.keep(account, [operation.data for operation in small])
        key = repository.name.key
        with self._database.writing() as session:
            row = session.get(HubRepository, key)
            if row is None or not self.access.may_write(account, _repository(row)):
                raise _forbidden(account, f"commit to {repository.name}")
            if commit.parent is not None and commit.parent != row.head:
                raise RepoChanged(
                    f"{repository.name} is at {row.head} now, and the commit stands on {commit.parent}: fetch it, "
                    f"then commit anew."
                )
            before = _tree(session, key, row.head)
            tree = self._changed(session, account, before, commit.operations, row.head)
            row.head = self._keep_revision(session, key, tree)
            row.updated_at = int(self._now())
            return row.head

    def _changed(
        self, session: Session, account: str, before: Tree, operations: Sequence[Operation], head: str
    ) -> Tree:
        tree = dict(before)
        for operation in operations:
            if isinstance(operation, Delete):
                _delete(tree, operation, head)
            else:
                tree[operation.path] = self._added(session, account, before, operation)
        require_tree(tree, self.limits.files)
        return tree

    def _added(self, session: Session, account: str, before: Tree, operation: AddSmall | AddLarge) -> File:
        path, is_large = operation.path, isinstance(operation, AddLarge)
        digest = operation.digest if isinstance(operation, AddLarge) else digest_of(operation.data)
        brought = self._brought(session, account, before, digest)
        if isinstance(operation, AddLarge) and operation.size not in (None, brought.size):
            raise Refused(
                f"{path!r} has {brought.size} bytes, not {operation.size}: commit it with its size."
            )
        if must_be_safetensors(path) and not brought.is_safetensors:
            raise Refused(f"{path!r} is not a safetensors file: write it with safetensors.")
        oid = git_oid(pointer_of(digest, brought.size) if isinstance(operation, AddLarge) else operation.data)
        return File(path, digest, brought.size, oid, is_large, brought.account)

    def _brought(self, session: Session, account: str, before: Tree, digest: bytes) -> HubObject:
        """What ``account`` has brought, or what this repository has from somebody: that may be copied in it."""
        for file in before.values():
            if file.digest == digest:
                return self._objects.brought(session, file.account, digest)
        return self._objects.brought(session, account, digest)

    def _keep_revision(self, session: Session, key: str, tree: Tree) -> str:
        revision = revision_of(tree.values())
        if session.get(HubRevision, (key, revision)) is not None:
            return revision
        count = select(func.count()).select_from(HubRevision).where(HubRevision.repository == key)
        if int(session.scalar(count) or 0) >= self.limits.revisions:
            raise Forbidden(
                f"The repository has {self.limits.revisions} revisions, and may have no more: make another one."
            )
        session.add(HubRevision(repository=key, revision=revision, created_at=int(self._now())))
        session.add_all(_row(key, revision, file) for file in tree.values())
        return revision

    # --- Who may ---

    def _found(self, session: Session, account: str | None, namespace: str, name: str) -> HubRepository:
        """The row of a repository that ``account`` may read."""
        named = asked_name(namespace, name)
        row = None if named is None else session.get(HubRepository, named.key)
        if row is not None and self.access.may_read(account, _repository(row)):
            return row
        if account is None:
            raise NoCredentials(
                "There is no such repository, or it is private: send the key of who may read it."
            )
        raise RepoNotFound(f"There is no such repository, or it is private and {account} may not read it.")

    def _require_may_release(self, account: str | None, repository: Repository) -> None:
        if account is None or not self.access.may_release(account, repository):
            raise _forbidden(account, f"release {repository.name}")

    def _refuse_taken(self, session: Session, account: str, named: RepositoryName) -> None:
        row = session.get(HubRepository, named.key)
        if row is not None:
            raise RepoExists(f"There is a repository {row.name} already.", f"{self.url}/{row.name}")
        count = select(func.count()).select_from(HubRepository).where(HubRepository.owner == account)
        if int(session.scalar(count) or 0) >= self.limits.repositories:
            raise Forbidden(
                f"{account} has {self.limits.repositories} repositories, and may have no more: delete one."
            )

    def _revision(self, session: Session, row: HubRepository, revision: str) -> str:
        if revision == MAIN:
            return row.head
        if not is_commit(revision) or session.get(HubRevision, (row.key, revision)) is None:
            raise RevisionNotFound(
                f"{row.name} has no revision {revision[:80]!r}: name 'main', or 40 digits of one."
            )
        return revision


@dataclass
class CollectUncommitted:
    """A daemon's step: forget what has waited too long for its commit, every ``interval`` seconds."""

    objects: Objects
    interval: float = COLLECT_SECONDS
    name: str = "collect-uncommitted"
    _next: float = 0.0

    def __call__(self) -> bool:
        if time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + self.interval
        removed = self.objects.collect()
        if removed:
            logger().info("hub_objects_collected", objects=removed)
        return removed > 0


def _forbidden(account: str | None, what: str) -> Forbidden:
    return Forbidden(f"{account or 'Nobody'} may not {what}: use a key of an account that may.")


def _delete(tree: dict[str, File], operation: Delete, head: str) -> None:
    is_in = f"{operation.path}/"
    gone = [p for p in tree if (p.startswith(is_in) if operation.is_folder else p == operation.path)]
    if not gone:
        raise EntryNotFound(f"There is no {operation.path!r} to delete at {head}.", head)
    for path in gone:
        del tree[path]


def _repository(row: HubRepository) -> Repository:
    namespace, _, name = row.name.partition("/")
    return Repository(
        name=RepositoryName(namespace, name),
        owner=row.owner,
        head=row.head,
        created_at=row.created_at,
        updated_at=row.updated_at,
        is_released=row.released_at is not None,
    )


def _tree(session: Session, key: str, revision: str) -> Tree:
    query = select(HubFile).where(HubFile.repository == key, HubFile.revision == revision)
    return {row.path: _file(row) for row in session.scalars(query.order_by(HubFile.path))}


def _file(row: HubFile) -> File:
    return File(row.path, row.digest, row.size, row.oid, row.is_large, row.account)


def _row(key: str, revision: str, file: File) -> HubFile:
    return HubFile(
        repository=key,
        revision=revision,
        path=file.path,
        digest=file.digest,
        size=file.size,
        oid=file.oid,
        is_large=file.is_large,
        account=file.account,
    )
