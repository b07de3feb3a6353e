"""How much an honest score scatters, and the tolerance that follows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flock.arena.recipes.training import Effort, Material, train
from flock.arena.scoring.calibration import VARIANTS, calibrate, calibration_of, deviation
from flock.arena.scoring.results import Scored
from flock.arena.scoring.run import Run
from flock.arena.scoring.scorer import Job
from flock.errors import Refused
from flock.protocol.core.cid import digest_of
from tests.arena.conftest import MLP, table_of, task_of

RUNS = (Run(device="cpu", batch=64), Run(device="cpu", batch=7, precision="bfloat16"))


def job(examples: int = 50) -> Job:
    task = task_of("tabular", MLP, "loss")
    artifact = train(task, Material(table_of(200).encoded()), Effort(30, run=RUNS[0]))
    hidden = table_of(examples, 1).encoded()
    return Job(artifact, hidden, digest_of(hidden))


def test_the_tolerance_is_three_sigma_of_what_machines_differ_in() -> None:
    found = calibrate(task_of("tabular", MLP, "loss"), job(), RUNS, repeats=1)
    exact, coarse = (found.scores[run][0] for run in RUNS)
    assert exact != coarse
    assert found.sigma == deviation([exact, coarse])
    assert found.tolerance == 3 * found.sigma
    assert found.loss_tolerance == 3 * found.loss_sigma > found.tolerance


def test_equal_runs_agree_to_the_bit_whatever_process_they_are_in() -> None:
    found = calibrate(task_of("tabular", MLP, "loss"), job(), RUNS[:1], repeats=2)
    assert len(set(found.scores[RUNS[0]])) == 1
    assert (found.sigma, found.loss_sigma, found.tolerance) == (0, 0, 1)


def test_a_metric_that_counts_tolerates_one_example() -> None:
    """On another machine one that lies between two classes falls to the other side."""
    result = Scored(900_000, (1,) * 30)
    found = calibration_of({RUNS[0]: [result, result]}, counts=True)
    assert (found.sigma, found.tolerance) == (0, 33_334)


def test_one_score_tells_nothing() -> None:
    with pytest.raises(Refused, match="does not scatter"):
        calibrate(task_of("tabular", MLP, "loss"), job(), RUNS[:1], repeats=1)


def test_what_fails_calibrates_nothing() -> None:
    hidden = table_of(3).encoded()
    with pytest.raises(Refused, match="cannot be calibrated with, since it failed: The file has 3 bytes"):
        calibrate(task_of("tabular", MLP, "loss"), Job(b"bad", hidden, digest_of(hidden)), RUNS)


def test_runs_differ_in_threads_batches_and_precision() -> None:
    assert len(set(VARIANTS)) == len(VARIANTS)
    for name in ("threads", "batch", "precision"):
        assert len({getattr(run, name) for run in VARIANTS}) > 1


@pytest.mark.parametrize(
    ("values", "sigma"),
    [([5, 5, 5], 0), ([0, 2], 2), ([1, 2, 3], 1), ([0, 10], 8), ([10**12, 10**12 + 10], 8)],
)
def test_a_deviation_is_rounded_up(values: list[int], sigma: int) -> None:
    assert deviation(values) == sigma


@given(st.lists(st.integers(0, 10**9), min_size=2, max_size=20), st.integers(0, 10**9))
def test_a_deviation_does_not_depend_on_where_the_values_are(values: list[int], shift: int) -> None:
    assert deviation(values) == deviation([value + shift for value in values])
