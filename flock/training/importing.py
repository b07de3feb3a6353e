"""Importing a model: from the file as saved to canonical bytes."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from safetensors import SafetensorError, deserialize

from flock.errors import BadArrays
from flock.training.arrays import encode_model, require_trainable
from flock.training.dtypes import DTYPES, Array


def canonical_model(data: bytes, source: str) -> bytes:
    """The canonical bytes of the model in any safetensors file, such as one of a ``state_dict()``.

    Its metadata is dropped.

    Raises BadArrays, naming ``source``, for other files, unusual types, nothing to train, and numbers that are not
    finite.
    """
    try:
        tensors = deserialize(data)  # type: ignore[no-untyped-call]
    except SafetensorError as problem:
        raise BadArrays(
            f"{source} is not a safetensors file ({problem}). Save the model with safetensors."
        ) from None
    if not tensors:
        raise BadArrays(f"{source} holds no arrays; a model has at least one.")
    arrays = {name: _array(name, tensor, source) for name, tensor in tensors}
    try:
        require_trainable(arrays)
        return encode_model(arrays)
    except BadArrays as problem:
        raise BadArrays(f"{source} cannot be a model: {problem}") from None


def _array(name: str, tensor: Mapping[str, Any], source: str) -> Array:
    if tensor["dtype"] not in DTYPES:
        raise BadArrays(
            f"Array {name!r} of {source} is {tensor['dtype']}; convert it to one of {', '.join(DTYPES)}, or "
            "keep it out of the model."
        )
    return np.frombuffer(tensor["data"], DTYPES[tensor["dtype"]]).reshape(tensor["shape"])
