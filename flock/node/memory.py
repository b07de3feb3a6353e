"""What a node must not lose between committing to something and showing it."""

from dataclasses import asdict, dataclass
from typing import Protocol

from flock.protocol.commitments import Vote


class KeyValue(Protocol):
    """Durable text by key; ``flock.store.memory`` has the real one."""

    def read(self, key: str) -> object | None: ...

    def write(self, key: str, value: object) -> None: ...


@dataclass(frozen=True)
class CastVote:
    """A vote as it was sealed: ``candidate`` is a digest in hex, the bitmaps are by proposer seat."""

    candidate: str
    harmful: int
    rewarded: int
    supports: bool
    candidate_loss: float

    @property
    def ballot(self) -> Vote:
        """The vote as the protocol knows it."""
        return Vote(bytes.fromhex(self.candidate), self.harmful, self.rewarded, self.supports)


class NodeMemory:
    """One task's promises: the update proposed, the vote cast in each round; and the best accepted loss."""

    def __init__(self, store: KeyValue, task: int) -> None:
        self._store = store
        self._task = task

    def proposed_update(self, number: int) -> str | None:
        """Cid of the update trained for round ``number``, or ``None``."""
        cid = self._store.read(self._key("update", number))
        return str(cid) if cid is not None else None

    def keep_update(self, number: int, cid: str) -> None:
        self._store.write(self._key("update", number), cid)

    def is_published(self, number: int) -> bool:
        return self._store.read(self._key("published", number)) is True

    def keep_published(self, number: int) -> None:
        self._store.write(self._key("published", number), True)

    def vote(self, number: int) -> CastVote | None:
        """The vote sealed in round ``number``, or ``None``."""
        fields = self._store.read(self._key("vote", number))
        return CastVote(**fields) if isinstance(fields, dict) else None

    def keep_vote(self, number: int, vote: CastVote) -> None:
        self._store.write(self._key("vote", number), asdict(vote))

    def keep_accepted_loss(self, loss: float) -> float:
        """Remember the own loss of a model that was accepted; the smallest so far.

        By it a voter sees when a model is walked downhill step by step.
        """
        known = self._store.read(self._key("best_loss"))
        if isinstance(known, int | float) and known <= loss:
            return float(known)
        self._store.write(self._key("best_loss"), loss)
        return loss

    def _key(self, what: str, number: int | None = None) -> str:
        return f"{what}/{self._task}" if number is None else f"{what}/{self._task}/{number}"
