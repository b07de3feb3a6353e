"""Who may do what with which repository: a product says it, or the wallet that a repository belongs to."""

from dataclasses import dataclass
from typing import Protocol

from flock.hub.names import RepositoryName
from flock.web.errors import Forbidden


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository as it stands: ``head`` is the revision that ``main`` is now; times in seconds since the epoch."""

    name: RepositoryName
    owner: str
    head: str
    created_at: int
    updated_at: int
    is_released: bool


class Access(Protocol):
    """What a product lets accounts do. ``account`` is a checksummed address, None whoever shows no key.

    A hub asks before it reads a body, and asks again before a commit counts. Who may not read a repository is told
    that there is none. The database is locked for writing while some of the questions are asked: answers may read it,
    and must not write.
    """

    def namespace_of(self, account: str) -> str:
        """Where a repository of ``account`` goes that is made without a namespace."""

    def require_may_create(self, account: str, name: RepositoryName) -> None:
        """Raises Forbidden, and says what to do, unless ``account`` may make a repository of that name."""

    def may_read(self, account: str | None, repository: Repository) -> bool:
        """Whether ``account`` may know of the repository, list it and read its files."""

    def may_write(self, account: str, repository: Repository) -> bool:
        """Whether ``account`` may commit to the repository."""

    def may_release(self, account: str, repository: Repository) -> bool:
        """Whether ``account`` may show the repository to everybody, for ever."""

    def may_delete(self, account: str, repository: Repository) -> bool:
        """Whether ``account`` may remove the repository with all its revisions."""


class WalletAccess:
    """Each wallet has the namespace of its address, and its repositories are private until it releases them.

    What was released stays: others may have built on it.
    """

    def namespace_of(self, account: str) -> str:
        return account.lower()

    def require_may_create(self, account: str, name: RepositoryName) -> None:
        if name.namespace.lower() != self.namespace_of(account):
            raise Forbidden(
                f"{account} cannot make {name}: name the repository {self.namespace_of(account)}/{name.name}, or "
                f"only {name.name}."
            )

    def may_read(self, account: str | None, repository: Repository) -> bool:
        return repository.is_released or account == repository.owner

    def may_write(self, account: str, repository: Repository) -> bool:
        return account == repository.owner

    def may_release(self, account: str, repository: Repository) -> bool:
        return account == repository.owner

    def may_delete(self, account: str, repository: Repository) -> bool:
        return account == repository.owner and not repository.is_released
