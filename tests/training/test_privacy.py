"""Differential privacy: what may be asked for, what it costs, and that clipping and noise do what they say."""

import math
import sys
from fractions import Fraction
from typing import ClassVar

import numpy as np
import pytest
import torch
from flwr.app import Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from opacus.accountants import RDPAccountant
from scipy import optimize, stats

from flock.errors import BadArrays, BadConfig, Refused
from flock.training.app import AppRunner, record_of
from flock.training.apps import PROBLEMS
from flock.training.arrays import Privacy, difference, flatten
from flock.training.data import DataTable
from flock.training.dp_sgd import fit_privately, gaussian, uniform
from flock.training.loading import load_app
from flock.training.models import Recipe, arrays_from, fit, logistic, perceptron
from flock.training.privacy import Mechanism, Protection, added, epsilon, protection_in, total

pytestmark = pytest.mark.long

MODEL = {"w": np.zeros(2, np.float32)}
SIGMA = "dp-noise-multiplier"


class TestSettings:
    def test_without_any_nothing_is_switched_on(self):
        assert protection_in({"partition-id": 0}) is None

    def test_noise_alone_is_enough(self):
        assert protection_in({SIGMA: 2}) == Protection(2.0, 1.0, 1e-5)

    @pytest.mark.parametrize(
        ("config", "sentence"),
        [
            ({SIGMA: -1.0}, "dp-noise-multiplier = -1.0 in app_config: it must be a number above 0"),
            ({SIGMA: 0}, "dp-noise-multiplier = 0 in app_config"),
            ({SIGMA: math.nan}, "dp-noise-multiplier = nan"),
            ({SIGMA: "much"}, "dp-noise-multiplier = 'much'"),
            ({SIGMA: True}, "dp-noise-multiplier = True"),
            (
                {SIGMA: 1.0, "dp-max-grad-norm": 0},
                "dp-max-grad-norm = 0 in app_config: it must be a number above",
            ),
            ({SIGMA: 1.0, "dp-delta": 0.0}, "dp-delta = 0.0 in app_config: it must be between 0 and 1"),
            ({SIGMA: 1.0, "dp-delta": 1}, "dp-delta = 1 in app_config"),
            ({"dp-delta": 1e-6}, "'dp-delta' in app_config switches nothing on: set 'dp-noise-multiplier'"),
            ({"dp-noise": 1.0}, "There is no app_config setting 'dp-noise'; there are dp-noise-multiplier, "),
            ({"dp_noise_multiplier": 1.0}, "no app_config setting 'dp_noise_multiplier'"),
        ],
    )
    def test_what_would_protect_nothing_is_refused(self, config, sentence):
        with pytest.raises(BadConfig, match=sentence):
            protection_in(config)

    def test_a_member_learns_of_it_before_it_stakes(self):
        start = PROBLEMS["nmes1988"].initial_arrays()
        with pytest.raises(BadConfig, match=r"dp-noise-multiplier = -1\.0"):
            member({SIGMA: -1.0}).evaluate(start, {})

    def test_without_opacus_it_is_told_what_to_install(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "opacus", None)
        with pytest.raises(BadConfig, match=r"needs opacus: pip install 'flock\[privacy\]'"):
            member({SIGMA: 1.0}).evaluate(PROBLEMS["nmes1988"].initial_arrays(), {})


class TestReport:
    """What an app of one's own says of its mechanism."""

    FULL: ClassVar = {SIGMA: 1.5, "dp-sample-rate": 0.25, "dp-steps": 8}

    def test_it_is_taken_out_of_the_metrics(self):
        result = reporting(**self.FULL, accuracy=0.5).train(MODEL, {})
        assert result.mechanism == Mechanism(1.5, 0.25, 8, 1e-5)
        assert result.metrics == {"accuracy": 0.5}

    def test_it_may_name_its_delta(self):
        assert reporting(**self.FULL, **{"dp-delta": 1e-7}).train(MODEL, {}).mechanism.delta == 1e-7

    def test_an_app_that_says_nothing_has_no_mechanism(self):
        assert reporting().train(MODEL, {}).mechanism is None

    @pytest.mark.parametrize(
        ("key", "value", "must"),
        [
            (SIGMA, math.nan, "above 0"),
            (SIGMA, -1.0, "above 0"),
            (SIGMA, 0.0, "above 0"),
            (SIGMA, math.inf, "above 0"),
            ("dp-sample-rate", 1.5, "above 0 and at most 1"),
            ("dp-sample-rate", 0.0, "above 0 and at most 1"),
            ("dp-steps", -3.0, "a whole number"),
            ("dp-steps", 2.5, "a whole number"),
            ("dp-steps", math.nan, "a whole number"),
            ("dp-delta", 0.0, "between 0 and 1"),
            ("dp-delta", 1.0, "between 0 and 1"),
        ],
    )
    def test_nonsense_is_refused_naming_app_and_metric(self, key, value, must):
        with pytest.raises(
            Refused, match=rf"hospital:app reported '{key}' = .* from train; it must be {must}"
        ):
            reporting(**{**self.FULL, key: value}).train(MODEL, {})

    def test_half_a_report_is_refused(self):
        with pytest.raises(
            Refused, match=r"\['dp-steps'\] from train without .*dp-sample-rate.*report all or none"
        ):
            reporting(**{"dp-steps": 3}).train(MODEL, {})


class TestTotal:
    HISTORY = (Mechanism(1.0, 0.08, 13), Mechanism(1.3, 0.08, 13), Mechanism(1.0, 0.08, 26))

    def test_it_is_what_opacus_makes_of_every_single_step(self):
        accountant = RDPAccountant()
        for mechanism in self.HISTORY:
            for _ in range(mechanism.steps):
                accountant.step(
                    noise_multiplier=mechanism.noise_multiplier, sample_rate=mechanism.sample_rate
                )
        assert epsilon(self.HISTORY, 1e-5) == pytest.approx(accountant.get_epsilon(1e-5))

    @pytest.mark.parametrize("noise", [0.7, 3.0, 30.0])
    def test_without_sampling_it_is_close_above_the_exact_gaussian(self, noise):
        """Balle and Wang 2018 (arXiv:1805.06530), theorem 8, with sensitivity √steps."""
        steps, delta = 10, 1e-5
        ratio = math.sqrt(steps) / noise

        def exact_delta(eps):
            first, second = ratio / 2 - eps / ratio, -ratio / 2 - eps / ratio
            return stats.norm.cdf(first) - math.exp(eps + stats.norm.logcdf(second))

        exact = optimize.brentq(lambda eps: exact_delta(eps) - delta, 0, 500)
        assert exact <= epsilon([Mechanism(noise, 1.0, steps)], delta) <= 1.25 * exact + 0.01

    def test_orders_above_opacus_defaults_pay_where_little_is_spent(self):
        accountant = RDPAccountant()
        accountant.history = [(50.0, 0.01, 100)]
        with pytest.warns(UserWarning, match="largest alpha"):
            plain = accountant.get_epsilon(1e-5)
        assert epsilon([Mechanism(50.0, 0.01, 100)], 1e-5) < plain / 5

    def test_merging_what_is_alike_changes_nothing(self):
        merged = added(added(added((), self.HISTORY[0]), self.HISTORY[1]), self.HISTORY[2])
        assert [mechanism.steps for mechanism in merged] == [13, 39]
        assert total(merged) == total(self.HISTORY)

    def test_both_numbers_are_rounded_up_and_delta_is_the_newest(self):
        last = Mechanism(1.0, 0.08, 26, delta=1.5e-12)
        privacy = total((*self.HISTORY, last))
        assert privacy.delta_pico == 2
        assert Fraction(privacy.epsilon_micro, 10**6) >= Fraction(epsilon((*self.HISTORY, last), 1.5e-12))
        assert total(self.HISTORY).delta_pico == 10**7

    def test_nothing_told_costs_nothing(self):
        assert total(()) == Privacy(0, 0)

    def test_a_number_too_large_to_mean_anything_is_not_told(self):
        assert total([Mechanism(0.0005, 0.3, 3)]) is None


class TestTraining:
    def test_without_noise_no_example_can_move_the_model_further_than_its_clipped_gradient(self):
        """Every example takes part in the one step; one of them is then replaced by a monstrous one."""
        rng, norm, lr, n = np.random.default_rng(3), 0.5, 2.0, 40
        features, labels = rng.normal(size=(n, 5)).astype(np.float32), rng.integers(0, 2, n)
        other = features.copy()
        other[7] *= 1000
        recipe, clipped = Recipe(1, lr, n, seed=0), Protection(0.0, norm, 1e-5)
        moved = [
            after(lambda m, t: fit_privately(m, t, recipe, clipped), DataTable(each, labels, 2))
            for each in (features, other)
        ]
        unclipped = [
            after(lambda m, t: fit(m, t, recipe), DataTable(each, labels, 2)) for each in (features, other)
        ]
        assert 0 < np.linalg.norm(moved[1] - moved[0]) <= 2 * norm * lr / n * (1 + 1e-5)
        assert np.linalg.norm(unclipped[1] - unclipped[0]) > 10 * norm * lr / n

    def test_the_noise_has_the_scale_it_says(self):
        """One step over all examples with and without noise; the source of randomness is fixed."""
        table = PROBLEMS["digits"].share({"partition-id": 0, "num-partitions": 8}).train
        n, lr, norm, sigma = len(table), 0.5, 0.3, 2.0
        random, recipe = np.random.default_rng(1988).bytes, Recipe(1, lr, len(table), seed=0)

        def trained(noise):
            protection = Protection(noise, norm, 1e-5)
            return after(lambda m, t: fit_privately(m, t, recipe, protection, random), table, perceptron)

        noise = (trained(sigma) - trained(0.0)) * n / lr / norm
        assert noise.size > 2000
        assert noise.std() == pytest.approx(sigma, rel=0.1)
        assert stats.kstest(noise / sigma, "norm").pvalue > 0.01

    def test_gaussians_and_uniforms_are_what_they_are_called(self):
        random = np.random.default_rng(7).bytes
        assert stats.kstest(gaussian(20_000, random), "norm").pvalue > 0.01
        assert stats.kstest(uniform(20_000, random), "uniform").pvalue > 0.01

    def test_torchs_own_generator_is_why_the_noise_is_not_from_it(self):
        """It takes 32 bits of a seed; were that to end, docs/adr/0018 could be thought over."""
        first, second = (torch.Generator().manual_seed(seed) for seed in (5, 5 + 2**32))
        assert (torch.randn(9, generator=first) == torch.randn(9, generator=second)).all()

    def test_a_batch_that_came_out_empty_is_noise_alone(self):
        def nobody(count):
            """The largest numbers, above any rate, where examples are chosen; random ones for the noise."""
            return b"\xff" * count if count == 8 * 30 else rng.bytes(count)

        rng = np.random.default_rng(5)
        table = DataTable(np.ones((30, 4), np.float32), np.zeros(30, np.int64), 2)
        recipe, protection = Recipe(2, 0.1, 10, seed=0), Protection(1.0, 1.0, 1e-5)
        moved = after(lambda m, t: fit_privately(m, t, recipe, protection, nobody), table)
        assert np.isfinite(moved).all()
        assert moved.any()

    def test_one_example_is_enough(self):
        table = DataTable(np.ones((1, 4), np.float32), np.zeros(1, np.int64), 2)
        model, recipe = logistic(4, 2), Recipe(3, 0.1, 16, 0)
        assert fit_privately(model, table, recipe, Protection(1.0, 1.0, 1e-5)) == Mechanism(1.0, 1.0, 3)
        assert all(np.isfinite(array).all() for array in arrays_from(model).values())


class TestBuiltInApps:
    def test_they_tell_their_mechanism_and_nothing_that_noise_does_not_cover(self):
        start = PROBLEMS["nmes1988"].initial_arrays()
        one = member({SIGMA: 1.1, "dp-delta": 1e-6})
        announced = one.evaluate(start, {"local-epochs": 2}).planned
        result = one.train(start, {"local-epochs": 2})
        assert result.mechanism == announced == Mechanism(1.1, 32 / result.examples, 26, 1e-6)
        assert result.metrics == {}

    def test_training_again_in_the_same_round_has_other_noise(self):
        start = PROBLEMS["nmes1988"].initial_arrays()
        one = member({SIGMA: 1.0})
        torch.manual_seed(0)
        first = one.train(start, {"server-round": 4}).arrays
        torch.manual_seed(0)
        second = one.train(start, {"server-round": 4}).arrays
        assert (flatten(difference(first, second)) != 0).all()

    def test_with_much_noise_they_still_learn(self):
        problem = PROBLEMS["breast_cancer"]
        model = problem.initial_arrays()
        one = AppRunner(
            load_app("flock.training.apps:breast_cancer"),
            {"partition-id": 0, "num-partitions": 2, SIGMA: 1.0},
        )
        before = one.evaluate(model, {}).loss
        assert one.evaluate(one.train(model, {"local-epochs": 3, "lr": 0.05}).arrays, {}).loss < before

    def test_diverging_is_refused_as_without_noise(self):
        with pytest.raises(BadArrays, match="to NaN or infinity; lower its learning rate"):
            member({SIGMA: 1e6}).train(PROBLEMS["nmes1988"].initial_arrays(), {"lr": 1e38})


def member(config):
    app = "flock.training.apps:nmes1988"
    return AppRunner(load_app(app), {"partition-id": 0, "num-partitions": 8, **config}, name=app)


def reporting(**metrics):
    """An app that trains nothing and reports these metrics."""
    app = ClientApp()

    @app.train()
    def train(message, _):
        told = MetricRecord({"num-examples": 3, **metrics})
        return Message(RecordDict({"arrays": record_of(MODEL), "metrics": told}), reply_to=message)

    return AppRunner(app, name="hospital:app")


def after(train, table, make=logistic):
    """What training adds to a model that starts the same every time, as one vector."""
    torch.manual_seed(0)
    model = make(table.features.shape[1], table.classes)
    before = arrays_from(model)
    train(model, table)
    return flatten(difference(arrays_from(model), before))
