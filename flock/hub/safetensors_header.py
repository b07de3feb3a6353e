"""The header of a safetensors file, as it is judged before the rest of the file is taken.

Unlike ``flock.training.header``, which reads the one canonical form that federated models travel in, this takes what
other programs write: any order, any of the format's element types. It makes no array.
"""

import math
from collections.abc import Mapping
from typing import Any

from flock.errors import Refused
from flock.web.errors import BadFields
from flock.web.strict_json import parsed_json

LENGTH_BYTES = 8
MAX_HEADER_BYTES = 4 << 20
METADATA = "__metadata__"
LARGEST = 2**63

BITS: Mapping[str, int] = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
    "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "U16": 16, "I16": 16, "F16": 16, "BF16": 16, "U32": 32, "I32": 32,
    "F32": 32, "U64": 64, "I64": 64, "F64": 64, "C64": 64,
}  # fmt: skip
"""Bits of an element, by the names of https://github.com/huggingface/safetensors."""


class HeaderCheck:
    """Sees a file of ``size`` bytes piece by piece; raises Refused as soon as its header cannot hold.

    What does not begin like a safetensors file passes, and ``is_safetensors`` stays False: what a file is called is
    known only when it is committed.
    """

    def __init__(self, size: int) -> None:
        self.is_safetensors = False
        self._size = size
        self._seen = bytearray()
        self._is_done = False

    def __call__(self, piece: bytes) -> None:
        if self._is_done:
            return
        self._seen += piece[: LENGTH_BYTES + MAX_HEADER_BYTES - len(self._seen)]
        if len(self._seen) <= LENGTH_BYTES:
            return
        length = int.from_bytes(self._seen[:LENGTH_BYTES], "little")
        if length > MAX_HEADER_BYTES or self._seen[LENGTH_BYTES] != ord("{"):
            self._is_done = True
        elif len(self._seen) >= LENGTH_BYTES + length:
            require_header(bytes(self._seen[LENGTH_BYTES : LENGTH_BYTES + length]), self._size)
            self.is_safetensors = self._is_done = True
        if self._is_done:
            self._seen.clear()


def is_safetensors(data: bytes) -> bool:
    """Whether ``data`` is a safetensors file. Raises Refused if it begins like one and is none."""
    check = HeaderCheck(len(data))
    check(data)
    return check.is_safetensors


def refuse_sample(path: str, sample: bytes, size: int) -> None:
    """Raises Refused if the first bytes of the file at ``path`` show that it is no safetensors file."""
    length = int.from_bytes(sample[:LENGTH_BYTES], "little")
    is_one = len(sample) > LENGTH_BYTES and sample[LENGTH_BYTES] == ord("{")
    if not is_one or length > min(MAX_HEADER_BYTES, size - LENGTH_BYTES):
        raise Refused(
            f"{path!r} is not a safetensors file, or its header is longer than {MAX_HEADER_BYTES} bytes: write it "
            f"with safetensors."
        )


def require_header(header: bytes, size: int) -> None:
    """Raises Refused unless ``header`` describes exactly the bytes that follow it in a file of ``size`` bytes."""
    try:
        entries = parsed_json(header, "header")
    except BadFields as problem:
        raise Refused(f"The safetensors header does not hold: {problem.fields['header']}") from None
    if not isinstance(entries, dict):
        raise _bad("it is not an object")
    _require_metadata(entries.pop(METADATA, {}))
    end = 0
    for start, stop in sorted(_place(name, entry) for name, entry in entries.items()):
        if start != end:
            raise _bad(f"its arrays overlap, or leave a hole at byte {end}")
        end = stop
    rest = size - LENGTH_BYTES - len(header)
    if end != rest:
        raise _bad(f"it describes {end} bytes, and {rest} follow it")


def _require_metadata(metadata: object) -> None:
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise _bad("its metadata is not text by name")


def _place(name: str, entry: object) -> tuple[int, int]:
    """Where the array begins and ends behind the header."""
    if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
        raise _bad(f"{name[:80]!r} has not a dtype, a shape and data_offsets")
    bits = BITS.get(entry["dtype"]) if isinstance(entry["dtype"], str) else None
    if bits is None:
        raise _bad(f"{name[:80]!r} has no dtype of the format")
    shape, offsets = _lengths(name, entry["shape"]), _lengths(name, entry["data_offsets"])
    if len(offsets) != 2 or offsets[1] - offsets[0] != _bytes_of(shape, bits):
        raise _bad(f"{name[:80]!r} has another number of bytes than its shape")
    return offsets[0], offsets[1]


def _lengths(name: str, values: Any) -> list[int]:
    is_list = isinstance(values, list) and len(values) <= 32
    if not is_list or not all(type(value) is int and 0 <= value < LARGEST for value in values):
        raise _bad(f"{name[:80]!r} has a shape or offsets that are not lists of lengths")
    return list(values)


def _bytes_of(shape: list[int], bits: int) -> int | None:
    total = math.prod(shape) * bits
    return total // 8 if total % 8 == 0 else None


def _bad(what: str) -> Refused:
    return Refused(f"The safetensors header does not hold: {what}. Write the file with safetensors.")
