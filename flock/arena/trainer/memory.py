"""What a trainer must not lose between committing to an artifact and disclosing it."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flock.arena.client import Opening
from flock.store.key_value import KeyValueStore


@dataclass(frozen=True)
class Pledge:
    """One submission of an artifact: ``opening`` hides behind its commitment. ``submission`` is its number on chain,
    0 until it is known; ``is_handed_over`` says whether the service has bytes and opening.
    """

    opening: Opening
    is_sealed: bool
    submission: int = 0
    is_handed_over: bool = False


class TrainerMemory:
    """A task's pledges, by artifact. A write is on disk when it returns."""

    def __init__(self, store: KeyValueStore, task: int) -> None:
        self._store = store
        self._task = task

    def pledge(self, digest: bytes) -> Pledge | None:
        """The pledge of the artifact with this SHA-256; None if there is none."""
        kept = self._store.read(self._key(digest))
        return _pledge(kept) if isinstance(kept, dict) else None

    def pledged(self, digest: bytes, *, is_sealed: bool) -> Pledge:
        """The pledge of an artifact, a new one with a new salt if there is none."""
        known = self.pledge(digest)
        if known is not None:
            return known
        made = Pledge(Opening(digest, secrets.token_bytes(32)), is_sealed)
        self.keep(made)
        self._store.write(self._all, [*self._digests(), digest.hex()])
        return made

    def keep(self, pledge: Pledge) -> None:
        fields = {**vars(pledge), "opening": pledge.opening.as_json()}
        self._store.write(self._key(pledge.opening.digest), fields)

    def handed_over(self, pledge: Pledge) -> Pledge:
        """The same, and that the service has bytes and opening."""
        known = replace(pledge, is_handed_over=True)
        self.keep(known)
        return known

    def all(self) -> Sequence[Pledge]:
        """Every pledge of the task, oldest first."""
        found = (self.pledge(bytes.fromhex(digest)) for digest in self._digests())
        return [pledge for pledge in found if pledge is not None]

    def _digests(self) -> list[str]:
        kept = self._store.read(self._all)
        return [str(digest) for digest in kept] if isinstance(kept, list) else []

    @property
    def _all(self) -> str:
        return f"pledges/{self._task}"

    def _key(self, digest: bytes) -> str:
        return f"pledge/{self._task}/{digest.hex()}"


def _pledge(kept: Mapping[str, Any]) -> Pledge:
    return Pledge(**{**kept, "opening": Opening.from_json(kept["opening"])})
