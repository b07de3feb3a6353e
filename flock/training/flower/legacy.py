"""Apps of Flower's older API, ``ClientApp(client_fn=…)``, behind the messages of the newer one.

Their clients (``NumPyClient``, ``Client``) know a model as a list of arrays: they get the arrays in the order
of ``record_of``, and what they return is named in that order again.
"""

from flwr.app import Array, ArrayRecord, ConfigRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from flwr.clientapp.typing import ClientAppCallable
from flwr.compat.common.parameter import parameters_to_ndarrays
from flwr.compat.common.recorddict_compat import (
    arrayrecord_to_parameters,
    evaluateins_to_recorddict,
    fitins_to_recorddict,
    recorddict_to_evaluateres,
    recorddict_to_fitres,
)
from flwr.compat.common.typing import Code, EvaluateIns, EvaluateRes, FitIns, FitRes

from flock.errors import BadArrays, Refused
from flock.training.flower.client_apps import has_client_fn
from flock.training.flower.messages import EXAMPLES_KEY, local_message
from flock.training.flower.names import is_list

TRAIN, EVALUATE = "train", "evaluate"
ORDER = (
    "a client of Flower's older API gets the model as a list, in the order of the arrays' names: if it wants another "
    'order, the task\'s first model has to be saved as a list, "0", "1" and so on'
)
OF_A_CLIENT = {
    Code.FIT_NOT_IMPLEMENTED: "has no `fit`; a member trains, so add one",
    Code.EVALUATE_NOT_IMPLEMENTED: "has no `evaluate`; add one, or name an app that has one as `judge`",
}


def translated(app: ClientApp) -> ClientAppCallable:
    """``app`` for messages of the newer API: as it is, unless it has a ``client_fn``."""
    return _translated(app) if has_client_fn(app) else app


def _translated(app: ClientAppCallable) -> ClientAppCallable:
    """``app`` for messages that carry ``arrays`` and ``config``; others reach it as they are."""

    def call(message: Message, context: Context) -> Message:
        kind, content = message.metadata.message_type, message.content
        if kind not in (TRAIN, EVALUATE) or "arrays" not in content.array_records:
            return app(message, context)
        asked = local_message(_instruction(kind, content), kind, context, message.metadata.group_id)
        reply = _asked(app, asked, context, content)
        if reply.has_error():
            return Message(reply.error, reply_to=message)
        if kind == TRAIN:
            answer = _trained(recorddict_to_fitres(reply.content, keep_input=True), content)
        else:
            answer = _evaluated(recorddict_to_evaluateres(reply.content))
        return Message(answer, reply_to=message)

    return call


def _asked(app: ClientAppCallable, message: Message, context: Context, content: RecordDict) -> Message:
    try:
        return app(message, context)
    except Exception as error:
        if not is_list(content.array_records["arrays"]):
            error.add_note(ORDER)
        raise


def _instruction(kind: str, content: RecordDict) -> RecordDict:
    parameters = arrayrecord_to_parameters(content.array_records["arrays"], keep_input=True)
    given = content.config_records.get("config", ConfigRecord())
    config = {key: value for key, value in given.items() if not isinstance(value, list)}
    if kind == TRAIN:
        return fitins_to_recorddict(FitIns(parameters, config), keep_input=True)
    return evaluateins_to_recorddict(EvaluateIns(parameters, config), keep_input=True)


def _trained(result: FitRes, content: RecordDict) -> RecordDict:
    _require_success(result)
    names = list(content.array_records["arrays"])
    arrays = parameters_to_ndarrays(result.parameters)
    if len(arrays) != len(names):
        raise BadArrays(
            f"The app's fit returned {len(arrays)} arrays, but the model has {len(names)}: return the list that "
            "it received, trained."
        )
    named = {name: Array(array) for name, array in zip(names, arrays, strict=True)}
    metrics = MetricRecord({**_numbers(result), EXAMPLES_KEY: result.num_examples})
    return RecordDict({"arrays": ArrayRecord(named), "metrics": metrics})


def _evaluated(result: EvaluateRes) -> RecordDict:
    _require_success(result)
    metrics = MetricRecord(
        {**_numbers(result), "loss": float(result.loss), EXAMPLES_KEY: result.num_examples}
    )
    return RecordDict({"metrics": metrics})


def _require_success(result: FitRes | EvaluateRes) -> None:
    if result.status.code is not Code.OK:
        answered = f"answered {result.status.code.name}: {result.status.message}"
        raise Refused(f"The app's client {OF_A_CLIENT.get(result.status.code, answered)}.")


def _numbers(result: FitRes | EvaluateRes) -> dict[str, int | float]:
    """The metrics that are numbers, and truth values as 0 or 1: the newer API reports no others."""
    return {
        key: int(value) if isinstance(value, bool) else value
        for key, value in result.metrics.items()
        if isinstance(value, int | float)
    }
