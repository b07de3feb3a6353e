"""Handing an app tied weights by all their names; ``flock.training.ties`` says what these are."""

import numpy as np
from flwr.app import ArrayRecord, Context, Message

from flock.errors import Refused
from flock.training.calls import Call
from flock.training.flower.names import in_order
from flock.training.ties import Ties, require_ties


def with_ties(app: Call, ties: Ties) -> Call:
    """``app``, which is handed each tied array by all its names, and returns it by that of the model.

    The call raises Refused if training leaves different arrays under names that are tied, BadArrays if ``ties`` does
    not fit the model.
    """
    if not ties:
        return app

    def tied(message: Message, context: Context) -> Message:
        for key, record in list(message.content.array_records.items()):
            message.content[key] = _named_twice(record, ties)
        reply = app(message, context)
        if isinstance(reply, Message) and reply.has_content():
            for key, record in list(reply.content.array_records.items()):
                reply.content[key] = _named_once(record, ties)
        return reply

    return tied


def _named_twice(record: ArrayRecord, ties: Ties) -> ArrayRecord:
    require_ties(ties, record)
    found = {**record, **{other: record[name] for other, name in ties.items()}}
    return ArrayRecord({name: found[name] for name in in_order(found)})


def _named_once(record: ArrayRecord, ties: Ties) -> ArrayRecord:
    for other, name in ties.items():
        if other in record and name in record and not _same(record, other, name):
            raise Refused(
                f"The app trained {other!r} and {name!r} apart, but they are tied: the model has one array for both."
            )
    return ArrayRecord({name: array for name, array in record.items() if name not in ties})


def _same(record: ArrayRecord, one: str, other: str) -> bool:
    return np.array_equal(record[one].numpy(), record[other].numpy(), equal_nan=True)
