"""How good a model is on the held-out data of all honest members, and what plain FedAvg would have reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from flock.training.app import AppRunner, Config, load_app
from flock.training.arrays import DTYPE, Arrays


@dataclass(frozen=True)
class Quality:
    """Loss and score (AUC or accuracy), averaged over members by their number of held-out examples."""

    loss: float
    score: float


class Jury:
    """All members' apps in this process, to look at a model from the outside; it takes no part in the task."""

    def __init__(self, app: str, partitions: Sequence[Config], score: str, config: Config) -> None:
        self._runners = [AppRunner(load_app(app), partition, name=app) for partition in partitions]
        self._score = score
        self._config = config

    def quality(self, model: Arrays) -> Quality:
        """``model`` on every member's held-out data."""
        results = [runner.evaluate(model, self._config) for runner in self._runners]
        examples = sum(result.examples for result in results)
        loss = sum(result.loss * result.examples for result in results) / examples
        score = sum(result.metrics[self._score] * result.examples for result in results) / examples
        return Quality(loss, score)

    def fedavg(self, model: Arrays, drawn: Sequence[Sequence[int]]) -> Quality:
        """Best quality of plain federated averaging by examples, training the members in ``drawn`` round by round."""
        best = self.quality(model)
        for members in drawn:
            results = [self._runners[member].train(model, self._config) for member in members]
            total = sum(result.examples for result in results)
            model = {
                name: np.asarray(sum(r.arrays[name].astype(np.float64) * (r.examples / total) for r in results), DTYPE)
                for name in model
            }
            found = self.quality(model)
            best = found if found.score > best.score else best
        return best
