"""Canonical bytes of arrays: one model, one byte string, one digest, on every machine.

The bytes are a safetensors file (https://huggingface.co/docs/safetensors) with every freedom of that
format taken away: finite floating-point numbers, integers and truth values only, tensors in the order of
their names and without gaps, the header as JSON with sorted keys and no blanks, in ASCII, padded with spaces
to a multiple of 8 bytes. ``decode`` accepts exactly what ``encode`` writes, so equal arrays and equal
digests are the same thing.

Floating-point arrays are what members train. The others are constants: every model of a task has those of its
first one, updates have none.

A model carries the metadata ``{"kind": "model"}``. An update, trained − base, carries
``{"kind": "update", "base": <digest of the base, hex>, "examples": "<count>"}``, and where its maker
accounts for differential privacy also ``"delta_pico"`` and ``"epsilon_micro"``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields

import numpy as np

from flock.errors import BadArrays
from flock.protocol.core.units import WAD
from flock.training.dtypes import (
    BOOL,
    DTYPES,
    FLOAT32,
    FLOAT64,
    NAMES,
    TRAINED,
    Wide,
    dtype_of_update,
    is_trained,
    rounded,
    towards_zero,
)
from flock.training.dtypes import Array as Array
from flock.training.flat import Flat, norm
from flock.training.header import (
    METADATA,
    ArraySpec,
    Spec,
    nbytes_of,
    read_header,
    require_spec,
    size_of,
    trained_spec,
    update_spec,
    write_header,
)
from flock.training.reproducible import blocks

Arrays = Mapping[str, Array]

UPDATE_FORMATS = ", ".join(name for name, dtype in TRAINED.items() if dtype != FLOAT64)
MAX_EXAMPLES = 10**12
MAX_PRIVACY = 10**12
NORM_TOLERANCE = 1e-6  # norms are sums of rounded squares


@dataclass(frozen=True)
class Privacy:
    """The (ε, δ) that a proposer claims for everything it has published in the task: ε in 10⁻⁶, δ in 10⁻¹²."""

    epsilon_micro: int
    delta_pico: int

    def __post_init__(self) -> None:
        """Raises BadArrays outside of 0 to 10¹²."""
        for name, value in asdict(self).items():
            if not 0 <= value <= MAX_PRIVACY:
                raise BadArrays(f"The update claims a {name} of {value}; it must be 0 to {MAX_PRIVACY}.")


@dataclass(frozen=True)
class Update:
    """What a proposer submits: ``arrays`` = trained − base, from the model with digest ``base``."""

    arrays: Arrays
    base: bytes
    examples: int
    privacy: Privacy | None = None


def spec_of(arrays: Arrays) -> Spec:
    """Format and shape by name."""
    return {name: ArraySpec(array.dtype, tuple(array.shape)) for name, array in arrays.items()}


def trained_part(arrays: Arrays) -> dict[str, Array]:
    """The arrays that members train: all but the constants."""
    return {name: array for name, array in arrays.items() if is_trained(array.dtype)}


def require_trainable(model: Arrays) -> None:
    """Raises BadArrays if nothing of ``model`` can be trained."""
    if not size_of(trained_spec(spec_of(model))):
        raise BadArrays(
            "There is nothing to train in it: a model has at least one floating-point array that is not empty."
        )


def encode(arrays: Arrays, metadata: Mapping[str, str]) -> bytes:
    """The canonical bytes. Raises BadArrays for anything but finite arrays of the formats of ``DTYPES``."""
    return b"".join(encoded_pieces(arrays, metadata))


def encoded_pieces(arrays: Arrays, metadata: Mapping[str, str]) -> Iterator[bytes]:
    """The canonical bytes, a few MiB at a time. Raises as ``encode`` does, possibly between two pieces."""
    for name, array in arrays.items():
        _require_writable(name, array)
    yield write_header(spec_of(arrays), metadata)
    for name in sorted(arrays):
        flat = arrays[name].reshape(-1)
        for part in blocks(flat.size):
            _require_sound(name, flat[part])
            yield flat[part].tobytes()


def decode(
    data: bytes | memoryview, *, like: Spec | None, max_bytes: int
) -> tuple[dict[str, Array], dict[str, str]]:
    """Arrays (read-only views of ``data``) and metadata of canonical bytes.

    ``like`` names the formats and shapes that are wanted, ``None`` takes any. Sizes are compared before
    anything of that size is allocated. Raises BadArrays for bytes that are too long, not canonical, of other
    names, shapes or formats than wanted, or that hold a number which is not finite or a truth value that is neither
    0 nor 1.
    """
    if len(data) > max_bytes:
        raise BadArrays(f"The arrays take {len(data)} bytes, more than the {max_bytes} allowed here.")
    spec, metadata, start = read_header(data)
    if like is not None:
        require_spec(spec, like)
    arrays = {}
    for name in sorted(spec):
        dtype, shape = spec[name]
        arrays[name] = np.frombuffer(data, dtype, spec[name].size, start).reshape(shape)
        _require_sound(name, arrays[name].reshape(-1))
        start += spec[name].nbytes
    return arrays, metadata


def encoded_size(spec: Spec, metadata: Mapping[str, str]) -> int:
    """Bytes that arrays of ``spec`` take with this metadata."""
    return len(write_header(spec, metadata)) + nbytes_of(spec)


def encode_model(arrays: Arrays) -> bytes:
    """Canonical bytes of a model."""
    return encode(arrays, {"kind": "model"})


def model_header(model: Arrays) -> bytes:
    """The canonical bytes of a model up to its arrays."""
    return write_header(spec_of(model), {"kind": "model"})


def decode_model(
    data: bytes | memoryview, *, like: Spec | None = None, max_bytes: int = 1 << 32
) -> dict[str, Array]:
    """The arrays of a model. Raises BadArrays as ``decode`` does, and for bytes that are not a model."""
    arrays, metadata = decode(data, like=like, max_bytes=max_bytes)
    if metadata != {"kind": "model"}:
        raise BadArrays(f"Expected a model, but the bytes describe themselves as {metadata}.")
    return arrays


def encode_update(update: Update) -> bytes:
    """Canonical bytes of an update. Raises BadArrays as ``encode`` does, and for an array that no update has."""
    for name, array in update.arrays.items():
        if not is_trained(array.dtype) or array.dtype == FLOAT64:
            raise BadArrays(f"Array {name!r} of the update is {array.dtype}; updates are {UPDATE_FORMATS}.")
    return encode(update.arrays, _update_metadata(update.base, update.examples, update.privacy))


def longest_update(like: Spec, base: bytes) -> int:
    """Bytes of an update of a model with these shapes and this digest, with the longest metadata."""
    return encoded_size(
        update_spec(like), _update_metadata(base, MAX_EXAMPLES, Privacy(MAX_PRIVACY, MAX_PRIVACY))
    )


def decode_update(data: bytes | memoryview, *, like: Spec, base: bytes) -> Update:
    """The update in ``data``, which must be one of a model with formats and shapes ``like`` and digest ``base``.

    The bytes may be no longer than such an update with the longest metadata.
    Raises BadArrays as ``decode`` does, and for another base, a malformed example count or privacy.
    """
    arrays, metadata = decode(data, like=update_spec(like), max_bytes=longest_update(like, base))
    examples = _count(metadata, "examples", least=1, most=MAX_EXAMPLES)
    privacy = _privacy(metadata)
    if metadata != _update_metadata(base, examples, privacy):
        raise BadArrays(f"Expected an update of model {base.hex()}, but the bytes say {metadata}.")
    return Update(arrays, base, examples, privacy)


def flatten(arrays: Arrays) -> Wide:
    """All coordinates in one vector, in the order of the names; a copy."""
    flat = Flat(arrays)
    return flat.part(slice(0, flat.size)).copy()


def unflatten(flat: Array, spec: Spec) -> dict[str, Array]:
    """Inverse of ``flatten``: views of ``flat`` with the shapes of ``spec``."""
    if flat.shape != (size_of(spec),):
        raise BadArrays(f"A vector of shape {flat.shape} cannot fill arrays of {size_of(spec)} coordinates.")
    arrays, start = {}, 0
    for name in sorted(spec):
        stop = start + spec[name].size
        arrays[name] = flat[start:stop].reshape(spec[name].shape)
        start = stop
    return arrays


def difference(new: Arrays, base: Arrays) -> dict[str, Array]:
    """new − base, rounded to the formats of an update of ``base``; those of ``new`` may be others.

    Constants are left out. Raises BadArrays if names or shapes of the others are not the same.
    """
    trained, old = trained_part(new), trained_part(base)
    require_spec(spec_of(trained), spec_of(old), any_format=True)
    return {name: _difference(trained[name], old[name]) for name in sorted(old)}


def clip_to_norm(update: Arrays, norm_clip: int) -> dict[str, Array]:
    """``update``, scaled down to Euclidean norm ``norm_clip`` (WAD, 0 = no limit) if it is longer."""
    limit = norm_clip / WAD
    if norm_clip == 0 or (length := norm(Flat(update))) <= limit:
        return dict(update)
    return {name: _scaled(array, limit / length) for name, array in update.items()}


def require_norm(update: Arrays, norm_clip: int) -> None:
    """Raises BadArrays if ``update`` is longer than ``norm_clip`` (WAD, 0 = no limit), rounding aside."""
    limit = norm_clip / WAD
    if norm_clip and (length := norm(Flat(update))) > limit * (1 + NORM_TOLERANCE):
        raise BadArrays(f"The update has norm {length:.6g}, more than the {limit:.6g} that the task allows.")


def _difference(new: Array, base: Array) -> Array:
    with np.errstate(over="ignore"):  # an overflow is found when the update is encoded
        exact = FLOAT64 if base.dtype == FLOAT64 else FLOAT32
        return rounded(np.subtract(new, base, dtype=exact), dtype_of_update(base.dtype))


def _scaled(array: Array, factor: float) -> Array:
    """Rounded towards zero, so that no rounding makes the whole longer."""
    flat = array.reshape(-1)
    scaled = np.empty_like(flat)
    for part in blocks(flat.size):
        scaled[part] = towards_zero(flat[part].astype(np.float64) * factor, array.dtype)
    return scaled.reshape(array.shape)


def _require_writable(name: str, array: Array) -> None:
    if array.dtype not in NAMES:
        raise BadArrays(
            f"Array {name!r} is {array.dtype}; only {', '.join(DTYPES)} are allowed, convert it first."
        )
    if name == METADATA:
        raise BadArrays(f"{METADATA!r} cannot name an array: safetensors keeps its metadata under it.")


def _require_sound(name: str, flat: Array) -> None:
    if flat.dtype == BOOL:
        _require_truth_values(name, flat)
    elif is_trained(flat.dtype):
        _require_finite(name, flat)


def _require_truth_values(name: str, flat: Array) -> None:
    if flat.size and flat.view(np.uint8).max() > 1:
        raise BadArrays(f"Array {name!r} holds bytes that are no truth values; each must be 0 or 1.")


def _require_finite(name: str, flat: Array) -> None:
    with np.errstate(invalid="ignore"):  # of a signalling NaN in bfloat16
        is_finite = all(np.isfinite(flat[part]).all() for part in blocks(flat.size))
    if not is_finite:
        raise BadArrays(
            f"Array {name!r} holds NaN or infinity; training has diverged, lower its learning rate."
        )


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
