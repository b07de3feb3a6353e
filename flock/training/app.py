"""Running a Flower ClientApp as a plain function: arrays and config in, checked results out.

The app is any ``flwr.clientapp.ClientApp`` with ``@app.train()`` and ``@app.evaluate()``. It sees what a
stock Flower deployment would give it: a message with an ArrayRecord ``arrays`` and a ConfigRecord
``config``, and a Context with its node's and its run's configuration. It returns what Flower's own
strategies expect: an ArrayRecord and a MetricRecord with ``num-examples``, and for an evaluation a loss.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Self

import numpy as np
from flwr.app import Array as FlowerArray
from flwr.app import ArrayRecord, ConfigRecord, Context, MetricRecord, RecordDict

from flock.errors import BadArrays, Refused
from flock.training.app_settings import NODE_CONFIG, RUN_CONFIG, AppSettings
from flock.training.arrays import MAX_EXAMPLES, Arrays, trained_part
from flock.training.calls import Call, called
from flock.training.dtypes import BFLOAT16, FLOAT32, FLOAT64, TRAINED, Array, is_trained
from flock.training.evaluation import Evaluation
from flock.training.flower.messages import EXAMPLES_KEY, local_message
from flock.training.flower.names import in_order
from flock.training.privacy import Mechanism, taken_mechanism
from flock.training.schedules import Scalar as Scalar
from flock.training.tied_app import with_ties
from flock.training.ties import NO_TIES, Ties

Config = Mapping[str, Scalar]

MOST_NAMED = 4  # arrays that a mismatch names
ORDINARY = Evaluation()


@dataclass(frozen=True)
class TrainResult:
    """A trained model, the number of examples it saw, and whatever else the app reported.

    ``mechanism`` is how differential privacy was had, ``None`` if the app did not say that it was.
    """

    arrays: Arrays
    examples: int
    metrics: Mapping[str, float] = field(default_factory=dict)
    mechanism: Mechanism | None = None


@dataclass(frozen=True)
class EvalResult:
    """Loss (finite, lower is better) over ``examples`` held-out examples, and all metrics.

    The loss is what the task's votes go by: see ``Evaluation``.

    ``planned`` is the mechanism that the next training will use, if the app announces it.
    """

    loss: float
    examples: int
    metrics: Mapping[str, float] = field(default_factory=dict)
    planned: Mechanism | None = None


class AppRunner:
    """Calls one ClientApp, one message at a time (apps do not have to be thread-safe).

    ``call`` is the app itself, as a function of messages; ``ties`` are its names for arrays of the model beside the
    model's own. The Context, and with it ``context.state``, lives as long as the runner, as in a Flower run.
    Evaluations see that state only where the task is personalised.
    """

    def __init__(
        self,
        client_app: Call,
        node_config: Config | None = None,
        run_config: Config | None = None,
        name: str = "the ClientApp",
        evaluation: Evaluation = ORDINARY,
        ties: Ties = NO_TIES,
    ) -> None:
        self.name, self.evaluation, self.ties = name, evaluation, ties
        self.call = client_app
        self._app = with_ties(client_app, ties)
        self._lock = Lock()
        self._settings = AppSettings(node_config, NODE_CONFIG), AppSettings(run_config, RUN_CONFIG)
        node, run = self._settings
        self._context = Context(0, 0, node, RecordDict(), run)

    def apart(self) -> Self:
        """The same app and settings with a state of its own, for trying what must leave no trace."""
        return type(self)(self.call, *self._settings, self.name, self.evaluation, self.ties)

    def train(self, arrays: Arrays, config: Config) -> TrainResult:
        """Train from ``arrays``. Raises Refused or BadArrays naming the app if it fails or misbehaves."""
        with self._lock:
            self._follow(config)
            return train_with(self._app, self._context, arrays, config, self.name)

    def evaluate(self, arrays: Arrays, config: Config) -> EvalResult:
        """Evaluate ``arrays`` on the app's own data. Raises Refused naming the app, as ``train`` does."""
        with self._lock:
            self._follow(config)
            return evaluate_with(self._app, self._context, arrays, config, self.name, self.evaluation)

    def _follow(self, config: Config) -> None:
        """Let ``context.run_config`` have the round's own value of what changes with the round."""
        run = self._context.run_config
        run.update({name: value for name, value in config.items() if name in run})


def train_with(call: Call, context: Context, arrays: Arrays, config: Config, name: str) -> TrainResult:
    """Send a train message to ``call`` and check what comes back."""
    content = _ask(call, context, "train", arrays, config, name)
    metrics = _metrics(content, name, "train")
    mechanism = taken_mechanism(metrics, name, "train")
    return TrainResult(_trained(content, arrays, name), _examples(metrics, name, "train"), metrics, mechanism)


def evaluate_with(
    call: Call,
    context: Context,
    arrays: Arrays,
    config: Config,
    name: str,
    evaluation: Evaluation = ORDINARY,
) -> EvalResult:
    """Send an evaluate message to ``call`` and check what comes back."""
    seen = context if evaluation.personalised else _without_state(context)
    metrics = _metrics(_ask(call, seen, "evaluate", arrays, config, name), name, "evaluate")
    examples = _examples(metrics, name, "evaluate")
    planned = taken_mechanism(metrics, name, "evaluate")
    return EvalResult(evaluation.loss_of(metrics, name), examples, metrics, planned)


def _without_state(context: Context) -> Context:
    """What is evaluated is the model alone: a layer that the app kept to itself must not stand in for one of it."""
    return Context(context.run_id, context.node_id, context.node_config, RecordDict(), context.run_config)


def record_of(arrays: Arrays) -> ArrayRecord:
    """Arrays as Flower carries them.

    Flower names the arrays of a list "0", "1", …: such names keep their numeric order, so that an app
    which reads its model as a list gets it as it was. Flower knows no bfloat16: such arrays become float32. All
    others, the constants among them, have their own format.
    """
    return ArrayRecord({name: FlowerArray(_flower_array(arrays[name])) for name in in_order(arrays)})


def arrays_of(record: ArrayRecord, name: str = "the ClientApp") -> dict[str, Array]:
    """Flower's floating-point arrays as ours, in their own format if models have it, else float32.

    Raises BadArrays for any other.
    """
    arrays = {}
    for key, value in record.items():
        array = value.numpy()
        if not np.issubdtype(array.dtype, np.floating):
            raise BadArrays(
                f"Array {key!r} of {name} is {array.dtype}, but it is to be trained: return floating-point numbers. "
                "What cannot be averaged, such as trees as bytes, is no model for a task."
            )
        arrays[key] = array if array.dtype in TRAINED.values() else array.astype(FLOAT32)
    return arrays


def _flower_array(array: Array) -> Array:
    """A copy in a format that Flower supports."""
    return np.array(array, FLOAT32 if array.dtype == BFLOAT16 else array.dtype)


def _ask(call: Call, context: Context, kind: str, arrays: Arrays, config: Config, name: str) -> RecordDict:
    content = RecordDict({"arrays": record_of(arrays), "config": ConfigRecord(dict(config))})
    message = local_message(content, kind, context, str(config.get("server-round", "")))
    reply = called(call, message, context, name)
    if reply.has_error():
        raise Refused(f"{name} failed to {kind}: {reply.error.reason}.")
    return reply.content


def _trained(content: RecordDict, base: Arrays, name: str) -> dict[str, Array]:
    records = list(content.array_records.values())
    if len(records) != 1:
        raise Refused(f"{name} returned {len(records)} ArrayRecords from train; it must return one.")
    trained = trained_part(base)
    arrays = arrays_of(_without_constants(records[0], base), name)
    if differing := list(_differing(arrays, trained)):
        raise BadArrays(
            f"{name} returned other arrays from train than it was given: {shortly(differing)}. Return each array "
            "of the model, under its name and in its shape."
        )
    arrays = {key: _narrowed(array, trained[key]) for key, array in arrays.items()}
    for key, array in arrays.items():
        if not np.isfinite(array).all():
            raise BadArrays(f"{name} trained array {key!r} to NaN or infinity; lower its learning rate.")
    return arrays


def _without_constants(record: ArrayRecord, base: Arrays) -> ArrayRecord:
    """``record`` without the model's constants, and without counters that the model lacks, e.g. BatchNorm's."""
    return ArrayRecord({key: value for key, value in record.items() if not _is_constant(key, value, base)})


def _is_constant(key: str, value: FlowerArray, base: Arrays) -> bool:
    return not is_trained(base[key].dtype) if key in base else value.numpy().dtype.kind in "iub"


def _narrowed(array: Array, like: Array) -> Array:
    """No wider than an update can be computed from."""
    if array.dtype != FLOAT64 or like.dtype == FLOAT64:
        return array
    with np.errstate(over="ignore"):  # infinity is said to be trained
        return array.astype(FLOAT32)


def _differing(returned: Arrays, given: Arrays) -> Iterator[str]:
    for key in sorted(given.keys() | returned.keys()):
        if key not in returned:
            yield f"{key!r} is missing"
        elif key not in given:
            yield f"{key!r} is not of the model"
        elif returned[key].shape != given[key].shape:
            yield f"{key!r} is {returned[key].shape}, not {given[key].shape}"


def shortly(parts: Sequence[str]) -> str:
    """``parts`` in words, and how many more there are than are named."""
    shown = "; ".join(parts[:MOST_NAMED])
    return f"{shown}; and {len(parts) - MOST_NAMED} more" if len(parts) > MOST_NAMED else shown


def _metrics(content: RecordDict, name: str, kind: str) -> dict[str, float]:
    records: list[MetricRecord] = list(content.metric_records.values())
    if not records:
        raise Refused(f"{name} returned no MetricRecord from {kind}; it needs {EXAMPLES_KEY!r} at least.")
    return {
        key: float(value)
        for record in records
        for key, value in record.items()
        if isinstance(value, int | float)
    }


def _examples(metrics: dict[str, float], name: str, kind: str) -> int:
    """Takes the example count out of ``metrics``."""
    count = metrics.pop(EXAMPLES_KEY, None)
    if count is None:
        raise Refused(f"{name} reported no {EXAMPLES_KEY!r} from {kind}; put it into the reply's metrics.")
    if count == 0:
        raise Refused(
            f"{name} found no examples to {kind} on: a member without data cannot take part. See what its "
            "app_config points to."
        )
    if not (math.isfinite(count) and 1 <= count <= MAX_EXAMPLES and count == int(count)):
        raise Refused(f"{name} reported {count} examples from {kind}; it must be a whole number ≥ 1.")
    return int(count)
