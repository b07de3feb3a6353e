"""Merkle trees as OpenZeppelin's MerkleProof verifies them: sorted pairs, double-hashed leaves."""

from collections.abc import Sequence

from flock.protocol.commitments import allow_list_leaf
from flock.protocol.hashing import ZERO, keccak


def allow_list_root(accounts: Sequence[str]) -> bytes:
    """Root over ``accounts`` in any order, repeated or not. No accounts: zero, everyone may join."""
    return _levels(accounts)[-1][0] if accounts else ZERO


def allow_list_proof(accounts: Sequence[str], account: str) -> list[bytes] | None:
    """The proof that ``account`` is one of ``accounts``, or ``None`` if it is not."""
    levels = _levels(accounts) if accounts else [[ZERO]]
    leaf = allow_list_leaf(account)
    if leaf not in levels[0]:
        return None
    proof, index = [], levels[0].index(leaf)
    for level in levels[:-1]:
        sibling = index ^ 1
        if sibling < len(level):
            proof.append(level[sibling])
        index //= 2
    return proof


def _levels(accounts: Sequence[str]) -> list[list[bytes]]:
    """All levels from the sorted leaves to the root; a node without a sibling moves up as it is."""
    level = sorted({allow_list_leaf(account) for account in accounts})
    levels = [level]
    while len(level) > 1:
        pairs = [level[i : i + 2] for i in range(0, len(level), 2)]
        level = [keccak(b"".join(sorted(pair))) if len(pair) == 2 else pair[0] for pair in pairs]
        levels.append(level)
    return levels
