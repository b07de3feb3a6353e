"""What trainers and validators commit to on chain before they reveal it (docs/protocol.md, Arena)."""

from collections.abc import Sequence
from dataclasses import dataclass

from flock.protocol.arena.scores import SCORE_BITS
from flock.protocol.core.commitments import Domain
from flock.protocol.core.hashing import keccak, keccak_words

SLOT_BITS = 16
_SLOT, _CODE = (1 << SLOT_BITS) - 1, (1 << SCORE_BITS) - 1


@dataclass(frozen=True)
class ScoredSeat:
    """One seat of a validator: its ``slot`` in the window, the ``code`` of its score (scores.py), the submission that
    this one is a copy of (0: none), the SHA-256 of the bytes that were scored, and the root of the losses by example.
    """

    slot: int
    code: int
    duplicate_of: int
    artifact: bytes
    loss_root: bytes


@dataclass(frozen=True)
class ScoreList:
    """All that a validator says of a window; seats in the order of their slots. ``salt`` is 32 random bytes."""

    seats: tuple[ScoredSeat, ...]
    salt: bytes
    stands_in: bool = False

    @property
    def slots(self) -> int:
        """16 bits a seat, the lowest slot lowest."""
        return packed([seat.slot for seat in self.seats], SLOT_BITS)

    @property
    def scores(self) -> int:
        """28 bits a seat, in the same order."""
        return packed([seat.code for seat in self.seats], SCORE_BITS)

    @property
    def duplicates(self) -> int:
        """28 bits a seat, in the same order."""
        return packed([seat.duplicate_of for seat in self.seats], SCORE_BITS)

    @property
    def artifacts(self) -> list[bytes]:
        """By seat."""
        return [seat.artifact for seat in self.seats]

    @property
    def loss_roots(self) -> list[bytes]:
        """By seat."""
        return [seat.loss_root for seat in self.seats]


def submission_commitment(domain: Domain, task: int, account: str, digest: bytes, salt: bytes) -> bytes:
    """The commitment of trainer ``account`` to an artifact with this SHA-256, hidden by a 32-byte ``salt``."""
    return keccak_words(domain.chain_id, domain.contract, task, account, digest, salt)


def scores_commitment(
    domain: Domain, task: int, window: int, account: str, hidden_set: bytes, scores: ScoreList
) -> bytes:
    """The commitment of validator ``account`` to its scores of a window on the set with this SHA-256."""
    return keccak_words(
        domain.chain_id,
        domain.contract,
        task,
        window,
        account,
        scores.stands_in,
        hidden_set,
        scores.slots,
        scores.scores,
        scores.duplicates,
        keccak(b"".join(scores.artifacts)),
        keccak(b"".join(scores.loss_roots)),
        scores.salt,
    )


def key_hash(key: bytes) -> bytes:
    """What the terms name of the 32-byte key of set B."""
    return keccak_words(key)


def packed(values: Sequence[int], bits: int) -> int:
    """``values`` in one word, the first lowest. Raises ValueError for one that has no room."""
    if any(value < 0 or value >> bits for value in values):
        raise ValueError(f"One of {list(values)} does not fit {bits} bits.")
    return sum(value << bits * place for place, value in enumerate(values))


def unpacked_slots(word: int, count: int) -> tuple[int, ...]:
    """The first ``count`` slots of a word."""
    return tuple(word >> SLOT_BITS * place & _SLOT for place in range(count))


def unpacked_codes(word: int, count: int) -> tuple[int, ...]:
    """The first ``count`` codes of a word."""
    return tuple(word >> SCORE_BITS * place & _CODE for place in range(count))
