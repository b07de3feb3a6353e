"""How good a model is on what all members hold out together, and what plain FedAvg would have reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flock.devnet.tasks import DemoTask
from flock.training.app import AppRunner
from flock.training.arrays import Arrays
from flock.training.baseline import fedavg
from flock.training.loading import load_app


@dataclass(frozen=True)
class Quality:
    """Loss, accuracy, and for two classes the AUC."""

    loss: float
    accuracy: float
    auc: float | None

    @property
    def score(self) -> float:
        """The AUC where there is one, else the accuracy."""
        return self.accuracy if self.auc is None else self.auc


class Evaluator:
    """Looks at models from outside, with every member's held-out data, which no member has; has no say."""

    def __init__(self, task: DemoTask, members: int) -> None:
        self._task = task
        self._members = members
        self._table = task.problem.all_held_out(members)

    def quality(self, model: Arrays) -> Quality:
        measured = self._task.problem.evaluate(model, self._table)
        return Quality(measured["loss"], measured["accuracy"], measured.get("auc"))

    def fedavg(self, drawn: Sequence[Sequence[int]]) -> list[Quality]:
        """Plain FedAvg without attackers, with these members training in each round."""
        problem = self._task.problem
        app = load_app(self._task.app())
        runners = [
            AppRunner(app, {"partition-id": member, "num-partitions": self._members})
            for member in range(self._members)
        ]
        return [self.quality(model) for model in fedavg(runners, problem.initial_arrays(), drawn, {})]
