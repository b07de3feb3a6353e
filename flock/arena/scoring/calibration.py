"""How much an honest score scatters between machines: a task's tolerance T has to be above that.

One submission is scored over and over by ways of computing that machines differ in: threads, examples at a time,
precision. At T = σ one median in six would be called wrong (issue *Arena*, simulated), at 3 σ one in three hundred.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt

from flock.arena.scoring.evaluator import evaluator_of
from flock.arena.scoring.results import MILLION, Failed, Scored
from flock.arena.scoring.run import Run
from flock.arena.scoring.scorer import Job, Scorer
from flock.arena.scoring.task import ScoringTask
from flock.errors import Refused

SIGMAS = 3
VARIANTS = (
    Run(threads=1, batch=64),
    Run(threads=2, batch=64),
    Run(threads=1, batch=1),
    Run(threads=1, batch=17),
    Run(threads=1, batch=256),
    Run(threads=1, batch=64, precision="float64"),
    Run(threads=1, batch=64, precision="bfloat16"),
)
"""The last one is the coarsest that a validator may sensibly compute with."""


@dataclass(frozen=True)
class Calibration:
    """All in millionths of the metric's unit. ``scores`` are by run, each as often as it was repeated.

    ``sigma`` is the standard deviation of all scores, ``loss_sigma`` the largest one of an example's loss, both
    rounded up. ``tolerance`` and ``loss_tolerance`` are the least that suit them; a metric that counts examples has a
    tolerance of one example at least.
    """

    scores: Mapping[Run, Sequence[int]]
    sigma: int
    tolerance: int
    loss_sigma: int
    loss_tolerance: int


def calibrate(task: ScoringTask, job: Job, runs: Iterable[Run] = VARIANTS, repeats: int = 2) -> Calibration:
    """Score ``job`` by each of ``runs``, ``repeats`` times in processes of their own.

    Raises Refused if a run fails, or they are fewer than two scores; and as ``Scorer.score`` does.
    """
    counts = evaluator_of(task).metric.counts
    chosen = [run for run in runs for _ in range(repeats)]
    if len(chosen) < 2:
        raise Refused("One score alone does not scatter: name two runs, or repeat one.")
    results: dict[Run, list[Scored]] = {}
    for run in chosen:
        results.setdefault(run, []).append(_scored(task, job, run))
    return calibration_of(results, counts)


def calibration_of(results: Mapping[Run, Sequence[Scored]], counts: bool) -> Calibration:
    """What two scores or more of one submission tell; ``counts`` says whether the metric counts examples."""
    every = [result for of_one in results.values() for result in of_one]
    sigma = deviation([result.score for result in every])
    loss_sigma = max(map(deviation, zip(*(result.losses for result in every), strict=True)))
    least = -(-MILLION // len(every[0].losses)) if counts else 1
    return Calibration(
        {run: [result.score for result in of_one] for run, of_one in results.items()},
        sigma,
        max(SIGMAS * sigma, least),
        loss_sigma,
        max(SIGMAS * loss_sigma, 1),
    )


def deviation(values: Sequence[int]) -> int:
    """The standard deviation of two values or more (with n − 1), rounded up."""
    count = len(values)
    spread = count * sum(value * value for value in values) - sum(values) ** 2
    variance = Fraction(spread, count * (count - 1))
    root = isqrt(variance.numerator // variance.denominator)
    return root if Fraction(root * root) == variance else root + 1


def _scored(task: ScoringTask, job: Job, run: Run) -> Scored:
    with Scorer(task, run) as scorer:
        result = scorer.score(job)
    if isinstance(result, Failed):
        raise Refused(f"The submission cannot be calibrated with, since it failed: {result.reason}")
    return result
