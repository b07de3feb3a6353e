"""The number formats that a model's arrays may have, and the exact ways between them and wider ones.

Floating-point arrays are trained. Whole numbers and truth values are constants of the first model.

Every float16 and bfloat16 is a float32, and every float32 a float64, so widening is exact. Narrowing rounds
once, to nearest and half to even, as IEEE 754 does; a cast by way of float32 would round twice.
"""

from collections.abc import Mapping
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Wide = NDArray[np.float32] | NDArray[np.float64]

FLOAT32 = np.dtype("<f4")
FLOAT16 = np.dtype("<f2")
BFLOAT16 = np.dtype(ml_dtypes.bfloat16)
FLOAT64 = np.dtype("<f8")
BOOL = np.dtype("?")
TRAINED: Mapping[str, np.dtype[Any]] = {"F32": FLOAT32, "F16": FLOAT16, "BF16": BFLOAT16, "F64": FLOAT64}
CONSTANT: Mapping[str, np.dtype[Any]] = {
    "I64": np.dtype("<i8"),
    "I32": np.dtype("<i4"),
    "I16": np.dtype("<i2"),
    "I8": np.dtype("i1"),
    "U64": np.dtype("<u8"),
    "U32": np.dtype("<u4"),
    "U16": np.dtype("<u2"),
    "U8": np.dtype("u1"),
    "BOOL": BOOL,
}
DTYPES: Mapping[str, np.dtype[Any]] = {**TRAINED, **CONSTANT}
NAMES: Mapping[np.dtype[Any], str] = {dtype: name for name, dtype in DTYPES.items()}
BFLOAT16_SHIFT = np.uint32(16)  # a bfloat16 is the upper half of a float32


def name_of(dtype: np.dtype[Any]) -> str:
    """As safetensors calls it (F32, I64, …); other formats as numpy does."""
    return NAMES.get(dtype, str(dtype))


def is_trained(dtype: np.dtype[Any]) -> bool:
    """Whether arrays of this format are trained and aggregated; others are constants of the first model."""
    return dtype in TRAINED.values()


def dtype_of_update(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The format of an update to a trained array: its own, but float32 for float64.

    A step is far smaller than what it changes, and is added to it in float64.
    """
    return FLOAT32 if dtype == FLOAT64 else dtype


def widen(array: Array, out: Wide) -> None:
    """Put ``array``, of any of the formats or float64, into ``out``, of the same length and at least as wide."""
    if array.dtype == BFLOAT16 and out.dtype == FLOAT32:
        bits = out.view(np.uint32)
        np.copyto(bits, array.view(np.uint16))
        np.left_shift(bits, BFLOAT16_SHIFT, out=bits)
    else:
        np.copyto(out, array)


def rounded(wide: Wide, dtype: np.dtype[Any]) -> Array:
    """Finite numbers to nearest, half to even; what is too large becomes infinite."""
    with np.errstate(over="ignore"):
        return _bfloat16(wide) if dtype == BFLOAT16 else wide.astype(dtype)


def towards_zero(wide: Wide, dtype: np.dtype[Any]) -> Array:
    """Finite numbers to the nearest that is no larger in magnitude."""
    array = rounded(wide, dtype)
    bits: NDArray[Any] = array.view(np.uint32 if array.itemsize == FLOAT32.itemsize else np.uint16)
    bits -= np.abs(array.astype(np.float64)) > np.abs(
        wide
    )  # sign and magnitude: one less is one step inwards
    return array


def _bfloat16(wide: Wide) -> Array:
    """By way of a float32 rounded to odd, which keeps what the second rounding must know of the first."""
    near = wide.astype(FLOAT32)
    bits, back = near.view(np.uint32), near.astype(np.float64)
    bits -= np.abs(back) > np.abs(wide)
    bits |= back != wide
    bits += np.uint32(0x7FFF) + (bits >> BFLOAT16_SHIFT & np.uint32(1))
    return (bits >> BFLOAT16_SHIFT).astype(np.uint16).view(BFLOAT16)
