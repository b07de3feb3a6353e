"""A task's terms: read from a TOML file in human units, shown in the same."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from flock.amounts import tokens, wei_of
from flock.errors import BadConfig
from flock.protocol.alliance.params import AMOUNTS, AllianceParameters
from flock.protocol.core.hashing import ZERO
from flock.protocol.core.units import BPS
from flock.store.text_files import read_text

TIMES = ("starts_at", "start_by", "ends_at")
ALLOW_LIST = "allow_list"
ROOT = "allow_list_root"
FROM_MODEL = "initial_model"
FIELDS = tuple(field.name for field in fields(AllianceParameters) if field.name != FROM_MODEL)


@dataclass(frozen=True)
class GivenTerms:
    """What a creator has chosen: terms by name as the chain has them, and who may join, everyone if left out."""

    given: Mapping[str, int]
    allow_list: Sequence[str] = ()
    allow_list_root: bytes = ZERO


def read_terms(file: Path | None, now: int) -> GivenTerms:
    """The terms in ``file``, none without one; ``now`` in Unix seconds.

    Stakes, fees and the norm are numbers as people write them, times are seconds from now or dates,
    ``allow_list`` may name a file of addresses.

    Raises BadConfig naming the file and the field that is unknown or malformed.
    """
    if file is None:
        return GivenTerms({})
    said, where = terms_in(file), f" in {file}"
    _refuse_unknown(said, where)
    listed = listed_addresses(said[ALLOW_LIST], where, file) if ALLOW_LIST in said else ()
    root = _digest(ROOT, said[ROOT], where) if ROOT in said else ZERO
    given = {
        name: term_value(name, value, now, where, AMOUNTS)
        for name, value in said.items()
        if name not in (ALLOW_LIST, ROOT)
    }
    return GivenTerms(given, listed, root)


def terms_for_people(terms: AllianceParameters) -> dict[str, str]:
    """Each term with its unit."""
    from flock.protocol.core.cid import cid_of

    shown = {name: _shown(name, value) for name, value in asdict(terms).items()}
    return {**shown, FROM_MODEL: cid_of(terms.initial_model)}


def terms_for_programs(terms: AllianceParameters) -> dict[str, object]:
    """Each term as the chain has it; amounts as decimal text, digests in hex."""
    return {name: _plain(name, value) for name, value in asdict(terms).items()}


# ---- reading


def terms_in(file: Path) -> dict[str, Any]:
    """What a file of terms says, by name. Raises BadConfig."""
    try:
        return tomllib.loads(read_text(file), parse_float=str)
    except (OSError, ValueError, RecursionError) as problem:
        raise BadConfig(f"The terms file {file} cannot be read: {problem}.") from None


def _refuse_unknown(given: Mapping[str, object], where: str) -> None:
    if FROM_MODEL in given:
        raise BadConfig(f"{FROM_MODEL}{where} follows from the model file; leave it out.")
    unknown = sorted(given.keys() - {*FIELDS, ALLOW_LIST})
    if unknown:
        raise BadConfig(f"There are no terms {', '.join(unknown)}{where}; choose from {', '.join(FIELDS)}.")


def term_value(name: str, value: object, now: int, where: str, amounts: Container[str]) -> int:
    """A term as the chain has it: times in Unix seconds, ``amounts`` in units of 1e-18. Raises BadConfig."""
    if name in TIMES:
        return _time(name, value, now, where)
    if name in amounts:
        return wei_of(value, f"{name}{where}")
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadConfig(f"{name}{where} is {value!r}; write a whole number.")
    return value


def _time(name: str, value: object, now: int, where: str) -> int:
    """Unix seconds of ``value``: seconds from now, or a date; one without a zone is UTC."""
    if isinstance(value, int) and not isinstance(value, bool):
        return now + value
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        moment = None
    if isinstance(moment, date) and not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    if not isinstance(moment, datetime):
        raise BadConfig(f"{name}{where} is {value!r}; write seconds from now, or a date such as 2030-01-31.")
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _digest(name: str, value: object, where: str) -> bytes:
    try:
        digest = bytes.fromhex(str(value).removeprefix("0x"))
    except ValueError:
        digest = b""
    if len(digest) != 32:
        raise BadConfig(
            f"{name}{where} is {value!r}; write 0x and 64 hex digits, or name a file in allow_list."
        )
    return digest


def listed_addresses(value: object, where: str, file: Path) -> Sequence[str]:
    """What is in the file ``value``, which lies beside the terms."""
    from flock.programs.allow_list import read_addresses

    if not isinstance(value, str):
        raise BadConfig(f"{ALLOW_LIST}{where} is {value!r}; name a JSON file of addresses.")
    listed = read_addresses(file.parent / value)
    if not listed:
        raise BadConfig(
            f"The allow-list {file.parent / value} names nobody; leave {ALLOW_LIST} out for a task open to all."
        )
    return listed


# ---- showing


def _shown(name: str, value: Any) -> str:
    return _WRITERS.get(name, _by_ending(name))(value)


def _by_ending(name: str) -> Callable[[Any], str]:
    if name.endswith("_seconds"):
        return lambda seconds: f"{seconds:,} s"
    if name.endswith("_bps"):
        return lambda bps: f"{bps * 100 / BPS:g} %"
    return str


def _date(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _root_shown(root: bytes) -> str:
    return f"only those in 0x{root.hex()}" if any(root) else "open to all"


_WRITERS: Mapping[str, Callable[[Any], str]] = {
    "starts_at": _date,
    "start_by": _date,
    "ends_at": _date,
    "minimum_stake": lambda gm: f"{tokens(gm)} gmFLOCK",
    "keeper_fee": lambda wei: f"{tokens(wei)} FLOCK",
    "norm_clip": lambda wad: tokens(wad) if wad else "no limit",
    ROOT: _root_shown,
    FROM_MODEL: lambda digest: "0x" + digest.hex(),
}


def _plain(name: str, value: object) -> object:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    return str(value) if name in AMOUNTS else value
