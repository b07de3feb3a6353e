"""Hidden sets: set A for the task's validators alone, set B as it is encrypted for anybody."""

from typing import Literal

from sqlalchemy.orm import Session

from flock.arena.membership_index import MembershipIndex
from flock.arena.private_uploads import PrivateUploads, SignedUpload
from flock.arena.queries import known_task
from flock.errors import BlobUnavailable
from flock.protocol.arena.stages import Role
from flock.protocol.core.cid import cid_of
from flock.web.errors import Forbidden, NotFound

SetName = Literal["a", "b"]
TERMS = {"a": "set_a", "b": "cipher_b"}
"""The term that names the SHA-256 of what is stored."""


class HiddenSets:
    """The sets of one deployment's Arenas, as their creators bring them."""

    def __init__(self, uploads: PrivateUploads, index: MembershipIndex) -> None:
        self._uploads = uploads
        self._index = index

    async def receive(self, given: SignedUpload) -> bool:
        """Store what its creator brings; says whether it is new here. Raises as ``PrivateUploads.receive`` does."""
        return await self._uploads.receive(self._uploads.of_creators, given)

    def cid_of(self, session: Session, task: int, name: SetName) -> str:
        """The CID of what is stored as the set. Raises UnknownTask; NotFound if the task has none."""
        digest = bytes.fromhex(str(known_task(session, task).parameters[TERMS[name]]).removeprefix("0x"))
        if not any(digest):
            raise NotFound(f"Arena {task} has no set {name.upper()}: its terms name none.")
        return cid_of(digest)

    def require_validator(self, task: int, account: str) -> None:
        """Raises Forbidden for whoever is neither an active validator of the task nor its creator."""
        if not self._index.is_member(task, account, Role.VALIDATOR) and not self._index.is_creator(
            task, account
        ):
            raise Forbidden(
                f"{account} is not an active validator of Arena {task}, who alone see set A: enrol."
            )

    def place_of(self, session: Session, task: int, name: SetName) -> str:
        """The CID of a set that is here. Raises UnknownTask, NotFound, BlobUnavailable."""
        cid, creator = self.cid_of(session, task, name), known_task(session, task).creator
        if not self._uploads.has(session, task, creator, cid):
            raise BlobUnavailable(
                f"The creator of Arena {task} has not brought set {name.upper()} here: ask again later."
            )
        return cid
