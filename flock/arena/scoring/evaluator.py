"""What a kind of task brings: an evaluator, built in or from an installed package.

A package adds a kind of its own by an entry point of the group ``flock.arena.evaluators`` whose name is the kind and
whose object is a subclass of ``Evaluator``. Its ``evaluate`` runs where those of the built-in kinds do: in a worker,
with the task's limits, on weights that were checked.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from flock.arena.scoring.artifact import Header, Weights
from flock.arena.scoring.rejection import Rejected
from flock.arena.scoring.run import Run
from flock.arena.scoring.specifications import Shapes
from flock.arena.scoring.task import Metric, ScoringTask
from flock.errors import BadConfig
from flock.protocol.arena.scores import Failure

GROUP = "flock.arena.evaluators"
BUILT_IN = {
    "image-classification": "classification:ImageEvaluator",
    "tabular": "classification:TabularEvaluator",
    "language-model": "language:LanguageEvaluator",
    "lora": "language:LoraEvaluator",
    "multiple-choice": "multiple_choice:ChoiceEvaluator",
}


@dataclass(frozen=True)
class Submission:
    """Checked: ``header`` and ``weights`` of the artifact, and the ``bases`` that came along, by digest in hex."""

    header: Header
    weights: Weights
    bases: Mapping[str, Weights] = field(default_factory=dict)


@dataclass(frozen=True)
class Evaluation:
    """In the metric's unit; ``losses`` (n,) by example, lower is better whatever the metric."""

    score: float
    losses: NDArray[np.float64]


class Evaluator(ABC):
    """Scores submissions to one task. Raises BadConfig for a task that it cannot judge."""

    metrics: ClassVar[Mapping[str, Metric]]

    def __init__(self, task: ScoringTask) -> None:
        if task.metric not in self.metrics:
            raise BadConfig(
                f"A task of kind {task.kind!r} has no metric {task.metric!r}; choose {', '.join(self.metrics)}."
            )
        self.task = task

    @property
    def metric(self) -> Metric:
        """That of the task."""
        return self.metrics[self.task.metric]

    def prepare(self, run: Run) -> Run:
        """Called once in the worker, before it evaluates: sets how it computes; ``run``, with what was left open."""
        return run

    def probe(self, run: Run) -> None:  # noqa: B027 - a kind that needs no more than a process has nothing to try
        """Called in a new worker when an evaluation has ended one: raises anything if this machine cannot compute."""

    @abstractmethod
    def require(self, header: Header) -> None:
        """Raises Rejected unless weights of this header can be a submission. Needs neither their bytes nor torch."""

    def base_of(self, header: Header) -> str | None:  # noqa: ARG002 - for those that have bases
        """The base that the submission adapts, by digest in hex; None without one. Raises Rejected."""
        return None

    def shapes_of_base(self, digest: str) -> Shapes:
        """What the base with this digest consists of. Raises BadConfig if the task has none."""
        raise BadConfig(
            f"A task of kind {self.task.kind!r} has no base models, so none with digest {digest}."
        )

    @abstractmethod
    def evaluate(self, submission: Submission, examples: bytes, run: Run) -> Evaluation:
        """Score it on ``examples``, the canonical bytes of a set. Called in the worker; Rejected is its failure."""


def evaluator_of(task: ScoringTask) -> Evaluator:
    """The evaluator of the task's kind. Raises BadConfig if there is none, or it cannot judge the task."""
    if task.kind in BUILT_IN:
        module, _, name = BUILT_IN[task.kind].partition(":")
        found = getattr(import_module(f"flock.arena.scoring.evaluators.{module}"), name)
    else:
        found = _installed(task.kind)
    evaluator: Evaluator = found(task)
    return evaluator


def kinds() -> tuple[str, ...]:
    """Of tasks that can be judged here; those of installed packages last."""
    return (*BUILT_IN, *(point.name for point in entry_points(group=GROUP) if point.name not in BUILT_IN))


def require_shapes(header: Header, wanted: Shapes) -> None:
    """Raises Rejected, as MALFORMED, unless the tensors are those named, of these shapes."""
    if missing := sorted(wanted.keys() - header.tensors.keys()):
        raise Rejected(Failure.MALFORMED, f"Tensor {missing[0]!r} of the task's model is missing.")
    if extra := sorted(header.tensors.keys() - wanted.keys()):
        raise Rejected(Failure.MALFORMED, f"Tensor {extra[0]!r} is not part of the task's model.")
    for name, shape in header.shapes.items():
        if shape != wanted[name]:
            raise Rejected(
                Failure.MALFORMED,
                f"Tensor {name!r} has the shape {shape}; the task's model has {wanted[name]}.",
            )


def _installed(kind: str) -> type[Evaluator]:
    points = tuple(entry_points(group=GROUP, name=kind))
    if not points:
        raise BadConfig(
            f"There is no evaluator for tasks of kind {kind!r}; there are {', '.join(kinds())}. A package "
            f"adds one by an entry point of {GROUP}."
        )
    found = _loaded(points[0])
    if not (isinstance(found, type) and issubclass(found, Evaluator)):
        raise BadConfig(f"The evaluator {points[0].value} of kind {kind!r} is no {Evaluator.__qualname__}.")
    return found


def _loaded(point: EntryPoint) -> object:
    try:
        return point.load()
    except Exception as error:  # importing it runs its code, which may raise anything
        raise BadConfig(
            f"The evaluator {point.value} of kind {point.name!r} cannot be loaded: {type(error).__name__}: {error}."
        ) from error
