"""What a validator must not lose between committing to scores and revealing them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flock.protocol.arena.commitments import ScoredSeat, ScoreList
from flock.protocol.core.hashing import ZERO
from flock.store.key_value import KeyValueStore


@dataclass(frozen=True)
class Examined:
    """What a submission came to on one hidden set: ``code`` as ``scores`` has it, the SHA-256 of the bytes that were
    scored, the root of the losses, and the CID of the losses themselves in the validator's own store.
    """

    code: int
    artifact: bytes = ZERO
    loss_root: bytes = ZERO
    losses: str = ""
    reason: str = ""


class ValidatorMemory:
    """One task's results, and the lists that were committed to. A write is on disk when it returns."""

    def __init__(self, store: KeyValueStore, task: int) -> None:
        self._store = store
        self._task = task

    def examined(self, submission: int, hidden_set: bytes) -> Examined | None:
        """The result of ``submission`` on the set with this digest; None if there is none yet."""
        kept = self._store.read(self._result_key(submission, hidden_set))
        return _examined(kept) if isinstance(kept, dict) else None

    def keep_examined(self, submission: int, hidden_set: bytes, result: Examined) -> None:
        fields = {
            **vars(result),
            "artifact": result.artifact.hex(),
            "loss_root": result.loss_root.hex(),
        }
        self._store.write(self._result_key(submission, hidden_set), fields)

    def sealed(self, window: int, *, stands_in: bool) -> ScoreList | None:
        """The list that this validator commits to in ``window``; None if it is not made yet."""
        kept = self._store.read(self._list_key(window, stands_in))
        return _score_list(kept, stands_in) if isinstance(kept, dict) else None

    def keep_sealed(self, window: int, scores: ScoreList) -> None:
        seats = [
            [seat.slot, seat.code, seat.duplicate_of, seat.artifact.hex(), seat.loss_root.hex()]
            for seat in scores.seats
        ]
        self._store.write(
            self._list_key(window, scores.stands_in), {"seats": seats, "salt": scores.salt.hex()}
        )

    def _result_key(self, submission: int, hidden_set: bytes) -> str:
        return f"examined/{self._task}/{submission}/{hidden_set.hex()}"

    def _list_key(self, window: int, stands_in: bool) -> str:
        return f"{'substitute_scores' if stands_in else 'scores'}/{self._task}/{window}"


def _examined(kept: Mapping[str, Any]) -> Examined:
    digests = {name: bytes.fromhex(kept[name]) for name in ("artifact", "loss_root")}
    return Examined(**{**kept, **digests})


def _score_list(kept: Mapping[str, Any], stands_in: bool) -> ScoreList:
    seats = tuple(
        ScoredSeat(slot, code, duplicate_of, bytes.fromhex(artifact), bytes.fromhex(root))
        for slot, code, duplicate_of, artifact, root in kept["seats"]
    )
    return ScoreList(seats, bytes.fromhex(kept["salt"]), stands_in)
