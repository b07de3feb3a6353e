"""A model as its author saved it, made into the bytes that a task names."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from safetensors import SafetensorError, deserialize

from flock.errors import BadArrays
from flock.training.arrays import DTYPE, Array, encode_model


def canonical_model(data: bytes, source: str) -> bytes:
    """The canonical bytes of the model in any safetensors file of float32 arrays; its metadata is dropped.

    Raises BadArrays, naming ``source``, for other files, other types, no arrays, and numbers that are not finite.
    """
    try:
        tensors = deserialize(data)  # type: ignore[no-untyped-call]
    except SafetensorError as problem:
        raise BadArrays(
            f"{source} is no safetensors file ({problem}). Save the model with safetensors, in float32."
        ) from None
    if not tensors:
        raise BadArrays(f"{source} holds no arrays; a model has at least one.")
    arrays = {name: _float32(name, tensor, source) for name, tensor in tensors}
    try:
        return encode_model(arrays)
    except BadArrays as problem:
        raise BadArrays(f"{source} cannot be a model: {problem}") from None


def _float32(name: str, tensor: Mapping[str, Any], source: str) -> Array:
    if tensor["dtype"] != "F32":
        raise BadArrays(
            f"Array {name!r} of {source} is {tensor['dtype']}; convert it to float32 (F32), or keep it out "
            "of the model."
        )
    return np.frombuffer(tensor["data"], DTYPE).reshape(tensor["shape"])
