"""What trainers and validators commit to, before anybody may know it (docs/protocol.md, Arena).

A commitment binds chain, contract and task, so that it is worth nothing anywhere else, and the account, so that it is
worth nothing to anybody else.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from flock.protocol.arena.scores import SCORE_BITS
from flock.protocol.core.hashing import keccak, keccak_words

SLOT_BITS = 16


@dataclass(frozen=True)
class Domain:
    """Where a commitment is made: the contract is the board's for submissions, the panels' for scores."""

    chain_id: int
    contract: str
    task: int


@dataclass(frozen=True)
class Scored:
    """What a validator commits to for one of its slots.

    ``code`` is as in ``scores.in_word``: 0 for nothing. ``artifact`` is the SHA-256 of the bytes that were scored,
    ``loss_root`` the Merkle root of the losses by example. ``duplicate_of`` is the id of a submission, 0 for none.
    """

    slot: int
    code: int
    artifact: bytes
    loss_root: bytes
    duplicate_of: int = 0


@dataclass(frozen=True)
class ScoreList:
    """All that a validator scored in a window, the lowest slot first; ``stands_in`` if as a substitute."""

    window: int
    account: str
    stands_in: bool
    hidden_set: bytes
    items: tuple[Scored, ...]
    salt: bytes

    @property
    def seats(self) -> int:
        """The slots as a word."""
        return packed([item.slot for item in self.items], SLOT_BITS)

    @property
    def scores(self) -> int:
        """The codes as a word."""
        return packed([item.code for item in self.items], SCORE_BITS)

    @property
    def duplicates(self) -> int:
        """What they are copies of, as a word."""
        return packed([item.duplicate_of for item in self.items], SCORE_BITS)


def submission_commitment(domain: Domain, account: str, digest: bytes, salt: bytes) -> bytes:
    """What a trainer commits to: the SHA-256 of its artifact, and 32 random bytes."""
    return keccak_words(domain.chain_id, domain.contract, domain.task, account, digest, salt)


def score_commitment(domain: Domain, scored: ScoreList) -> bytes:
    """What a validator commits to. Raises ValueError for a value without room in its word."""
    return keccak_words(
        domain.chain_id,
        domain.contract,
        domain.task,
        scored.window,
        scored.account,
        int(scored.stands_in),
        scored.hidden_set,
        scored.seats,
        scored.scores,
        scored.duplicates,
        keccak(b"".join(item.artifact for item in scored.items)),
        keccak(b"".join(item.loss_root for item in scored.items)),
        scored.salt,
    )


def packed(values: Sequence[int], bits: int) -> int:
    """Values side by side in a word, the first lowest. Raises ValueError for one without room."""
    for value in values:
        if not 0 <= value < 1 << bits:
            raise ValueError(f"{value} does not fit {bits} bits.")
    return sum(value << bits * at for at, value in enumerate(values))
