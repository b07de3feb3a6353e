"""The rules of aggregation against independent implementations, and against other machines' habits."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from flwr.app import ArrayRecord, MetricRecord, RecordDict
from flwr.serverapp.strategy.strategy_utils import aggregate_arrayrecords
from hypothesis import given
from hypothesis import strategies as st
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

from flock.errors import BadArrays, Refused
from flock.protocol.alliance.params import MIXING, byzantine_count
from flock.training.aggregation import (
    Rule,
    UpdateJudgement,
    aggregate,
    apply_update,
    candidate,
    judge,
    write_candidate,
)
from flock.training.arrays import Update, encode_model, flatten, spec_of, trained_part
from flock.training.dtypes import dtype_of_update

WORKER = Path(__file__).with_name("digests.py")
DISPATCHED = " ".join(name for name in __cpu_dispatch__ if __cpu_features__[name])


def rows(n, d=40, seed=0, spread=1.0):
    rng = np.random.default_rng(seed)
    return (rng.standard_normal(d) + spread * rng.standard_normal((n, d))).astype(np.float32)


def flat(change):
    return flatten(change)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 8, 32])
def test_fedavg_is_what_flower_computes(n, updates_of):
    records = [
        RecordDict({"arrays": ArrayRecord([row]), "metrics": MetricRecord({"num-examples": 10})})
        for row in rows(n)
    ]
    expected = aggregate_arrayrecords(records, "num-examples").to_numpy_ndarrays()[0]
    np.testing.assert_allclose(flat(aggregate(Rule.FEDAVG, updates_of(rows(n)), 2500)), expected, atol=1e-6)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 8, 31, 32])
@pytest.mark.parametrize("mixing", [0, MIXING], ids=["plain", "mixing"])
@pytest.mark.parametrize("rule", [Rule.FEDAVG, Rule.MEDIAN, Rule.TRIMMED_MEAN])
def test_robust_rules_are_what_byzfl_computes(rule, mixing, n, updates_of, byzfl_aggregators):
    f = byzantine_count(n, 2500)
    oracle = {
        Rule.FEDAVG: byzfl_aggregators.Average(),
        Rule.MEDIAN: byzfl_aggregators.Median(),
        Rule.TRIMMED_MEAN: byzfl_aggregators.TrMean(f=f),
    }[rule]
    vectors = rows(n, seed=n).astype(np.float64)
    expected = oracle(byzfl_aggregators.NNM(f=f)(vectors) if mixing else vectors)
    np.testing.assert_allclose(
        flat(aggregate(rule + mixing, updates_of(rows(n, seed=n)), 2500)), expected, atol=1e-6
    )


@pytest.mark.parametrize(
    ("n", "bps", "f"),
    [
        (1, 4900, 0),
        (2, 4900, 0),
        (3, 4900, 1),
        (4, 0, 0),
        (4, 1, 1),
        (4, 2500, 1),
        (5, 2500, 2),
        (32, 4900, 15),
    ],
)
def test_a_rule_withstands_a_share_of_proposers_rounded_up_but_never_half(n, bps, f):
    assert byzantine_count(n, bps) == f


@pytest.mark.parametrize("rule", [Rule.MEDIAN, Rule.TRIMMED_MEAN, Rule.TRIMMED_MEAN + MIXING])
def test_one_enormous_update_does_not_move_the_candidate_far(rule, updates_of):
    honest = rows(4, spread=0.1)
    attacked = np.vstack([honest, [np.float32(1e30) * honest[0]]])
    change = flat(aggregate(rule, updates_of(attacked), 2000))
    assert np.abs(change - honest.mean(axis=0)).max() < 0.5


@given(st.permutations(range(7)))
def test_the_order_in_which_updates_arrive_does_not_matter(order):
    made = {seat: Update({"w": row}, bytes(32), 1) for seat, row in enumerate(rows(7))}
    shuffled = {seat: made[seat] for seat in order}
    for rule in (Rule.FEDAVG, Rule.TRIMMED_MEAN + MIXING):
        assert (aggregate(rule, shuffled, 2500)["w"] == aggregate(rule, made, 2500)["w"]).all()


def test_threads_and_processors_do_not_change_a_single_bit():
    settings = [
        {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
        {"OMP_NUM_THREADS": "4", "OPENBLAS_NUM_THREADS": "7", "MKL_NUM_THREADS": "4"},
        {"OPENBLAS_CORETYPE": "Prescott", "NPY_DISABLE_CPU_FEATURES": DISPATCHED},
        {"OPENBLAS_CORETYPE": "Haswell"},
    ]
    workers = [
        subprocess.Popen(
            [sys.executable, str(WORKER), str(1 + i)],
            env={**os.environ, **setting},
            stdout=subprocess.PIPE,
            text=True,
        )
        for i, setting in enumerate(settings)
    ]
    runs = [worker.communicate()[0] for worker in workers]
    assert [worker.returncode for worker in workers] == [0] * len(settings)
    assert len(runs[0].splitlines()) == 1 + 2 * len(Rule)
    assert len(set(runs)) == 1


def test_minus_zero_and_zero_give_one_digest(updates_of):
    for values in ([0.0, -0.0, 0.0], [-0.0, 0.0, -0.0]):
        change = aggregate(Rule.MEDIAN, updates_of([[value, 1.0] for value in values]), 0)
        assert not np.signbit(flat(change)).any()


def test_the_candidate_is_the_current_model_plus_the_change(updates_of):
    current = {"a": np.float32([1, 2]), "b": np.float32([3, 4])}
    moved = candidate(current, updates_of([[1, 1, 0, 0], [3, 1, 0, 2]]), Rule.FEDAVG, 0)
    assert flatten(moved).tolist() == [3, 3, 3, 5]
    assert moved["a"].dtype == np.float32


def test_doubles_move_by_floats_without_loss_and_constants_stay(updates_of):
    current = {
        "0": np.array([5, 6], np.int16),
        "a": np.float64([1, 2**53]),
        "ab": np.array(True),
        "b": np.float32([3, 4]),
        "c": np.array(40),
    }
    updates = updates_of([[2**-50, 2, 0, 0], [2**-50, 2, 0, 2]])
    moved = candidate(current, updates, Rule.FEDAVG, 0)
    assert moved["a"].tolist() == [1 + 2**-50, 2**53 + 2]
    assert {name: moved[name].tolist() for name in ("0", "ab", "c")} == {"0": [5, 6], "ab": True, "c": 40}
    assert spec_of(moved) == spec_of(current)
    assert encode_model(moved) == encode_model(apply_update(current, aggregate(Rule.FEDAVG, updates, 0)))


@given(
    st.lists(
        st.tuples(st.sampled_from([np.int64, np.bool_, np.float64, np.float16]), st.integers(0, 3)),
        min_size=1,
    )
)
def test_a_written_candidate_has_each_constant_in_its_place(arrays):
    current = {f"{place:02}": np.arange(size).astype(dtype) for place, (dtype, size) in enumerate(arrays)} | {
        "w": np.float32([1])
    }
    step = {name: np.ones_like(array, dtype_of_update(array.dtype)) for name, array in current.items()}
    updates = {3: Update(trained_part(step), bytes(32), 1)}
    written = []
    write_candidate(current, updates, Rule.FEDAVG, 0, written.append)
    assert b"".join(written) == encode_model(candidate(current, updates, Rule.FEDAVG, 0))


def test_a_candidate_that_overflows_is_refused():
    with pytest.raises(BadArrays, match="overflows F32"):
        apply_update({"a": np.float32([3e38])}, {"a": np.array([3e38])})


@pytest.mark.parametrize("rule", [-1, 7, 77, 127, 135, 256])
def test_a_rule_that_does_not_exist_is_refused(rule, updates_of):
    with pytest.raises(Refused, match=rf"Rule {rule} .* is unknown; it must be 0 to 6, or the same plus 128"):
        aggregate(rule, updates_of(rows(4)), 2500)


@pytest.mark.parametrize("bps", [-1, 4901, 10_000])
def test_a_share_that_no_rule_withstands_is_refused(bps, updates_of):
    with pytest.raises(Refused, match=rf"No rule tolerates {bps} Bps of the updates; choose 0 to 4900"):
        aggregate(Rule.TRIMMED_MEAN, updates_of(rows(4)), bps)


def test_no_updates_and_unlike_updates_are_refused(updates_of):
    with pytest.raises(BadArrays, match="no updates"):
        aggregate(Rule.FEDAVG, {}, 0)
    with pytest.raises(BadArrays, match="shape"):
        aggregate(Rule.FEDAVG, {**updates_of(rows(1, d=4)), **updates_of(rows(1, d=6), [1])}, 0)


def change_of(*values):
    return {"a": np.array(values[:1], np.float64), "b": np.array(values[1:], np.float64)}


def test_an_update_against_the_change_is_harmful_and_the_rest_is_rewarded(updates_of):
    updates = updates_of([[1, 0], [1, 0.1], [-1, 0], [1, -0.1]], seats=[0, 3, 5, 31])
    assert judge(updates, change_of(1, 0)) == UpdateJudgement(harmful=1 << 5, rewarded=1 | 1 << 3 | 1 << 31)


def test_a_right_angle_is_harmful_and_a_nearly_right_one_merely_unrewarded(updates_of):
    updates = updates_of([[1, 0], [0, 1], [0.04, 1], [0.06, 1]])
    assert judge(updates, change_of(1, 0)) == UpdateJudgement(harmful=0b0010, rewarded=0b1001)


def test_an_update_three_times_further_than_the_median_is_harmful(updates_of):
    near = [[1, 0.1], [1, -0.1], [1.1, 0]]
    assert judge(updates_of([*near, [1, 0.29]]), change_of(1, 0)).harmful == 0
    assert judge(updates_of([*near, [1, 0.31]]), change_of(1, 0)).harmful == 0b1000


def test_an_update_of_nothing_is_harmful(updates_of):
    assert judge(updates_of([[1, 0], [0, 0], [1, 0]]), change_of(1, 0)) == UpdateJudgement(0b010, 0b101)


def test_where_all_agree_all_are_rewarded(updates_of):
    assert judge(updates_of([[1, 2]] * 3), change_of(1, 2)) == UpdateJudgement(0, 0b111)
    assert judge(updates_of([[1, 2]]), change_of(1, 2)) == UpdateJudgement(0, 0b1)


def test_an_enormous_update_does_not_hide_the_others_from_judgement(updates_of):
    updates = updates_of([[1, 0.1], [1, -0.1], [-1, 0], [1e30, 0]])
    assert judge(updates, change_of(1, 0)).harmful == 0b1100


@given(st.integers(0, 2**32 - 1), st.integers(-60, 60))
def test_judgement_does_not_depend_on_the_unit(seed, power):
    def judged(unit):
        made = enumerate(rows(5, seed=seed) * np.float32(unit))
        updates = {seat: Update({"w": row}, bytes(32), 1) for seat, row in made}
        return judge(updates, aggregate(Rule.MEDIAN, updates, 0))

    assert judged(1.0) == judged(2.0**power)
