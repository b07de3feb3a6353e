"""An app's whole work in a round, tried on a model before anything is staked on it."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from flock.errors import BadArrays, Refused, WorkerEnded
from flock.training.app import AppRunner, Config, EvalResult, TrainResult, shortly
from flock.training.arrays import Arrays
from flock.training.heeding import unheeded

SHARE_OF_PHASE = (
    0.4  # of a phase; the rest is for the network, the chain, and a coordinator that does not call
)

Result = TypeVar("Result")


@dataclass(frozen=True)
class Phases:
    """The seconds that a task has for training and for voting, which takes two evaluations."""

    propose_seconds: int
    commit_seconds: int

    def is_slow_training(self, seconds: float) -> bool:
        return seconds > SHARE_OF_PHASE * self.propose_seconds

    def is_slow_evaluation(self, seconds: float) -> bool:
        return 2 * seconds > SHARE_OF_PHASE * self.commit_seconds


@dataclass(frozen=True)
class Rehearsal:
    """What the app made of the model, and how long that took.

    ``slowness`` says in a sentence which of it leaves too little of its phase; empty if nothing does.
    """

    trained: TrainResult
    evaluated: EvalResult
    train_seconds: float
    evaluate_seconds: float
    slowness: str


def rehearsed_round(current: int) -> int:
    """The round that a rehearsal pretends to be in: the task's own, 1 before its first. Apps know no round 0."""
    return max(current, 1)


def rehearse(app: AppRunner, model: Arrays, config: Config, phases: Phases) -> Rehearsal:
    """Evaluate ``model`` and train from it, with a state apart from the app's own, and see what its loss depends on.

    What is too slow is measured again: the first time, much of it is imports and reading the data.

    Raises Refused or BadArrays naming the app if it fails or returns what no round could use.
    """
    trial = app.apart()
    evaluated, evaluating = _evaluated(trial, model, config, phases)
    trained, training = _timed(lambda: trial.train(model, config), phases.is_slow_training)
    _require_heed(trial, {**model, **trained.arrays}, config, evaluating)
    return Rehearsal(trained, evaluated, training, evaluating, _slowness(training, evaluating, phases))


def _evaluated(trial: AppRunner, model: Arrays, config: Config, phases: Phases) -> tuple[EvalResult, float]:
    try:
        return _timed(lambda: trial.evaluate(model, config), phases.is_slow_evaluation)
    except WorkerEnded:
        raise
    except Refused:
        _require_arrays(trial, model, config)
        raise


def _require_arrays(trial: AppRunner, model: Arrays, config: Config) -> None:
    """Raises BadArrays if the app trains another model: that says more than how its evaluation failed.

    It is asked as in round 1: an app whose model is no arrays can read none from round 2 on.
    """
    try:
        trial.train(model, {**config, "server-round": 1})
    except BadArrays:
        raise
    except Refused:
        return


def _require_heed(trial: AppRunner, model: Arrays, config: Config, seconds: float) -> None:
    """``trial`` has trained, and may have kept something of it."""

    def loss(changed: Arrays) -> Sequence[float]:
        found = trial.evaluate(changed, config)
        return found.loss, *(found.metrics.values() if trial.evaluation.metric else ())

    names = unheeded(model, loss, seconds)
    if tied := [f"{name!r} to {twin!r}" for name in names for twin in _twins(model, name)]:
        raise Refused(
            f"{trial.name} ties {shortly(tied)}: it loads both and uses the one, so its vote would let the other be "
            "poisoned. Keep one of them in the model, and name the other in the metadata's `tied`."
        )
    if names:
        raise Refused(
            f"{trial.name} evaluates without {shortly([repr(name) for name in names])}: its {trial.evaluation.word} "
            "is the same whatever they are, so its vote would let them be poisoned. Evaluate the arrays of the "
            "message, or leave those that members keep to themselves out of the model."
        )


def _twins(model: Arrays, name: str) -> Iterator[str]:
    """The arrays of a trained ``model`` that are the same numbers; one number alone says nothing."""
    array = model[name]
    if array.size and (array != array.flat[0]).any():
        yield from (other for other in model if other != name and np.array_equal(model[other], array))


def _timed(act: Callable[[], Result], is_slow: Callable[[float], bool]) -> tuple[Result, float]:
    result, seconds = _once(act)
    return _once(act) if is_slow(seconds) else (result, seconds)


def _once(act: Callable[[], Result]) -> tuple[Result, float]:
    begun = time.monotonic()
    return act(), time.monotonic() - begun


def _slowness(training: float, evaluating: float, phases: Phases) -> str:
    if phases.is_slow_training(training):
        return f"Training takes {training:.1f} s, and the phase for it is {phases.propose_seconds} s."
    if phases.is_slow_evaluation(evaluating):
        return (
            f"A vote takes two evaluations of {evaluating:.1f} s each, and the phase for it is "
            f"{phases.commit_seconds} s."
        )
    return ""
