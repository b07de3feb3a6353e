"""Tied weights: an array of the model that an app knows by more than one name.

A language model whose output layer is its embedding has both names in ``state_dict()``. The model of a task has such
an array once; the metadata's ``tied`` says by what other names the app wants it too.
"""

from collections.abc import Iterable, Mapping

import numpy as np
from flwr.app import ArrayRecord, Context, Message

from flock.errors import BadArrays, Refused
from flock.training.calls import Call

Ties = Mapping[str, str]
"""The name in the model, by each other name."""

NO_TIES: Ties = {}


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


def require_ties(ties: Ties, model: Iterable[str]) -> None:
    """Raises BadArrays naming the first of ``ties`` that does not fit a model with these names."""
    names = set(model)
    for other, name in ties.items():
        if name not in names:
            raise BadArrays(f"{other!r} is tied to {name!r}, which is not of the model.")
        if other in names:
            raise BadArrays(
                f"{other!r} is tied to {name!r}, and the model has both: leave {other!r} out of its file."
            )


def in_flowers_order(names: Iterable[str]) -> list[str]:
    """By name; Flower names the arrays of a list "0", "1", …, and these by number."""
    found = list(names)
    return sorted(found, key=int) if all(name.isdecimal() for name in found) else sorted(found)


def _named_twice(record: ArrayRecord, ties: Ties) -> ArrayRecord:
    require_ties(ties, record)
    found = {**record, **{other: record[name] for other, name in ties.items()}}
    return ArrayRecord({name: found[name] for name in in_flowers_order(found)})


def _named_once(record: ArrayRecord, ties: Ties) -> ArrayRecord:
    for other, name in ties.items():
        if other in record and name in record and not _same(record, other, name):
            raise Refused(
                f"The app trained {other!r} and {name!r} apart, but they are tied: the model has one array for both."
            )
    return ArrayRecord({name: array for name, array in record.items() if name not in ties})


def _same(record: ArrayRecord, one: str, other: str) -> bool:
    return np.array_equal(record[one].numpy(), record[other].numpy(), equal_nan=True)
