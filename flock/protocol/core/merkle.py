"""Merkle trees as OpenZeppelin makes and verifies them: double-hashed leaves, sorted pairs, one flat array.

The shape is that of its JavaScript library (StandardMerkleTree), so that its multiproofs fit too:
https://github.com/OpenZeppelin/merkle-tree
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from flock.errors import Refused
from flock.protocol.core.commitments import allow_list_leaf
from flock.protocol.core.hashing import WORD, ZERO, keccak, word, words
from flock.protocol.core.units import Wei


class Entry(NamedTuple):
    """The cumulative rewards of an account: ``liquid`` at once, ``vesting`` in streams. Wei, both cumulative."""

    liquid: Wei
    vesting: Wei

    @property
    def total(self) -> Wei:
        return Wei(self.liquid + self.vesting)


class Multiproof(NamedTuple):
    """The arguments of ``claimMany``, in the one order in which they verify."""

    accounts: tuple[str, ...]
    liquid: tuple[Wei, ...]
    vesting: tuple[Wei, ...]
    proof: tuple[bytes, ...]
    flags: tuple[bool, ...]


class Tree:
    """The tree over ``leaves``, in any order, repeated or not; node i has the children 2i + 1 and 2i + 2."""

    def __init__(self, leaves: Iterable[bytes]) -> None:
        self.nodes = _nodes(sorted(set(leaves)))

    @property
    def root(self) -> bytes:
        """The root; zero without leaves."""
        return self.nodes[0] if self.nodes else ZERO

    def index(self, leaf: bytes) -> int | None:
        """The node that ``leaf`` is, ``None`` if it is not in the tree."""
        return self._places.get(leaf)

    def proof(self, node: int) -> list[bytes]:
        """The siblings from ``node`` up to the root."""
        proof = []
        while node > 0:
            proof.append(self.nodes[_sibling(node)])
            node = (node - 1) // 2
        return proof

    def multiproof(self, nodes: Sequence[int]) -> tuple[tuple[bytes, ...], tuple[bool, ...]]:
        """Proof and flags of several distinct leaves, given from the last node to the first."""
        waiting, proof, flags = deque(nodes), [], []
        while waiting and waiting[0] > 0:
            node = waiting.popleft()
            is_pair = bool(waiting) and waiting[0] == _sibling(node)
            flags.append(is_pair)
            if is_pair:
                waiting.popleft()
            else:
                proof.append(self.nodes[_sibling(node)])
            waiting.append((node - 1) // 2)
        return tuple(proof), tuple(flags)

    @cached_property
    def _places(self) -> Mapping[bytes, int]:
        first = len(self.nodes) // 2
        return {leaf: first + i for i, leaf in enumerate(self.nodes[first:])}


@dataclass(frozen=True)
class RewardTree:
    """The tree that the RewardDistributor at ``distributor`` pays by; entries of zero are left out."""

    entries: Mapping[str, Entry]
    chain_id: int
    distributor: str

    @property
    def root(self) -> bytes:
        """The root for Settlement.post; zero if nobody has earned anything."""
        return self._tree.root

    def leaf(self, account: str) -> bytes:
        """The leaf of ``account``. Raises Refused if it has earned nothing."""
        return self._leaves[self._known(account)]

    def proof(self, account: str) -> list[bytes]:
        """The proof of ``claim`` for ``account``. Raises Refused if it has earned nothing."""
        return self._tree.proof(self._node(account))

    def multiproof(self, accounts: Iterable[str]) -> Multiproof:
        """The multiproof of ``claimMany`` for ``accounts``. Raises Refused if one of them has earned nothing."""
        nodes = {self._node(account): account for account in accounts}
        ordered = sorted(nodes, reverse=True)
        names = tuple(nodes[node] for node in ordered)
        liquid = tuple(self.entries[name].liquid for name in names)
        vesting = tuple(self.entries[name].vesting for name in names)
        return Multiproof(names, liquid, vesting, *self._tree.multiproof(ordered))

    @cached_property
    def _leaves(self) -> Mapping[str, bytes]:
        prefix = words(self.chain_id, self.distributor)
        return {
            account: _reward_leaf(prefix, account, entry)
            for account, entry in self.entries.items()
            if entry.liquid or entry.vesting
        }

    @cached_property
    def _tree(self) -> Tree:
        return Tree(self._leaves.values())

    def _node(self, account: str) -> int:
        node = self._tree.index(self.leaf(account))
        assert node is not None  # noqa: S101 - every leaf is in the tree
        return node

    def _known(self, account: str) -> str:
        if account not in self._leaves:
            raise Refused(f"{account} has earned nothing in this settlement, so there is nothing to prove.")
        return account


def allow_list_root(accounts: Sequence[str]) -> bytes:
    """Root over ``accounts`` in any order, repeated or not. No accounts: zero, everyone may join."""
    return _allow_list(accounts).root


def allow_list_proof(accounts: Sequence[str], account: str) -> list[bytes] | None:
    """The proof that ``account`` is one of ``accounts``, or ``None`` if it is not."""
    tree = _allow_list(accounts)
    node = tree.index(allow_list_leaf(account))
    return None if node is None else tree.proof(node)


def _allow_list(accounts: Sequence[str]) -> Tree:
    return Tree(allow_list_leaf(account) for account in accounts)


def _reward_leaf(prefix: bytes, account: str, entry: Entry) -> bytes:
    liquid, vesting = entry.liquid.to_bytes(WORD, "big"), entry.vesting.to_bytes(WORD, "big")
    return keccak(keccak(prefix + word(account) + liquid + vesting))


def _nodes(leaves: Sequence[bytes]) -> list[bytes]:
    """All nodes, the root first, the leaves last and in descending order."""
    nodes = [ZERO] * (len(leaves) - 1) + list(reversed(leaves)) if leaves else []
    for i in range(len(leaves) - 2, -1, -1):
        left, right = nodes[2 * i + 1], nodes[2 * i + 2]
        nodes[i] = keccak(left + right if left < right else right + left)
    return nodes


def _sibling(node: int) -> int:
    return node + 1 if node % 2 else node - 1
