"""Artifacts: the safetensors files that trainers submit, whose every byte is hostile until it is checked.

The header is checked before the body is taken: ``header_size`` needs the first 8 bytes, ``read_header`` the header
and the size of the file, ``read_weights`` all of it. Anything but floating-point tensors that fill the file without
gap or overlap is rejected. Files of any tool will do (https://huggingface.co/docs/safetensors), canonical or not.
"""

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from flock.arena.scoring.rejection import Rejected
from flock.arena.scoring.task import Bounds
from flock.protocol.arena.scores import Failure
from flock.training.dtypes import FLOAT32, TRAINED, widen
from flock.training.header import LENGTH_BYTES, MAX_HEADER_BYTES, METADATA
from flock.training.reproducible import blocks

Weights = Mapping[str, NDArray[np.float32]]
"""A model's tensors by name: finite, C-contiguous, read-only or not."""

MAX_TENSORS = 10_000
MAX_DIMENSIONS = 8
FORMATS = {name: TRAINED[name] for name in ("F32", "F16", "BF16")}
# What is sent in place of safetensors, by its first bytes.
FOREIGN = {
    b"PK": "a zip archive, as torch.save writes it",
    b"\x80": "a pickle",
    b"\x1f\x8b": "a gzip archive",
    b"\x89HDF": "an HDF5 file",
    b"GGUF": "a GGUF file",
    b"\x93NUMPY": "a numpy file",
}


@dataclass(frozen=True)
class Tensor:
    """``format`` as safetensors names it; ``start`` and ``stop`` are offsets in the file's body."""

    format: str
    shape: tuple[int, ...]
    start: int
    stop: int

    @property
    def size(self) -> int:
        """Number of parameters."""
        return prod(self.shape)


@dataclass(frozen=True)
class Header:
    """The tensors by name, the metadata, and the bytes that the header takes in the file, its length included."""

    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, str]
    size: int

    @property
    def parameters(self) -> int:
        """Of all tensors."""
        return sum(tensor.size for tensor in self.tensors.values())

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """By name."""
        return {name: tensor.shape for name, tensor in self.tensors.items()}


def header_size(first: bytes | memoryview) -> int:
    """Bytes of the file up to its body, from its ``first`` 8. Raises Rejected if it is not safetensors."""
    if len(first) < LENGTH_BYTES:
        raise _malformed(f"The file has {len(first)} bytes, fewer than the length of a safetensors header.")
    length = int.from_bytes(first[:LENGTH_BYTES], "little")
    if length <= MAX_HEADER_BYTES:
        return LENGTH_BYTES + length
    found = next((what for begin, what in FOREIGN.items() if bytes(first).startswith(begin)), None)
    if found is not None:
        raise _malformed(f"The file is {found}, whatever its name; submit safetensors.")
    raise _malformed(
        f"The file claims a header of {length} bytes, more than {MAX_HEADER_BYTES}: it is not safetensors."
    )


def read_header(head: bytes | memoryview, size: int, bounds: Bounds) -> Header:
    """The header in ``head``, the first ``header_size`` bytes of a file that has ``size`` bytes in all.

    Raises Rejected: TOO_LARGE beyond the bounds, MALFORMED for everything else.
    """
    if size > bounds.artifact_bytes:
        raise _too_large(f"The file has {size} bytes; the task allows {bounds.artifact_bytes}.")
    stop = header_size(head)
    if len(head) < stop or size < stop:
        raise _malformed(f"The file ends within its header of {stop} bytes.")
    entries = _parsed(bytes(head[LENGTH_BYTES:stop]))
    metadata = _metadata(entries.pop(METADATA, {}))
    if not 0 < len(entries) <= MAX_TENSORS:
        raise _malformed(f"The file holds {len(entries)} tensors; it must be 1 to {MAX_TENSORS}.")
    header = Header({name: _tensor(name, entry) for name, entry in entries.items()}, metadata, stop)
    if header.parameters > bounds.parameters:
        raise _too_large(
            f"The model has {header.parameters} parameters; the task allows {bounds.parameters}."
        )
    _require_filled(header, size - stop)
    return header


def read_weights(data: bytes | memoryview, bounds: Bounds) -> tuple[Header, Weights]:
    """Header and tensors of a whole file, widened to float32.

    Raises Rejected as ``read_header`` does, and NOT_FINITE for a tensor that holds NaN or infinity.
    """
    header = read_header(data[: header_size(data[:LENGTH_BYTES])], len(data), bounds)
    body = memoryview(data)[header.size :]
    return header, {name: _weights(name, tensor, body) for name, tensor in header.tensors.items()}


def read_file(path: Path, bounds: Bounds) -> bytes:
    """The bytes of an artifact on disk, read no further than its header if that is rejected.

    Raises Rejected as ``read_header`` does, and UNAVAILABLE for what is no file of its own: a symbolic link, a
    folder, a pipe, or nothing.
    """
    try:
        with open(path, "rb", opener=_opened) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise Rejected(Failure.UNAVAILABLE, f"{path} is not a regular file.")
            head = _head(file)
            read_header(head, status.st_size, bounds)
            return head + file.read(status.st_size - len(head))
    except OSError as problem:
        raise Rejected(
            Failure.UNAVAILABLE, f"{path} cannot be read as a file of its own: {problem.strerror}."
        ) from None


def _opened(path: str, flags: int) -> int:
    """Follows no link, and waits for nobody at the other end of a pipe."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


def _head(file: BinaryIO) -> bytes:
    first = file.read(LENGTH_BYTES)
    return first + file.read(header_size(first) - len(first))


def _parsed(text: bytes) -> dict[str, Any]:
    try:
        entries = json.loads(text, object_pairs_hook=_without_repeats, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as problem:
        raise _malformed(f"The safetensors header is not JSON as it should be ({problem}).") from None
    if not isinstance(entries, dict):
        raise _malformed("The safetensors header is not a JSON object.")
    return entries


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is given twice")
    return found


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _metadata(entry: object) -> Mapping[str, str]:
    if not isinstance(entry, dict) or not all(isinstance(value, str) for value in entry.values()):
        raise _malformed("The safetensors metadata is not an object of texts.")
    return entry


def _tensor(name: str, entry: object) -> Tensor:
    if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
        raise _malformed(f"Tensor {name!r} is not described by dtype, shape and data_offsets alone.")
    if entry["dtype"] not in list(FORMATS):
        raise _malformed(f"Tensor {name!r} is {entry['dtype']!r}; weights are {', '.join(FORMATS)}.")
    if not _are_counts(entry["shape"]) or len(entry["shape"]) > MAX_DIMENSIONS:
        raise _malformed(f"Tensor {name!r} has no shape of at most {MAX_DIMENSIONS} lengths from 0 up.")
    if not _are_counts(entry["data_offsets"]) or len(entry["data_offsets"]) != 2:
        raise _malformed(f"Tensor {name!r} has no two offsets from 0 up.")
    tensor = Tensor(entry["dtype"], tuple(entry["shape"]), *entry["data_offsets"])
    if tensor.stop - tensor.start != tensor.size * FORMATS[tensor.format].itemsize:
        raise _malformed(
            f"Tensor {name!r} needs other bytes than the {tensor.stop - tensor.start} it is given."
        )
    return tensor


def _are_counts(values: object) -> bool:
    return isinstance(values, list) and all(type(value) is int and value >= 0 for value in values)


def _require_filled(header: Header, body: int) -> None:
    """The tensors lie side by side: nothing is hidden between, and none is read twice."""
    end = 0
    for name, tensor in sorted(header.tensors.items(), key=lambda item: (item[1].start, item[1].stop)):
        if tensor.start != end:
            raise _malformed(f"Tensor {name!r} begins at byte {tensor.start}, where {end} would be next.")
        end = tensor.stop
    if end != body:
        raise _malformed(f"The tensors take {end} bytes, but {body} follow the header.")


def _weights(name: str, tensor: Tensor, body: memoryview) -> NDArray[np.float32]:
    stored = np.frombuffer(body[tensor.start : tensor.stop], FORMATS[tensor.format])
    wide = stored if stored.dtype == FLOAT32 and stored.flags.aligned else np.empty(stored.shape, FLOAT32)
    if wide is not stored:
        widen(stored, wide)
    if not all(np.isfinite(wide[part]).all() for part in blocks(wide.size)):
        raise Rejected(Failure.NOT_FINITE, f"Tensor {name!r} holds NaN or infinity.")
    return wide.reshape(tensor.shape)


def _malformed(sentence: str) -> Rejected:
    return Rejected(Failure.MALFORMED, sentence)


def _too_large(sentence: str) -> Rejected:
    return Rejected(Failure.TOO_LARGE, sentence)
