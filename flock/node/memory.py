"""What a node must not lose between committing to something and revealing it."""

from collections.abc import Mapping
from dataclasses import asdict, astuple, dataclass
from typing import Any, Protocol

from flock.protocol.core.commitments import Vote
from flock.training.arrays import Privacy
from flock.training.privacy import MICRO, PICO, Mechanism


class KeyValue(Protocol):
    """Durable text by key; implemented by ``flock.store.key_value``."""

    def read(self, key: str) -> object | None: ...

    def write(self, key: str, value: object) -> None: ...


@dataclass(frozen=True)
class CastVote:
    """A vote as it was sealed: ``candidate`` is a digest in hex, the bitmaps are by proposer seat.

    ``inputs`` names what was voted on, which a reorganisation may change; empty if that is not known.
    """

    candidate: str
    harmful: int
    rewarded: int
    supports: bool
    candidate_loss: float
    inputs: str = ""

    @property
    def ballot(self) -> Vote:
        """The vote as the protocol knows it."""
        return Vote(bytes.fromhex(self.candidate), self.harmful, self.rewarded, self.supports)


@dataclass(frozen=True)
class Spent:
    """The total privacy loss of a node's updates in a task.

    ``mechanisms`` are theirs, the newest last. ``total`` is ``None`` if there is no bound.
    """

    mechanisms: tuple[Mechanism, ...] = ()
    total: Privacy | None = None

    @property
    def words(self) -> str:
        """The total for people, e.g. ``ε = 3.214 at δ = 1e-05``."""
        if self.total is None:
            return "no bound on ε"
        if not self.mechanisms:
            return "ε = 0"
        return f"ε = {self.total.epsilon_micro / MICRO:.3f} at δ = {self.total.delta_pico / PICO:.3g}"


NOTHING_SPENT = Spent((), Privacy(0, 0))
UNBOUNDED = Spent()


class NodeMemory:
    """A task's commitments: the update proposed and the vote cast in each round, and the best accepted loss.

    It is also the ledger of the updates' privacy loss: if it is lost, the count starts from zero.
    """

    def __init__(self, store: KeyValue, task: int) -> None:
        self._store = store
        self._task = task

    def proposed_update(self, number: int) -> str | None:
        """Cid of the update trained for round ``number``, or ``None``."""
        kept = self._store.read(self._key("update", number))
        return str(kept["cid"] if isinstance(kept, dict) else kept) if kept is not None else None

    def base_of_update(self, number: int) -> str | None:
        """Digest in hex of the model that the update of round ``number`` changes, ``None`` if not known."""
        kept = self._store.read(self._key("update", number))
        base = kept.get("base") if isinstance(kept, dict) else None
        return str(base) if base else None

    def keep_update(self, number: int, cid: str, spent: Spent = UNBOUNDED, base: str = "") -> None:
        """Remember the update of round ``number``, and the privacy loss up to it, in one write.

        A node killed at any line has an update and its cost, or neither.
        """
        mechanisms = [list(astuple(mechanism)) for mechanism in spent.mechanisms]
        total = asdict(spent.total) if spent.total else None
        self._store.write(
            self._key("update", number), {"cid": cid, "base": base, "mechanisms": mechanisms, "total": total}
        )

    def spent_until(self, number: int) -> Spent:
        """The privacy loss of the updates of rounds 1 to ``number``; unbounded if one had no noise.

        Every stored update counts, even one that was replaced: someone may have seen it.
        """
        for earlier in range(number, 0, -1):
            kept = self._store.read(self._key("update", earlier))
            if kept is not None:
                return _spent(kept) if isinstance(kept, dict) else UNBOUNDED
        return NOTHING_SPENT

    def exhausted_at(self) -> float | None:
        """The largest ``max_epsilon`` that did not suffice for another update; ``None`` if none was refused."""
        limit = self._store.read(self._key("exhausted"))
        return float(limit) if isinstance(limit, int | float) else None

    def keep_exhausted(self, limit: float | None) -> None:
        self._store.write(self._key("exhausted"), limit)

    def wants_to_leave(self) -> bool:
        """Whether its operator asked it to leave (`flock node leave`), and not to join since."""
        return self._store.read(self._key("wants_to_leave")) is True

    def keep_wish_to_leave(self, wish: bool) -> None:
        self._store.write(self._key("wants_to_leave"), wish)

    def is_published(self, number: int, cid: str, seat: int) -> bool:
        """Whether ``cid`` was published for ``seat``: a reorganisation may change both."""
        return self._store.read(self._key("published", number)) == [cid, seat]

    def keep_published(self, number: int, cid: str, seat: int) -> None:
        self._store.write(self._key("published", number), [cid, seat])

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


def _spent(kept: Mapping[str, Any]) -> Spent:
    mechanisms = tuple(Mechanism(*fields) for fields in kept["mechanisms"])
    return Spent(mechanisms, Privacy(**kept["total"]) if kept["total"] else None)
