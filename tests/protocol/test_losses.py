"""The tree over per-example losses, and what of it is opened."""

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from flock.errors import Refused
from flock.protocol.arena.losses import (
    LossTree,
    OpenedLoss,
    chosen_examples,
    is_opened,
    leaf,
    longest_proof,
    openings_by_example,
)
from flock.protocol.arena.scores import MAX_SCORE, Mark, judge
from flock.protocol.core.hashing import ZERO, keccak
from flock.protocol.core.merkle import Tree

losses = st.lists(st.integers(0, MAX_SCORE), min_size=1, max_size=60)
seeds = st.binary(min_size=32, max_size=32)


def test_a_leaf_is_the_double_hash_of_example_and_loss() -> None:
    assert leaf(7, 1_250_000) == keccak(keccak(encode(["uint256", "uint256"], [7, 1_250_000])))


@pytest.mark.parametrize("loss", [-1, MAX_SCORE + 1])
def test_what_has_no_room_in_a_score_is_no_loss(loss: int) -> None:
    with pytest.raises(ValueError, match="millionths"):
        LossTree([0, loss])


def test_no_losses_have_the_root_zero() -> None:
    assert LossTree([]).root == ZERO


@given(losses)
def test_every_example_can_be_opened(of: list[int]) -> None:
    tree = LossTree(of)
    for opened in tree.opened(range(len(of))):
        assert opened.loss == of[opened.example]
        assert is_opened(tree.root, opened, len(of))


@given(losses, st.data())
def test_no_other_loss_can_be_opened_in_its_place(of: list[int], data: st.DataObject) -> None:
    tree = LossTree(of)
    [opened] = tree.opened([data.draw(st.integers(0, len(of) - 1))])
    other = data.draw(st.integers(0, MAX_SCORE).filter(lambda loss: loss != opened.loss))
    assert not is_opened(tree.root, OpenedLoss(opened.example, other, opened.proof), len(of))
    assert not is_opened(tree.root, OpenedLoss(len(of), opened.loss, opened.proof), len(of))
    assert not is_opened(tree.root, OpenedLoss(opened.example, MAX_SCORE + 1, opened.proof), len(of))


def test_an_example_that_the_set_has_not_cannot_be_opened() -> None:
    with pytest.raises(Refused, match="no example 3: the set has 3"):
        LossTree([1, 2, 3]).opened([3])


def test_a_tree_with_many_guesses_for_each_example_opens_none_of_them() -> None:
    """Who did not look would commit to every loss there may be, and open the one that the others have opened."""
    examples, guesses = 8, 16
    leaves = [leaf(example, guess) for example in range(examples) for guess in range(guesses)]
    tree = Tree(leaves)
    node = tree.index(leaf(3, 5))
    assert node is not None
    hedged = OpenedLoss(3, 5, tuple(tree.proof(node)))
    assert not is_opened(tree.root, hedged, examples)
    assert is_opened(tree.root, hedged, examples * guesses)  # nothing but its length tells


def test_in_a_set_of_a_power_of_two_each_second_guess_costs_another_example() -> None:
    examples = 8
    leaves = [leaf(0, 5), leaf(0, 6), *(leaf(example, 5) for example in range(1, examples))]
    tree = Tree(leaves)
    opened = [OpenedLoss(example, 5, _proof(tree, leaf(example, 5))) for example in range(examples)]
    too_long = [each for each in opened if not is_opened(tree.root, each, examples)]
    assert len(leaves) > examples
    assert too_long


def _proof(tree: Tree, of: bytes) -> tuple[bytes, ...]:
    node = tree.index(of)
    assert node is not None
    return tuple(tree.proof(node))


@pytest.mark.parametrize(
    ("examples", "siblings"), [(0, 0), (1, 0), (2, 1), (3, 2), (4, 2), (5, 3), (1024, 10), (1025, 11)]
)
def test_a_proof_is_no_longer_than_the_tree_is_high(examples: int, siblings: int) -> None:
    assert longest_proof(examples) == siblings


class TestTheChoiceOfExamples:
    @given(seeds, st.integers(0, 40), st.integers(0, 60))
    def test_is_of_different_ones_and_never_of_more_than_there_are(
        self, seed: bytes, count: int, examples: int
    ) -> None:
        chosen = chosen_examples(seed, count, examples)
        assert len(set(chosen)) == len(chosen) == min(count, examples)
        assert all(0 <= example < examples for example in chosen)

    def test_falls_on_every_example_alike(self) -> None:
        counts = [0] * 10
        for number in range(2_000):
            for example in chosen_examples(number.to_bytes(32, "big"), 3, 10):
                counts[example] += 1
        assert all(500 < count < 700 for count in counts)


def test_opened_losses_are_judged_as_scores_are() -> None:
    """One seat has not looked: it committed to a plausible loss everywhere."""
    honest = [LossTree([100_000 * example + seat for example in range(8)]) for seat in range(6)]
    guessed = LossTree([350_000] * 8)
    examples = chosen_examples(b"\7" * 32, 3, 8)
    opened = {seat: tree.opened(examples) for seat, tree in enumerate([*honest, guessed])}
    marks = [judge(reveals, 7, tolerance=1_000).marks for reveals in openings_by_example(opened).values()]
    assert len(marks) == 3
    assert all(of[seat] is Mark.GOOD for of in marks for seat in range(6))
    assert all(of[6] is Mark.MISS for of in marks)
