"""Which submissions are copies of earlier ones."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flock.protocol.arena.copies import COPY_BPS, Profile, centred_ranks, correlation, duplicate_of
from flock.protocol.core.units import BPS

EXAMPLES = 400
values = st.lists(st.integers(0, 50), min_size=2, max_size=40)


def submission(seed: int, baseline: list[int]) -> list[int]:
    """Losses that share with every other submission what is hard for all, the baseline included."""
    rng = random.Random(seed)
    return [max(0, int(hard * 0.7 + rng.gauss(0, 90_000))) for hard in baseline]


def perturbed(losses: list[int], size: int, seed: int = 1) -> list[int]:
    rng = random.Random(seed)
    return [max(0, loss + rng.randint(-size, size)) for loss in losses]


@pytest.fixture
def baseline() -> list[int]:
    rng = random.Random(0)
    return [int(rng.expovariate(1 / 400_000)) for _ in range(EXAMPLES)]


class TestRanks:
    def test_equal_values_share_the_mean_of_their_ranks(self) -> None:
        assert list(centred_ranks([30, 10, 10, 20])) == [3, -2, -2, 1]

    @given(values)
    def test_they_are_centred(self, of: list[int]) -> None:
        assert sum(centred_ranks(of)) == 0

    @given(values)
    def test_only_the_order_counts(self, of: list[int]) -> None:
        assert centred_ranks(of) == centred_ranks([value * 7 + 3 for value in of])


class TestCorrelation:
    def test_without_a_baseline_that_tells_examples_apart_it_is_spearmans(self) -> None:
        """ρ = 1 − 6·Σd²/(n³ − n): ranks 1 2 3 4 5 and 2 1 4 3 5 differ by 1 four times."""
        flat = (7,) * 5
        assert correlation(Profile((1, 2, 3, 4, 5), flat), Profile((20, 10, 40, 30, 50), flat)) == 8_000

    @given(st.data())
    def test_is_symmetric_and_bounded(self, data: st.DataObject) -> None:
        size = data.draw(st.integers(2, 30))
        some = st.lists(st.integers(0, 20), min_size=size, max_size=size)
        base = data.draw(some)
        one, other = Profile(data.draw(some), base), Profile(data.draw(some), base)
        assert correlation(one, other) == correlation(other, one)
        assert -BPS <= correlation(one, other) <= BPS

    def test_what_is_hard_for_all_does_not_count(self, baseline: list[int]) -> None:
        one, other = (submission(seed, baseline) for seed in (1, 2))
        flat = [0] * EXAMPLES
        assert correlation(Profile(one, flat), Profile(other, flat)) > 7_500
        assert abs(correlation(Profile(one, baseline), Profile(other, baseline))) < 2_500

    def test_losses_in_reverse_are_its_opposite(self) -> None:
        flat = (0,) * 4
        assert correlation(Profile((1, 2, 3, 4), flat), Profile((4, 3, 2, 1), flat)) == -BPS

    def test_two_copies_of_the_baseline_are_copies_of_each_other_and_of_nobody_else(
        self, baseline: list[int]
    ) -> None:
        same = Profile([2 * loss for loss in baseline], baseline)
        assert correlation(same, Profile(baseline, baseline)) == BPS
        assert correlation(same, Profile(submission(1, baseline), baseline)) == 0

    def test_of_different_sets_there_is_none(self) -> None:
        with pytest.raises(ValueError, match="same baseline"):
            correlation(Profile((1, 2), (1, 2)), Profile((1, 2), (2, 1)))
        with pytest.raises(ValueError, match="same examples"):
            Profile((1, 2), (1, 2, 3))


class TestDuplicates:
    def test_a_perturbed_copy_names_the_submission_it_is_of(self, baseline: list[int]) -> None:
        earlier = {number: Profile(submission(number, baseline), baseline) for number in (4, 9, 12)}
        copy = Profile(perturbed(submission(9, baseline), 10_000), baseline)
        assert duplicate_of(copy, earlier) == 9

    def test_of_several_the_first_is_named(self, baseline: list[int]) -> None:
        """A copy of a copy does not make its maker the original."""
        losses = submission(9, baseline)
        earlier = {number: Profile(perturbed(losses, 10_000, number), baseline) for number in (12, 3, 5)}
        assert duplicate_of(Profile(losses, baseline), earlier) == 3

    def test_an_independent_one_is_no_copy(self, baseline: list[int]) -> None:
        earlier = {number: Profile(submission(number, baseline), baseline) for number in range(1, 20)}
        assert duplicate_of(Profile(submission(99, baseline), baseline), earlier) is None

    def test_a_crowd_of_copies_does_not_hide_the_next(self, baseline: list[int]) -> None:
        """With the median of all as the reference, a crowd would make it its own: nothing would be left over."""
        losses = submission(1, baseline)
        crowd = {number: Profile(perturbed(losses, 20_000, number), baseline) for number in range(1, 40)}
        assert correlation(crowd[1], crowd[39]) >= COPY_BPS
        assert duplicate_of(Profile(perturbed(losses, 20_000, 99), baseline), crowd) == 1
