"""Which submissions are copies of earlier ones."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flock.protocol.arena.copies import (
    COPY_BPS,
    Examined,
    Profile,
    centred_ranks,
    correlation,
    duplicate_of,
    judged_copy_of,
)
from flock.protocol.arena.leaderboard import Contest, Entry
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
    def test_without_references_it_is_spearmans(self) -> None:
        """ρ = 1 − 6·Σd²/(n³ − n): ranks 1 2 3 4 5 and 2 1 4 3 5 differ by 1 four times."""
        assert correlation(Profile((1, 2, 3, 4, 5), ()), Profile((20, 10, 40, 30, 50), ())) == 8_000

    def test_a_reference_that_finds_all_equally_hard_takes_nothing_out(self) -> None:
        flat = ((7,) * 5,)
        assert correlation(Profile((1, 2, 3, 4, 5), flat), Profile((20, 10, 40, 30, 50), flat)) == 8_000

    def test_with_one_it_is_the_partial_correlation(self) -> None:
        """(r − r₁·r₂) / √((1 − r₁²)·(1 − r₂²)) with r between the two, r₁ and r₂ to the reference."""
        reference = ((3, 1, 5, 2, 4),)
        one, other = (1, 2, 3, 4, 5), (2, 1, 4, 3, 5)
        plain = [
            correlation(Profile(a, ()), Profile(b, ()))
            for a, b in ((one, other), (one, reference[0]), (other, reference[0]))
        ]
        r, r1, r2 = (each / BPS for each in plain)
        expected = (r - r1 * r2) / ((1 - r1**2) * (1 - r2**2)) ** 0.5
        assert abs(correlation(Profile(one, reference), Profile(other, reference)) - expected * BPS) < 2

    @given(st.data())
    def test_is_symmetric_and_bounded_and_knows_no_order_of_references(self, data: st.DataObject) -> None:
        size = data.draw(st.integers(2, 30))
        some = st.lists(st.integers(0, 20), min_size=size, max_size=size)
        references = tuple(data.draw(st.lists(some, max_size=3)))
        one, other = data.draw(some), data.draw(some)
        found = correlation(Profile(one, references), Profile(other, references))
        assert found == correlation(Profile(other, references), Profile(one, references))
        assert found == correlation(Profile(one, references[::-1]), Profile(other, references[::-1]))
        assert -BPS <= found <= BPS

    def test_what_is_hard_for_all_does_not_count(self, baseline: list[int]) -> None:
        one, other = (submission(seed, baseline) for seed in (1, 2))
        assert correlation(Profile(one, ()), Profile(other, ())) > 7_500
        assert abs(correlation(Profile(one, (baseline,)), Profile(other, (baseline,)))) < 2_500

    def test_losses_in_reverse_are_its_opposite(self) -> None:
        assert correlation(Profile((1, 2, 3, 4), ()), Profile((4, 3, 2, 1), ())) == -BPS

    def test_two_copies_of_the_reference_are_copies_of_each_other_and_of_nobody_else(
        self, baseline: list[int]
    ) -> None:
        same = Profile([2 * loss for loss in baseline], (baseline,))
        assert correlation(same, Profile(baseline, (baseline,))) == BPS
        assert correlation(same, Profile(submission(1, baseline), (baseline,))) == 0

    def test_of_different_sets_there_is_none(self) -> None:
        with pytest.raises(ValueError, match="same references"):
            correlation(Profile((1, 2), ((1, 2),)), Profile((1, 2), ((2, 1),)))
        with pytest.raises(ValueError, match="same examples"):
            Profile((1, 2), ((1, 2, 3),))


def examined(number: int, losses: list[int], trainer: str = "") -> Examined:
    return Examined(Entry(number, trainer or f"trainer {number}", sum(losses) // EXAMPLES), losses)


def found_out(copy: Examined) -> Examined:
    return replace(copy, entry=replace(copy.entry, is_copy=True))


class TestDuplicates:
    CONTEST = Contest(tolerance=1_000, baseline=10**6)

    def found(self, suspect: Examined, earlier: list[Examined], baseline: list[int]) -> int | None:
        return duplicate_of(suspect, earlier, baseline, self.CONTEST)

    def test_a_perturbed_copy_names_the_submission_it_is_of(self, baseline: list[int]) -> None:
        earlier = [examined(number, submission(number, baseline)) for number in (12, 4, 9)]
        copy = perturbed(submission(9, baseline), 10_000)
        assert self.found(examined(20, copy), earlier, baseline) == 9
        assert self.found(examined(8, copy), earlier, baseline) is None  # it was there before

    def test_of_several_the_first_is_named(self, baseline: list[int]) -> None:
        """A copy of a copy does not make its maker the original."""
        losses = submission(9, baseline)
        original, *copies = (examined(number, perturbed(losses, 10_000, number)) for number in (3, 5, 12))
        earlier = [*map(found_out, copies), original]
        assert self.found(examined(20, losses), earlier, baseline) == 3

    def test_nobody_copies_itself(self, baseline: list[int]) -> None:
        """A trainer goes on where it was: what it sends next resembles what it sent."""
        losses = submission(9, baseline)
        assert self.found(examined(20, losses, "same"), [examined(3, losses, "same")], baseline) is None

    def test_an_independent_one_is_no_copy(self, baseline: list[int]) -> None:
        earlier = [examined(number, submission(number, baseline)) for number in range(1, 20)]
        assert self.found(examined(99, submission(99, baseline)), earlier, baseline) is None

    def test_beside_a_weak_baseline_those_who_have_learnt_the_same_are_no_copies(self) -> None:
        """The baseline knows nothing of what both have learnt, but the submission before them does."""
        rng = random.Random(1)
        baseline = [rng.randint(0, 10**6) for _ in range(EXAMPLES)]
        learnt = [rng.randint(0, 10**6) for _ in range(EXAMPLES)]
        first, original, suspect = (perturbed(learnt, 100_000, seed) for seed in (1, 2, 3))
        references = (baseline,)
        assert correlation(Profile(original, references), Profile(suspect, references)) >= COPY_BPS
        assert self.found(examined(3, suspect), [examined(2, original)], baseline) == 2
        assert self.found(examined(3, suspect), [examined(1, first), examined(2, original)], baseline) is None
        assert (
            self.found(
                examined(3, perturbed(first, 10_000)), [examined(1, first), examined(2, original)], baseline
            )
            == 1
        )

    def test_a_crowd_of_copies_does_not_hide_the_next(self, baseline: list[int]) -> None:
        """Each is found in its turn, so none of them becomes what the next is compared beside."""
        losses = submission(1, baseline)
        sent = [examined(1, losses), examined(2, submission(2, baseline))]
        for number in range(3, 20):
            copy = examined(number, perturbed(losses, 20_000, number))
            assert self.found(copy, sent, baseline) == 1
            sent.append(found_out(copy))


class TestWhatAPanelNames:
    """Submissions 1, 2 and 4 are in the finals; the suspect is the second, unless a test says otherwise."""

    FINALISTS = (1, 2, 4)

    def found(self, *named: int, suspect: int = 2) -> int | None:
        return judged_copy_of(suspect, named, self.FINALISTS)

    def test_more_than_half_have_to_name_it(self) -> None:
        assert self.found(1, 1, 0) == 1
        assert self.found(1, 0, 0) is None
        assert self.found(1, 1, 0, 0) is None
        assert self.found() is None

    def test_they_have_to_agree_of_what_it_is_a_copy(self) -> None:
        assert self.found(1, 2, 3, suspect=4) is None
        assert self.found(1, 2, 1, suspect=4) == 1

    @pytest.mark.parametrize(
        ("suspect", "original"),
        [
            pytest.param(1, 2, id="a later one: an original is no copy of its copy"),
            pytest.param(2, 2, id="itself"),
            pytest.param(4, 3, id="one that is not in the finals, with which nobody can compare it"),
            pytest.param(4, 9, id="one that was never sent"),
        ],
    )
    def test_a_panel_of_sybils_cannot_name_what_nobody_can_have_copied(
        self, suspect: int, original: int
    ) -> None:
        assert self.found(original, original, original, suspect=suspect) is None
