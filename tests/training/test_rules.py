"""The rules that are weighted means: against byzfl and Flower, and where numbers are few, equal or enormous."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from flwr.app import ArrayRecord, MetricRecord, RecordDict
from flwr.serverapp.strategy.strategy_utils import aggregate_arrayrecords
from hypothesis import example, given
from hypothesis import strategies as st

from flock.protocol.alliance.params import MIXING, byzantine_count
from flock.training import rules
from flock.training.aggregation import aggregate, judge
from flock.training.arrays import flatten
from flock.training.rules import Rule, Weights
from tests.training.conftest import updates_from

ROBUST = [Rule.MEDIAN, Rule.TRIMMED_MEAN, Rule.MULTI_KRUM, Rule.GEOMETRIC_MEDIAN, Rule.CENTRED_CLIPPING]
SIZES = [1, 2, 3, 4, 5, 8, 31, 32]
grams = st.integers(1, 6).flatmap(
    lambda n: st.lists(st.lists(st.integers(-9, 9), min_size=3, max_size=3), min_size=n, max_size=n)
)


def rows(n, d=40, seed=0, spread=1.0):
    rng = np.random.default_rng(seed)
    return (rng.standard_normal(d) + spread * rng.standard_normal((n, d))).astype(np.float32)


def gram_of(vectors):
    return [[sum(a * b for a, b in zip(x, y, strict=True)) for y in vectors] for x in vectors]


def point(weights, vectors):
    return [
        Fraction(sum(w * x for w, x in zip(weights.each, column, strict=True)), weights.total)
        for column in zip(*vectors, strict=True)
    ]


@pytest.fixture
def change(updates_of):
    """The change that a rule makes of rows, flat."""

    def make(rule, vectors, bps=2500, examples=None):
        updates = updates_of(vectors)
        if examples is not None:
            updates = {seat: replace(updates[seat], examples=examples[seat]) for seat in updates}
        return flatten(aggregate(rule, updates, bps))

    return make


class TestOracles:
    """Quantising to 16 bits moves a weighted mean by far less than the tolerance."""

    @pytest.mark.parametrize("n", SIZES)
    @pytest.mark.parametrize("mixing", [0, MIXING], ids=["plain", "mixing"])
    def test_multi_krum_is_what_byzfl_computes(self, mixing, n, change, byzfl_aggregators):
        f = byzantine_count(n, 2500)
        vectors = rows(n, seed=n)
        vectors[: f // 2] *= 3
        mixed = (
            byzfl_aggregators.NNM(f=f)(vectors.astype(np.float64)) if mixing else vectors.astype(np.float64)
        )
        expected = byzfl_aggregators.MultiKrum(f=f)(mixed) if n > 1 else mixed[0]
        np.testing.assert_allclose(change(Rule.MULTI_KRUM + mixing, vectors), expected, atol=1e-5)

    @pytest.mark.parametrize("n", [n for n in SIZES if n != 2])  # of two, every point between is one
    @pytest.mark.parametrize("mixing", [0, MIXING], ids=["plain", "mixing"])
    def test_the_geometric_median_is_what_byzfl_computes(self, mixing, n, change, byzfl_aggregators):
        vectors = rows(n, seed=n).astype(np.float64)
        if mixing:
            vectors = byzfl_aggregators.NNM(f=byzantine_count(n, 2500))(vectors)
        expected = byzfl_aggregators.GeometricMedian(nu=1e-9, T=300)(vectors)
        found = change(Rule.GEOMETRIC_MEDIAN + mixing, rows(n, seed=n))
        np.testing.assert_allclose(found, expected, atol=2e-3)

    @pytest.mark.parametrize("n", SIZES)
    @pytest.mark.parametrize("mixing", [0, MIXING], ids=["plain", "mixing"])
    def test_centred_clipping_is_byzfls_with_the_median_length_at_each_step(
        self, mixing, n, change, byzfl_aggregators
    ):
        vectors = rows(n, seed=n).astype(np.float64)
        if mixing:
            vectors = byzfl_aggregators.NNM(f=byzantine_count(n, 2500))(vectors)
        clipping, centre = byzfl_aggregators.CenteredClipping(), np.zeros(40)
        for _ in range(rules.STEPS):
            clipping.m = centre
            clipping.tau = max(float(np.sort(np.linalg.norm(vectors - centre, axis=1))[n // 2]), 1e-12)
            with np.errstate(divide="ignore"):
                centre = clipping(vectors)
        found = change(Rule.CENTRED_CLIPPING + mixing, rows(n, seed=n))
        np.testing.assert_allclose(found, centre, atol=2e-3)

    @pytest.mark.parametrize("n", SIZES)
    def test_fedavg_by_examples_is_what_flower_computes_of_capped_counts(self, n, change):
        counts = [1 + 7 * i % 5 for i in range(n)]
        counts[0] = 10**12
        capped = [min(count, 2 * sorted(counts)[(n - 1) // 2]) for count in counts]
        records = [
            RecordDict({"arrays": ArrayRecord([row]), "metrics": MetricRecord({"num-examples": count})})
            for row, count in zip(rows(n), capped, strict=True)
        ]
        expected = aggregate_arrayrecords(records, "num-examples").to_numpy_ndarrays()[0]
        found = change(Rule.FEDAVG_BY_EXAMPLES, rows(n), examples=counts)
        np.testing.assert_allclose(found, expected, atol=1e-6)

    def test_mixing_shares_a_neighbours_examples_among_those_it_is_the_mean_of(
        self, change, byzfl_aggregators
    ):
        counts, vectors = [4, 5, 6, 7, 8], rows(5)
        mixed = byzfl_aggregators.NNM(f=2)(vectors.astype(np.float64))
        found = change(Rule.FEDAVG_BY_EXAMPLES + MIXING, vectors, examples=counts)
        np.testing.assert_allclose(found, np.average(mixed, axis=0, weights=counts), atol=1e-6)


class TestWeights:
    """By the definitions, in whole numbers and fractions."""

    @given(grams, st.integers(1, 6))
    def test_krum_keeps_those_with_the_nearest_neighbours(self, vectors, keep):
        keep = min(keep, len(vectors))
        scores = [
            sum(sorted(sum((a - b) ** 2 for a, b in zip(x, y, strict=True)) for y in vectors)[:keep])
            for x in vectors
        ]
        weights = rules.multi_krum(gram_of(vectors), keep)
        kept = [score for score, weight in zip(scores, weights.each, strict=True) if weight]
        left = [score for score, weight in zip(scores, weights.each, strict=True) if not weight]
        assert (sum(weights.each), weights.total) == (keep, keep)
        assert max(kept) <= min(left, default=max(kept))

    @given(grams)
    @example([[0, 0, 0], [0, 0, 1], [0, -3, 4], [0, -7, 9]])
    def test_the_geometric_median_has_no_larger_sum_of_distances_than_the_mean(self, vectors):
        """Of distances as its steps see them: below one quantum by their squares, as in Huber's loss."""

        def distance(x, centre):
            exact = float(sum((a - c) ** 2 for a, c in zip(x, centre, strict=True))) ** 0.5
            return exact if exact >= 1 else (exact**2 + 1) / 2

        def cost(centre):
            return sum(distance(x, centre) for x in vectors)

        even = Weights([1] * len(vectors), len(vectors))
        found = rules.geometric_median(gram_of(vectors), 1)
        assert cost(point(found, vectors)) <= cost(point(even, vectors)) * (1 + 1e-6) + 1e-6

    @given(grams)
    def test_clipping_from_zero_stays_among_the_updates_and_zero(self, vectors):
        weights = rules.centred_clipping(gram_of(vectors))
        assert all(weight >= 0 for weight in weights.each)
        assert 0 <= sum(weights.each) <= weights.total

    @given(grams.filter(lambda vectors: len(vectors) > 2))
    def test_spreading_weights_over_groups_is_the_mean_of_the_groups_means(self, vectors):
        groups = rules.neighbours(gram_of(vectors), 2)
        means = [
            [Fraction(sum(column), 2) for column in zip(*(vectors[i] for i in group), strict=True)]
            for group in groups
        ]
        weights = Weights(range(1, len(vectors) + 1), sum(range(1, len(vectors) + 1)))
        assert point(rules.spread(weights, groups), vectors) == point(weights, means)

    @given(grams, st.integers(1, 6))
    def test_products_of_groups_are_those_of_their_sums(self, vectors, keep):
        groups = rules.neighbours(gram_of(vectors), min(keep, len(vectors)))
        sums = [
            [sum(column) for column in zip(*(vectors[i] for i in group), strict=True)] for group in groups
        ]
        assert rules.sums_of_groups(gram_of(vectors), groups) == gram_of(sums)

    def test_a_liar_about_its_examples_weighs_no_more_than_twice_the_median(self):
        assert rules.by_examples([10, 20, 30, 10**12]) == Weights([10, 20, 30, 40], 100)
        assert rules.by_examples([10, 10**12]) == Weights([10, 20], 30)
        assert rules.by_examples([7]) == Weights([7], 7)

    def test_ties_go_to_the_lower_seat(self):
        assert rules.multi_krum(gram_of([[0], [2], [0], [2]]), 2).each == [1, 1, 0, 0]
        assert rules.neighbours(gram_of([[0], [1], [-1]]), 2) == [[0, 1], [0, 1], [0, 2]]

    def test_the_geometric_median_comes_within_a_quantum_of_an_update_that_is_one(self):
        vectors = [[0], [0], [0], [100]]
        assert 0 <= point(rules.geometric_median(gram_of(vectors), 1), vectors)[0] < 1


@pytest.mark.parametrize("mixing", [0, MIXING], ids=["plain", "mixing"])
class TestEdges:
    @pytest.mark.parametrize("rule", list(Rule))
    @pytest.mark.parametrize("n", [1, 2, 3])
    def test_few_updates_give_something_between_them(self, rule, n, mixing, change):
        vectors = rows(n)
        found = change(rule + mixing, vectors, bps=4900)
        assert (found >= vectors.min(axis=0) - 1e-5).all()
        assert (found <= vectors.max(axis=0) + 1e-5).all()

    @pytest.mark.parametrize("rule", list(Rule))
    def test_where_all_agree_that_is_the_change(self, rule, mixing, change):
        same = np.float32([[0.1, -2, 3e-20, 0]] * 7)
        np.testing.assert_allclose(change(rule + mixing, same), same[0], rtol=1e-6)

    @pytest.mark.parametrize("rule", list(Rule))
    def test_nothing_stays_nothing_without_a_sign(self, rule, mixing, change):
        found = change(rule + mixing, np.float32([[0.0, -0.0], [-0.0, -0.0], [0.0, -0.0]]))
        assert (found == 0).all()
        assert not np.signbit(found).any()

    @pytest.mark.parametrize("rule", ROBUST)
    @pytest.mark.parametrize("factor", [-3, 40, 1e6, -1e30])
    def test_a_minority_moves_the_change_only_so_far(self, rule, factor, mixing, change):
        """Two of seven push together as far as they like; the honest lie within 0.1 of each other."""
        honest = rows(5, spread=0.1)
        attacked = np.vstack([honest, np.float32(factor) * honest[:2]])
        moved = np.linalg.norm(change(rule + mixing, attacked, bps=2800) - honest.mean(axis=0))
        assert moved < 2 * np.linalg.norm(honest - honest.mean(axis=0), axis=1).max()

    @pytest.mark.parametrize("rule", [rule for rule in Rule if rule is not Rule.FEDAVG_BY_EXAMPLES])
    @given(order=st.permutations(range(7)), power=st.integers(-60, 60))
    def test_seats_and_units_do_not_matter(self, rule, mixing, order, power):
        """But for the rounding of sums, whose order is that of the seats."""
        vectors = rows(7, d=10)
        found = flatten(aggregate(rule + mixing, updates_from(vectors), 2500))
        scaled = vectors[order] * np.float32(2.0**power)
        again = flatten(aggregate(rule + mixing, updates_from(scaled), 2500))
        np.testing.assert_allclose(again / 2.0**power, found, rtol=1e-7, atol=1e-8)


def test_whoever_agrees_with_a_robust_change_is_never_harmful(updates_of):
    honest = rows(6, spread=0.2)
    updates = updates_of(np.vstack([honest, -5 * honest[:2]]))
    for rule in ROBUST:
        verdict = judge(updates, aggregate(rule + MIXING, updates, 2500))
        assert (verdict.harmful, verdict.rewarded) == (0b11000000, 0b00111111)
