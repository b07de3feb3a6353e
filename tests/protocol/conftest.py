"""Vectors for the tests of the rules."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

VECTORS = Path(__file__).parent.parent / "vectors"
Cases = Callable[[str, str], Iterator[SimpleNamespace]]


@pytest.fixture(scope="session")
def cases() -> Cases:
    """``cases("locks", "gm_for")`` gives the cases of one table with integers and bytes decoded."""
    return _cases


def _cases(name: str, table: str) -> Iterator[SimpleNamespace]:
    columns = json.loads((VECTORS / f"{name}.json").read_text())[table]
    for row in range(columns.pop("count")):
        yield SimpleNamespace(**{column: _decoded(values[row]) for column, values in columns.items()})


def _decoded(value: object) -> object:
    if isinstance(value, list):
        return [_decoded(item) for item in value]
    if isinstance(value, str) and len(value) >= 66 and value.startswith("0x"):
        return bytes.fromhex(value[2:])
    if isinstance(value, str) and not value.startswith("0x"):
        return int(value)
    return value
