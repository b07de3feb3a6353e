"""The header of canonical bytes: names, formats and shapes of the arrays, and metadata."""

import json
import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from flock.errors import BadArrays
from flock.training.dtypes import DTYPES, dtype_of_update, is_trained, name_of

LENGTH_BYTES = 8
ALIGNMENT = 8
MAX_HEADER_BYTES = 1 << 22
METADATA = "__metadata__"


class ArraySpec(NamedTuple):
    """Format and shape of one array."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """Number of coordinates."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes of all coordinates."""
        return self.dtype.itemsize * self.size

    def __str__(self) -> str:
        return f"{name_of(self.dtype)} {self.shape}"


Spec = Mapping[str, ArraySpec]


def size_of(spec: Spec) -> int:
    """Number of coordinates."""
    return sum(array.size for array in spec.values())


def nbytes_of(spec: Spec) -> int:
    """Bytes of all coordinates."""
    return sum(array.nbytes for array in spec.values())


def trained_spec(spec: Spec) -> Spec:
    """Without the constants."""
    return {name: array for name, array in spec.items() if is_trained(array.dtype)}


def update_spec(model: Spec) -> Spec:
    """What an update of such a model consists of."""
    return {
        name: ArraySpec(dtype_of_update(array.dtype), array.shape)
        for name, array in trained_spec(model).items()
    }


def require_spec(spec: Spec, like: Spec, *, any_format: bool = False) -> None:
    """Raises BadArrays unless names, shapes and, but for ``any_format``, formats are those of ``like``."""
    if missing := sorted(like.keys() - spec.keys()):
        raise BadArrays(f"Arrays {missing} are missing.")
    if extra := sorted(spec.keys() - like.keys()):
        raise BadArrays(f"Arrays {extra} are not part of this task's model.")
    for name, wanted in like.items():
        if spec[name].shape != wanted.shape:
            raise BadArrays(f"Array {name!r} has shape {spec[name].shape}, not {wanted.shape}.")
        if spec[name].dtype != wanted.dtype and not any_format:
            raise BadArrays(
                f"Array {name!r} is {name_of(spec[name].dtype)}, not {name_of(wanted.dtype)} as in the model."
            )


def write_header(spec: Spec, metadata: Mapping[str, str]) -> bytes:
    """The one header that these arrays and this metadata have."""
    entries: dict[str, object] = {METADATA: dict(metadata)}
    start = 0
    for name in sorted(spec):
        dtype, shape = spec[name]
        stop = start + spec[name].nbytes
        entries[name] = {"dtype": name_of(dtype), "shape": list(shape), "data_offsets": [start, stop]}
        start = stop
    text = json.dumps(entries, sort_keys=True, separators=(",", ":")).encode()
    text += b" " * (-len(text) % ALIGNMENT)
    return len(text).to_bytes(LENGTH_BYTES, "little") + text


def read_header(data: bytes | memoryview) -> tuple[Spec, dict[str, str], int]:
    """The header of ``data``, and the offset of its arrays. Raises BadArrays unless it is canonical."""
    length = int.from_bytes(data[:LENGTH_BYTES], "little")
    start = LENGTH_BYTES + length
    if len(data) < start or length > MAX_HEADER_BYTES:
        raise BadArrays("The bytes are not a safetensors file: the header is longer than the file, or 4 MiB.")
    spec, metadata = _parse(bytes(data[LENGTH_BYTES:start]))
    if write_header(spec, metadata) != data[:start]:
        raise BadArrays(
            "The safetensors header is not canonical: write it with flock.training.arrays.encode."
        )
    if len(data) != start + nbytes_of(spec):
        raise BadArrays("The safetensors header describes more or fewer bytes than there are.")
    return spec, metadata, start


def _parse(header: bytes) -> tuple[Spec, dict[str, str]]:
    """Arrays and metadata, if the header has them at all; that it is canonical is for the caller to see."""
    try:
        entries = json.loads(header)
        metadata = {str(key): str(value) for key, value in entries.pop(METADATA).items()}
        spec = {name: _array_spec(entry) for name, entry in entries.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadArrays(
            f"The bytes are not a safetensors file of {', '.join(DTYPES)} arrays with metadata."
        ) from error
    return spec, metadata


def _array_spec(entry: Mapping[str, Any]) -> ArraySpec:
    return ArraySpec(DTYPES[entry["dtype"]], tuple(map(_length, entry["shape"])))


def _length(value: object) -> int:
    if not isinstance(value, int) or value < 0:
        raise ValueError(value)
    return value
