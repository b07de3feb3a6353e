"""How good a model is on what all members hold out together, and what plain FedAvg would have reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from flock.cli.demo.tasks import DemoTask
from flock.training.app import AppRunner, load_app
from flock.training.arrays import DTYPE, Arrays


@dataclass(frozen=True)
class Quality:
    """Loss, and the task's score: AUC or accuracy."""

    loss: float
    score: float


class Jury:
    """Looks at models from outside, with every member's held-out data, which no member has; has no say."""

    def __init__(self, task: DemoTask, members: int) -> None:
        self._task = task
        self._members = members
        self._table = task.problem.all_held_out(members)

    def quality(self, model: Arrays) -> Quality:
        measured = self._task.problem.evaluate(model, self._table)
        return Quality(measured["loss"], measured[self._task.score])

    def fedavg(self, drawn: Sequence[Sequence[int]]) -> list[Quality]:
        """Plain FedAvg (McMahan et al. 2017) without attackers, with these members training in each round."""
        model: Arrays = self._task.problem.initial_arrays()
        found = []
        for number, members in enumerate(drawn, start=1):
            results = [self._runner(member).train(model, {"server-round": number}) for member in members]
            total = sum(result.examples for result in results)
            model = {
                name: np.asarray(
                    sum(
                        result.arrays[name].astype(np.float64) * (result.examples / total)
                        for result in results
                    ),
                    DTYPE,
                )
                for name in model
            }
            found.append(self.quality(model))
        return found

    def _runner(self, member: int) -> AppRunner:
        return AppRunner(
            load_app(self._task.app()), {"partition-id": member, "num-partitions": self._members}
        )
