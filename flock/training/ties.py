"""Tied weights: an array of the model that an app knows by more than one name.

A language model whose output layer is its embedding has both names in ``state_dict()``. The model of a task has such
an array once; the metadata's ``tied`` says by what other names the app wants it too.
"""

from collections.abc import Iterable, Mapping

from flock.errors import BadArrays

Ties = Mapping[str, str]
"""The name in the model, by each other name."""

NO_TIES: Ties = {}


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
