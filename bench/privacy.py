"""What differential privacy costs in quality: ε of the member that proposed most, and AUC, for some noises.

Members of NMES1988 (natural regions) and breast cancer (IID) train the built-in apps from the task's start,
half of them drawn each round, averaged by examples. The AUC is over what all members held out. Noise is
fresh each time: figures are means of three runs. ``python -m bench privacy`` prints the table of
docs/privacy.md; the rival is the same training without noise.
"""

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.result import Result
from flock.training.app import AppRunner, Config
from flock.training.apps import PROBLEMS
from flock.training.arrays import Arrays
from flock.training.baseline import fedavg
from flock.training.loading import load_app
from flock.training.privacy import DEFAULT_DELTA, MICRO, Mechanism, added, total

RUNS = 3
NOISES = (0.0, 0.5, 1.0, 2.0, 4.0)


@dataclass(frozen=True)
class Setting:
    """``members`` share data set ``problem``; ``config`` is the task's word to every app."""

    problem: str
    members: int
    rounds: int
    config: Config


SETTINGS = (
    Setting("nmes1988", 8, 20, {"local-epochs": 1}),
    Setting("nmes1988", 8, 60, {"local-epochs": 1}),
    Setting("nmes1988", 8, 20, {"local-epochs": 5}),
    Setting("breast_cancer", 4, 20, {"local-epochs": 1, "lr": 0.05}),
    Setting("breast_cancer", 4, 60, {"local-epochs": 1, "lr": 0.05}),
)


def measure() -> Sequence[Result]:
    """One result for each data set: the AUC at σ = 1 in its first setting."""
    print("| data set | members | epochs | rounds | σ | ε at δ = 10⁻⁵ | AUC |\n|---|---|---|---|---|---|---|")
    results: dict[str, Result] = {}
    for setting in SETTINGS:
        reached = {}
        for noise in NOISES:
            reached[noise] = statistics.mean(_auc(setting, noise, run) for run in range(RUNS))
            print(_row(setting, noise, reached[noise]), flush=True)
        results.setdefault(
            setting.problem,
            Result(f"privacy-{setting.problem}", reached[1.0], reached[0.0], "without noise", "AUC"),
        )
    return list(results.values())


def _row(setting: Setting, noise: float, auc: float) -> str:
    spent = f"{_epsilon(setting, noise):.1f}" if noise else "∞"
    return (
        f"| {setting.problem} | {setting.members} | {setting.config['local-epochs']} | {setting.rounds} "
        f"| {noise or 'off'} | {spent} | {auc:.3f} |"
    )


def _auc(setting: Setting, noise: float, run: int) -> float:
    problem = PROBLEMS[setting.problem]
    members = _members(setting, noise)
    *_, last = fedavg(members, problem.initial_arrays(), _drawn(setting, run), setting.config)
    return problem.evaluate(last, problem.all_held_out(setting.members))["auc"]


def _epsilon(setting: Setting, noise: float) -> float:
    """The largest ε of any member in the first run."""
    times = Counter(member for drawn in _drawn(setting, 0) for member in drawn)
    start = PROBLEMS[setting.problem].initial_arrays()
    return max(_spent(runner, start, setting, times[i]) for i, runner in enumerate(_members(setting, noise)))


def _spent(runner: AppRunner, start: Arrays, setting: Setting, updates: int) -> float:
    planned = runner.evaluate(start, setting.config).planned
    assert planned is not None
    mechanisms: tuple[Mechanism, ...] = ()
    for _ in range(updates):
        mechanisms = added(mechanisms, planned)
    privacy = total(mechanisms)
    assert privacy is not None
    return privacy.epsilon_micro / MICRO


def _members(setting: Setting, noise: float) -> list[AppRunner]:
    app = load_app(f"flock.training.apps:{setting.problem}")
    protection = {"dp-noise-multiplier": noise, "dp-delta": DEFAULT_DELTA} if noise else {}
    return [
        AppRunner(app, {"partition-id": member, "num-partitions": setting.members, **protection})
        for member in range(setting.members)
    ]


def _drawn(setting: Setting, run: int) -> list[Sequence[int]]:
    rng = np.random.default_rng(run)
    return [rng.permutation(setting.members)[: setting.members // 2].tolist() for _ in range(setting.rounds)]
