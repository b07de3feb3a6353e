"""Images and rows of tables: what class each is of, or what number belongs to it."""

from typing import ClassVar

import numpy as np

from flock.arena.scoring.artifact import Header
from flock.arena.scoring.evaluator import Evaluation, Submission, require_shapes
from flock.arena.scoring.evaluators.on_torch import TorchEvaluator
from flock.arena.scoring.run import Run
from flock.arena.scoring.sets import TableSet, table_in
from flock.arena.scoring.specifications import Conv, parse_classifier
from flock.arena.scoring.task import Metric, ScoringTask
from flock.errors import BadArrays, BadConfig

CLASSES = {"accuracy": Metric(higher_is_better=True, counts=True), "loss": Metric(higher_is_better=False)}


class ImageEvaluator(TorchEvaluator):
    """``accuracy``, or ``loss``: the mean cross-entropy in nats."""

    metrics = CLASSES

    def __init__(self, task: ScoringTask) -> None:
        super().__init__(task)
        self.model = parse_classifier(task.model)

    def require(self, header: Header) -> None:
        require_shapes(header, self.model.shapes)

    def evaluate(self, submission: Submission, examples: bytes, run: Run) -> Evaluation:
        from flock.arena.scoring.compute.losses import class_losses
        from flock.arena.scoring.compute.machine import Machine

        table, machine = self.table(examples), Machine(run)
        losses, correct = class_losses(self.model, machine.weights(submission.weights), table, machine)
        return Evaluation(float(correct.mean() if self.metric.counts else losses.mean()), losses)

    def table(self, examples: bytes) -> TableSet:
        """The set. Raises BadArrays if it is not one that this model can be judged by."""
        table = table_in(examples)
        width = int(np.prod(table.inputs.shape[1:]))
        wanted = int(np.prod(self.model.image)) if isinstance(self.model, Conv) else self.model.inputs
        if width != wanted:
            raise BadArrays(f"The examples have {width} inputs; the task's model takes {wanted}.")
        self.require_labels(table)
        return table

    def require_labels(self, table: TableSet) -> None:
        """Raises BadArrays unless the labels are classes that the model knows."""
        if (
            table.labels.dtype != np.int64
            or not 0 <= table.labels.min() <= table.labels.max() < self.model.outputs
        ):
            raise BadArrays(f"The labels are no classes from 0 to {self.model.outputs - 1}.")


class TabularEvaluator(ImageEvaluator):
    """As for images, or ``mse``: the mean squared error of one number, in squares of the target's unit."""

    metrics: ClassVar = {**CLASSES, "mse": Metric(higher_is_better=False)}

    def __init__(self, task: ScoringTask) -> None:
        super().__init__(task)
        if task.metric == "mse" and self.model.outputs != 1:
            raise BadConfig(f"The metric mse is of one output; the task's model has {self.model.outputs}.")

    def evaluate(self, submission: Submission, examples: bytes, run: Run) -> Evaluation:
        if self.task.metric != "mse":
            return super().evaluate(submission, examples, run)
        from flock.arena.scoring.compute.losses import squared_errors
        from flock.arena.scoring.compute.machine import Machine

        machine = Machine(run)
        weights = machine.weights(submission.weights)
        errors = squared_errors(self.model, weights, self.table(examples), machine)
        return Evaluation(float(errors.mean()), errors)

    def require_labels(self, table: TableSet) -> None:
        if self.task.metric != "mse":
            super().require_labels(table)
        elif table.labels.dtype != np.float32:
            raise BadArrays("The labels of a task with the metric mse are float32 targets.")
