"""A task's metadata: any JSON object of bounded size, in one canonical form whose digest goes on chain."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from flock.web.errors import BadFields

LARGEST = 256 << 10
DEEPEST = 16
TRAIN = "train"
ALLOW_LIST = "allow_list"
INT64 = range(-(2**63), 2**63)


def canonical_metadata(document: Mapping[str, Any], allow_list: Sequence[str]) -> bytes:
    """The bytes of ``document`` in ASCII, with sorted keys and no blanks; an allow-list is put into it.

    Raises BadFields naming what is too large, too deep, not a number, or not plain in ``train``.
    """
    if ALLOW_LIST in document:
        raise BadFields({f"metadata.{ALLOW_LIST}": "give the addresses in allow_list, beside the metadata."})
    _require_shallow(document)
    _require_plain(document.get(TRAIN, {}))
    data = _written(document)
    if len(data) > LARGEST:
        raise BadFields({"metadata": f"it takes {len(data)} bytes; keep it below {LARGEST}."})
    return _written({**document, ALLOW_LIST: list(allow_list)}) if allow_list else data


def _written(document: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
    except ValueError:
        raise BadFields({"metadata": "it holds NaN or infinity, which JSON does not know."}) from None


def _require_shallow(document: object) -> None:
    """Level by level, so that no depth costs our own stack."""
    level = [document]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return
    raise BadFields({"metadata": f"it is nested deeper than {DEEPEST} levels."})


def _inside(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _require_plain(train: object) -> None:
    """Every app is handed this: Flower takes numbers of 64 bits, texts and truth values."""
    if not isinstance(train, dict):
        raise BadFields({f"metadata.{TRAIN}": "write an object of plain values, such as numbers and text."})
    for name, value in train.items():
        is_wide = isinstance(value, int) and value not in INT64
        if is_wide or not isinstance(value, bool | int | float | str):
            raise BadFields({f"metadata.{TRAIN}.{name}": "write a number of 64 bits, a text, true or false."})
