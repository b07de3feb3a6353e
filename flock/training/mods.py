"""The mod that makes any Flower ClientApp a flock trainer and voter.

flock's messages name a duty: ``train.trainer`` or ``evaluate.voter``. They carry scalars only
(task, round, the address of the model …); model and update bytes travel through the blob store
alone. The mod hands a duty to the member's ``Duties``, together with a function that lets the app train
or evaluate, and replies with the scalars it gets back. The app needs no knowledge of flock: it gets
``train`` and ``evaluate`` messages as in any Flower run. Messages without a duty are passed on unchanged.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

from flwr.app import ConfigRecord, Context, Error, Message, RecordDict

from flock.errors import FlockError, Refused
from flock.log import logger
from flock.training.app import (
    ORDINARY,
    AppRunner,
    Config,
    EvalResult,
    Scalar,
    TrainResult,
    evaluate_with,
    train_with,
)
from flock.training.arrays import Arrays
from flock.training.calls import Call
from flock.training.evaluation import Evaluation

TRAINER = "train.trainer"
VOTER = "evaluate.voter"
DUTIES = (TRAINER, VOTER)
INSTRUCTION = "instruction"
RESULT = "result"
DUTY_FAILED = 200  # Flower's own error codes are below 100

Train = Callable[[Arrays, Config], TrainResult]
Evaluate = Callable[[Arrays, Config], EvalResult]
Acts = tuple[Train, Evaluate]
Mod = Callable[[Message, Context, Call], Message]
log = logger(part="duty")


class Duties(Protocol):
    """A member's duties when the coordinator's message arrives. Each may raise FlockError."""

    def propose(self, task: int, round: int, train: Train) -> Mapping[str, Scalar]:
        """Train from the current model and commit to the update; the reply names no bytes."""

    def vote(self, task: int, round: int, evaluate: Evaluate) -> Mapping[str, Scalar]:
        """Recompute the candidate, evaluate it, and commit to a vote."""


def runner_mod(duties: Duties, runner: AppRunner) -> Mod:
    """A Flower mod that performs flock's duties with ``runner``, in the Context of the node's unprompted ones."""
    return _mod(duties, lambda app, context: (runner.train, runner.evaluate))  # noqa: ARG005


def duty_mod(duties: Duties, name: str = "the ClientApp", evaluation: Evaluation = ORDINARY) -> Mod:
    """A Flower mod that performs flock's duties with the app it wraps, in the message's Context."""

    def acts(app: Call, context: Context) -> Acts:
        return (
            lambda arrays, config: train_with(app, context, arrays, config, name),
            lambda arrays, config: evaluate_with(app, context, arrays, config, name, evaluation),
        )

    return _mod(duties, acts)


def _mod(duties: Duties, acts: Callable[[Call, Context], Acts]) -> Mod:
    def mod(message: Message, context: Context, app: Call) -> Message:
        if message.metadata.message_type not in DUTIES:
            return app(message, context)
        try:
            result = _perform(duties, message, *acts(app, context))
        except FlockError as error:
            return _failed(message, str(error))
        except Exception as error:  # a duty that fails must not take the node down with it
            log.exception("duty_failed", type=message.metadata.message_type)
            return _failed(message, f"The duty failed unexpectedly: {error!r}.")
        return Message(RecordDict({RESULT: ConfigRecord(dict(result))}), reply_to=message)

    return mod


def with_mods(app: Call, mods: list[Mod]) -> Call:
    """``app`` wrapped in ``mods``, the first outermost, whether it was written with mods or not."""
    for mod in reversed(mods):
        app = _wrapped(mod, app)
    return app


def _wrapped(mod: Mod, app: Call) -> Call:
    return lambda message, context: mod(message, context, app)


def _perform(duties: Duties, message: Message, train: Train, evaluate: Evaluate) -> Config:
    kind = message.metadata.message_type
    task, number = _instruction(message)
    if kind == TRAINER:
        return duties.propose(task, number, train)
    return duties.vote(task, number, evaluate)


def _instruction(message: Message) -> tuple[int, int]:
    record: Mapping[str, object] = message.content.config_records.get(INSTRUCTION, {})
    task, number = record.get("task"), record.get("round")
    if not isinstance(task, int) or not isinstance(number, int):
        raise Refused(f"A {message.metadata.message_type} message must name its task and round as integers.")
    return task, number


def _failed(message: Message, sentence: str) -> Message:
    log.warning("duty_refused", type=message.metadata.message_type, reason=sentence)
    return Message(Error(DUTY_FAILED, sentence), reply_to=message)
