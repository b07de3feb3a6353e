"""Per-example losses as a validator commits to them: a Merkle root, and leaves that are opened with proofs.

A loss is a whole number of millionths of the metric's unit, as scores are; example i of a hidden set is number i in
its canonical bytes. The leaf of an example is the double hash
``keccak(keccak(abi.encode(uint256 i, uint256 loss)))``; the tree is that of ``flock.protocol.core.merkle``, so
OpenZeppelin's MerkleProof verifies it. A leaf names its example, so equal losses are different leaves.

A tree could be grown beyond the set, to hold several losses for one example and open whichever suits. So a proof may
be no longer than ``longest_proof`` of the set's size: such a tree has fewer than two leaves an example, and a second
leaf for one example is mostly a leaf less for another, whose opening is then missing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from flock.errors import Refused
from flock.protocol.arena.scores import MAX_SCORE
from flock.protocol.core.hashing import keccak, keccak_words
from flock.protocol.core.merkle import Tree


@dataclass(frozen=True)
class OpenedLoss:
    """The loss of one example, and the siblings from its leaf up to the root."""

    example: int
    loss: int
    proof: tuple[bytes, ...]


@dataclass(frozen=True)
class LossTree:
    """The tree over ``losses``, in the order of the examples. Raises ValueError for what is no loss."""

    losses: Sequence[int]

    def __post_init__(self) -> None:
        for loss in self.losses:
            _require_loss(loss)

    @property
    def root(self) -> bytes:
        """What a validator commits to; zero without losses."""
        return self._tree.root

    def opened(self, examples: Iterable[int]) -> tuple[OpenedLoss, ...]:
        """The losses of ``examples``, each with its proof. Raises Refused for an example that is not in the set."""
        return tuple(self._opened(example) for example in examples)

    def _opened(self, example: int) -> OpenedLoss:
        if not 0 <= example < len(self.losses):
            raise Refused(f"There is no example {example}: the set has {len(self.losses)}, numbered from 0.")
        node = self._tree.index(self._leaves[example])
        assert node is not None  # noqa: S101 - every leaf is in the tree
        return OpenedLoss(example, self.losses[example], tuple(self._tree.proof(node)))

    @cached_property
    def _leaves(self) -> Sequence[bytes]:
        return [leaf(example, loss) for example, loss in enumerate(self.losses)]

    @cached_property
    def _tree(self) -> Tree:
        return Tree(self._leaves)


def leaf(example: int, loss: int) -> bytes:
    """The leaf of ``example``. Raises ValueError for what is no loss."""
    return keccak(keccak_words(example, _require_loss(loss)))


def longest_proof(examples: int) -> int:
    """Siblings in a proof of a tree over ``examples`` leaves, at most."""
    return max(0, examples - 1).bit_length()


def is_opened(root: bytes, opened: OpenedLoss, examples: int) -> bool:
    """Whether ``opened`` is a leaf under ``root``, of a set with so many ``examples``."""
    if not 0 <= opened.example < examples or len(opened.proof) > longest_proof(examples):
        return False
    if not 0 <= opened.loss <= MAX_SCORE:
        return False
    node = leaf(opened.example, opened.loss)
    for sibling in opened.proof:
        node = keccak(min(node, sibling) + max(node, sibling))
    return node == root


def chosen_examples(seed: bytes, count: int, examples: int) -> tuple[int, ...]:
    """The ``count`` examples that ``seed`` (32 bytes) has opened, all different; every one if there are no more.

    A partial shuffle (Fisher and Yates): the one at place i changes places with one of those from i on.
    """
    moved: dict[int, int] = {}
    chosen = []
    for place in range(min(count, examples)):
        other = place + int.from_bytes(keccak_words(seed, place), "big") % (examples - place)
        chosen.append(moved.get(other, other))
        moved[other] = moved.get(place, place)
    return tuple(chosen)


def openings_by_example(opened: Mapping[int, Sequence[OpenedLoss]]) -> Mapping[int, Mapping[int, int]]:
    """By example the loss that each seat opened, for ``scores.judge``; ``opened`` is by seat, and verified."""
    by_example: dict[int, dict[int, int]] = {}
    for seat, losses in opened.items():
        for each in losses:
            by_example.setdefault(each.example, {})[seat] = each.loss
    return by_example


def _require_loss(loss: int) -> int:
    if not 0 <= loss <= MAX_SCORE:
        raise ValueError(f"A loss is 0 to {MAX_SCORE} millionths, not {loss}.")
    return loss
