"""Arrays as canonical bytes: one model, one byte string, one digest, on every machine.

The bytes are a safetensors file (https://huggingface.co/docs/safetensors) with every freedom of that
format taken away: float32 only, tensors in the order of their names and without gaps, the header as JSON
with sorted keys and no blanks, in ASCII, padded with spaces to a multiple of 8 bytes. ``decode`` accepts
exactly what ``encode`` writes, so equal arrays and equal digests are the same thing.

A model carries the metadata ``{"kind": "model"}``. An update, trained − base, carries
``{"kind": "update", "base": <digest of the base, hex>, "examples": "<count>"}``, and where its maker
accounts for differential privacy also ``"delta_pico"`` and ``"epsilon_micro"``.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from flock.errors import BadArrays
from flock.protocol.cid import digest_of
from flock.protocol.units import WAD
from flock.training.reproducible import norm

Array = NDArray[np.float32]
Arrays = Mapping[str, Array]
Spec = Mapping[str, tuple[int, ...]]
F = TypeVar("F", np.float32, np.float64)

DTYPE = np.dtype("<f4")
LENGTH_BYTES = 8
ALIGNMENT = 8
MAX_HEADER_BYTES = 1 << 22
MAX_EXAMPLES = 10**12
MAX_PRIVACY = 10**12
METADATA = "__metadata__"
FINITENESS_BLOCK = 1 << 20
NORM_TOLERANCE = 1e-6  # a clipped update is rounded to float32, coordinate by coordinate


@dataclass(frozen=True)
class Privacy:
    """The (ε, δ) that an update's maker claims for all it has published in the task: ε in 10⁻⁶, δ in 10⁻¹²."""

    epsilon_micro: int
    delta_pico: int

    def __post_init__(self) -> None:
        """Raises BadArrays outside of 0 to 10¹²."""
        for name, value in asdict(self).items():
            if not 0 <= value <= MAX_PRIVACY:
                raise BadArrays(f"The update claims a {name} of {value}; it must be 0 to {MAX_PRIVACY}.")


@dataclass(frozen=True)
class Update:
    """What a proposer offers: ``arrays`` = trained − base, from the model with digest ``base``."""

    arrays: Arrays
    base: bytes
    examples: int
    privacy: Privacy | None = None


def spec_of(arrays: Mapping[str, NDArray[F]]) -> Spec:
    """Name → shape."""
    return {name: tuple(array.shape) for name, array in arrays.items()}


def size_of(spec: Spec) -> int:
    """Number of coordinates."""
    return sum(math.prod(shape) for shape in spec.values())


def encode(arrays: Arrays, metadata: Mapping[str, str]) -> bytes:
    """The canonical bytes. Raises BadArrays for anything but finite float32 arrays."""
    ordered = [(name, _checked(name, arrays[name])) for name in sorted(arrays)]
    header = _header({name: tuple(array.shape) for name, array in ordered}, metadata)
    return b"".join([header, *(np.ascontiguousarray(array, DTYPE).tobytes() for _, array in ordered)])


def decode(data: bytes, *, like: Spec | None, max_bytes: int) -> tuple[dict[str, Array], dict[str, str]]:
    """Arrays (read-only views of ``data``) and metadata of canonical bytes.

    ``like`` names the shapes that are wanted, ``None`` takes any. Sizes are compared before anything of
    that size is allocated. Raises BadArrays for bytes that are too long, not canonical, of other names,
    shapes or types than wanted, or that hold a number which is not finite.
    """
    if len(data) > max_bytes:
        raise BadArrays(f"The arrays take {len(data)} bytes, more than the {max_bytes} allowed here.")
    spec, metadata, start = _read_header(data)
    if like is not None:
        require_spec(spec, like)
    arrays = {}
    for name in sorted(spec):
        count = math.prod(spec[name])
        array = np.frombuffer(data, DTYPE, count, start).reshape(spec[name])
        _require_finite(name, array)
        arrays[name] = array
        start += count * DTYPE.itemsize
    return arrays, metadata


def require_spec(spec: Spec, like: Spec) -> None:
    """Raises BadArrays unless names and shapes are those of ``like``."""
    if missing := sorted(like.keys() - spec.keys()):
        raise BadArrays(f"Arrays {missing} are missing.")
    if extra := sorted(spec.keys() - like.keys()):
        raise BadArrays(f"Arrays {extra} are not part of this task's model.")
    for name, shape in like.items():
        if tuple(spec[name]) != tuple(shape):
            raise BadArrays(f"Array {name!r} has shape {tuple(spec[name])}, not {tuple(shape)}.")


def encoded_size(spec: Spec, metadata: Mapping[str, str]) -> int:
    """Bytes that arrays of ``spec`` take with this metadata."""
    return len(_header(spec, metadata)) + DTYPE.itemsize * size_of(spec)


def encode_model(arrays: Arrays) -> bytes:
    """Canonical bytes of a model."""
    return encode(arrays, {"kind": "model"})


def decode_model(data: bytes, *, like: Spec | None = None, max_bytes: int = 1 << 32) -> dict[str, Array]:
    """The arrays of a model. Raises BadArrays as ``decode`` does, and for bytes that are no model."""
    arrays, metadata = decode(data, like=like, max_bytes=max_bytes)
    if metadata != {"kind": "model"}:
        raise BadArrays(f"Expected a model, but the bytes describe themselves as {metadata}.")
    return arrays


def encode_update(update: Update) -> bytes:
    """Canonical bytes of an update."""
    return encode(update.arrays, _update_metadata(update.base, update.examples, update.privacy))


def longest_update(like: Spec, base: bytes) -> int:
    """Bytes of an update of a model with these shapes and this digest, with the longest metadata."""
    return encoded_size(like, _update_metadata(base, MAX_EXAMPLES, Privacy(MAX_PRIVACY, MAX_PRIVACY)))


def decode_update(data: bytes, *, like: Spec, base: bytes) -> Update:
    """The update in ``data``, which must be one of a model with shapes ``like`` and digest ``base``.

    The bytes may be no longer than such an update with the longest metadata.
    Raises BadArrays as ``decode`` does, and for another base, a malformed example count or privacy.
    """
    arrays, metadata = decode(data, like=like, max_bytes=longest_update(like, base))
    examples = _count(metadata, "examples", least=1, most=MAX_EXAMPLES)
    privacy = _privacy(metadata)
    if metadata != _update_metadata(base, examples, privacy):
        raise BadArrays(f"Expected an update of model {base.hex()}, but the bytes say {metadata}.")
    return Update(arrays, base, examples, privacy)


def require_digest(data: bytes, expected: bytes) -> bytes:
    """``data``, if it has this digest. Raises BadArrays otherwise."""
    if digest_of(data) != expected:
        raise BadArrays(f"The bytes have digest {digest_of(data).hex()}, not {expected.hex()} as committed.")
    return data


def flatten(arrays: Mapping[str, NDArray[F]]) -> NDArray[F]:
    """All coordinates in one vector, in the order of the names."""
    if not arrays:
        raise BadArrays("There are no arrays to work on; a model has at least one.")
    return np.concatenate([arrays[name].ravel() for name in sorted(arrays)])


def unflatten(flat: NDArray[F], spec: Spec) -> dict[str, NDArray[F]]:
    """Inverse of ``flatten``: views of ``flat`` with the shapes of ``spec``."""
    if flat.shape != (size_of(spec),):
        raise BadArrays(f"A vector of shape {flat.shape} cannot fill arrays of {size_of(spec)} coordinates.")
    arrays, start = {}, 0
    for name in sorted(spec):
        stop = start + math.prod(spec[name])
        arrays[name] = flat[start:stop].reshape(spec[name])
        start = stop
    return arrays


def difference(new: Arrays, base: Arrays) -> dict[str, Array]:
    """new − base, rounded to float32. Raises BadArrays if the two are not of one shape."""
    require_spec(spec_of(new), spec_of(base))
    with np.errstate(over="ignore"):  # an overflow is found when the update is encoded
        return {name: np.asarray(np.subtract(new[name], base[name]), DTYPE) for name in sorted(base)}


def clip_to_norm(update: Arrays, norm_clip: int) -> dict[str, Array]:
    """``update``, scaled down to Euclidean norm ``norm_clip`` (WAD, 0 = no limit) if it is longer."""
    length, limit = norm(flatten(update)), norm_clip / WAD
    if norm_clip == 0 or length <= limit:
        return dict(update)
    return {
        name: (array.astype(np.float64) * (limit / length)).astype(DTYPE) for name, array in update.items()
    }


def require_norm(update: Arrays, norm_clip: int) -> None:
    """Raises BadArrays if ``update`` is longer than ``norm_clip`` (WAD, 0 = no limit), rounding aside."""
    length, limit = norm(flatten(update)), norm_clip / WAD
    if norm_clip and length > limit * (1 + NORM_TOLERANCE):
        raise BadArrays(f"The update has norm {length:.6g}, more than the {limit:.6g} that the task allows.")


def _checked(name: str, array: Array) -> Array:
    if array.dtype != DTYPE:
        raise BadArrays(f"Array {name!r} is {array.dtype}; only float32 is allowed, convert it first.")
    if name == METADATA:
        raise BadArrays(f"{METADATA!r} cannot name an array: safetensors keeps its metadata under it.")
    _require_finite(name, array)
    return array


def _require_finite(name: str, array: Array) -> None:
    flat = array.reshape(-1)
    for start in range(0, flat.size, FINITENESS_BLOCK):
        if not np.isfinite(flat[start : start + FINITENESS_BLOCK]).all():
            raise BadArrays(f"Array {name!r} holds NaN or infinity; training has diverged, lower its step.")


def _update_metadata(base: bytes, examples: int, privacy: Privacy | None) -> dict[str, str]:
    claims = asdict(privacy) if privacy else {}
    told = {"kind": "update", "base": base.hex(), "examples": examples, **claims}
    return {key: str(value) for key, value in told.items()}


def _privacy(metadata: Mapping[str, str]) -> Privacy | None:
    names = [field.name for field in fields(Privacy)]
    if metadata.keys().isdisjoint(names):
        return None
    return Privacy(*(_count(metadata, name, least=0, most=MAX_PRIVACY) for name in names))


def _count(metadata: Mapping[str, str], name: str, *, least: int, most: int) -> int:
    text = metadata.get(name, "")
    count = int(text) if text.isascii() and text.isdecimal() and len(text) <= len(str(most)) else -1
    if not least <= count <= most:
        raise BadArrays(f"The update claims {name} {text!r}; it must be {least} to {most}.")
    return count


def _header(spec: Spec, metadata: Mapping[str, str]) -> bytes:
    entries: dict[str, object] = {METADATA: dict(metadata)}
    offset = 0
    for name in sorted(spec):
        stop = offset + DTYPE.itemsize * math.prod(spec[name])
        entries[name] = {"dtype": "F32", "shape": list(spec[name]), "data_offsets": [offset, stop]}
        offset = stop
    text = json.dumps(entries, sort_keys=True, separators=(",", ":")).encode()
    text += b" " * (-len(text) % ALIGNMENT)
    return len(text).to_bytes(LENGTH_BYTES, "little") + text


def _read_header(data: bytes) -> tuple[dict[str, tuple[int, ...]], dict[str, str], int]:
    length = int.from_bytes(data[:LENGTH_BYTES], "little")
    start = LENGTH_BYTES + length
    if len(data) < start or length > MAX_HEADER_BYTES:
        raise BadArrays("The bytes are no safetensors file: the header is longer than the file, or 4 MiB.")
    spec, metadata = _parse(data[LENGTH_BYTES:start])
    if _header(spec, metadata) != data[:start]:
        raise BadArrays(
            "The safetensors header is not canonical: write it with flock.training.arrays.encode."
        )
    if len(data) != start + DTYPE.itemsize * size_of(spec):
        raise BadArrays("The safetensors header describes more or fewer bytes than there are.")
    return spec, metadata, start


def _parse(header: bytes) -> tuple[dict[str, tuple[int, ...]], dict[str, str]]:
    """Shapes and metadata, if the header has them at all; that it is canonical is for the caller to see."""
    try:
        entries = json.loads(header)
        metadata = {str(key): str(value) for key, value in entries.pop(METADATA).items()}
        spec = {name: tuple(map(_length, entry["shape"])) for name, entry in entries.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadArrays("The bytes are no safetensors file of float32 arrays with metadata.") from error
    return spec, metadata


def _length(value: object) -> int:
    if not isinstance(value, int) or value < 0:
        raise ValueError(value)
    return value
