"""A task's terms: read from a TOML file in human units, shown in the same."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from flock.amounts import tokens, wei_of
from flock.errors import BadConfig
from flock.protocol.alliance.params import AllianceParameters
from flock.protocol.alliance.terms import completed
from flock.protocol.core.units import BPS, Wei

TIMES = ("starts_at", "start_by", "ends_at")
AMOUNTS = ("minimum_stake", "keeper_fee", "norm_clip")
ALLOW_LIST = "allow_list"
FROM_MODEL = "initial_model"
FIELDS = tuple(field.name for field in fields(AllianceParameters) if field.name != FROM_MODEL)


def read_terms(file: Path | None, now: int, bounty: Wei, initial_model: bytes) -> AllianceParameters:
    """The terms in ``file``, with a default for each that it leaves out; ``now`` in Unix seconds.

    Stakes, fees and the norm are numbers as people write them, times are seconds from now or dates,
    ``allow_list`` may name a file of addresses.

    Raises BadConfig naming the file and every field that is unknown, malformed or out of its bounds.
    """
    given = _read(file) if file else {}
    where = f" in {file}" if file else ""
    _refuse_unknown(given, where)
    values = {name: _value(name, given[name], now, where) for name in given if name != ALLOW_LIST}
    if ALLOW_LIST in given:
        values["allow_list_root"] = _root(given[ALLOW_LIST], where, file)
    chosen = completed(values, now, bounty, is_open=not any(values.get("allow_list_root", b"")))
    parameters = AllianceParameters(**chosen, initial_model=initial_model)
    if problems := parameters.problems(now, bounty):
        raise BadConfig(f"The terms{where} do not hold: {' '.join(problems)}")
    return parameters


def terms_for_people(terms: AllianceParameters) -> dict[str, str]:
    """Each term with its unit."""
    from flock.protocol.core.cid import cid_of

    shown = {name: _shown(name, value) for name, value in asdict(terms).items()}
    return {**shown, FROM_MODEL: cid_of(terms.initial_model)}


def terms_for_programs(terms: AllianceParameters) -> dict[str, object]:
    """Each term as the chain has it; amounts as decimal text, digests in hex."""
    return {name: _plain(name, value) for name, value in asdict(terms).items()}


# ---- reading


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(), parse_float=Decimal)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise BadConfig(f"The terms file {file} cannot be read: {problem}.") from None


def _refuse_unknown(given: Mapping[str, object], where: str) -> None:
    if FROM_MODEL in given:
        raise BadConfig(f"{FROM_MODEL}{where} follows from the model file; leave it out.")
    unknown = sorted(given.keys() - {*FIELDS, ALLOW_LIST})
    if unknown:
        raise BadConfig(f"There are no terms {', '.join(unknown)}{where}; choose from {', '.join(FIELDS)}.")


def _value(name: str, value: object, now: int, where: str) -> Any:
    if name in TIMES:
        return _time(name, value, now, where)
    if name == "allow_list_root":
        return _digest(name, value, where)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise BadConfig(f"{name}{where} is {value!r}; write a number.")
    if name in AMOUNTS:
        return wei_of(value, f"{name}{where}")
    if not isinstance(value, int):
        raise BadConfig(f"{name}{where} is {value}; write a whole number.")
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


def _root(value: object, where: str, file: Path | None) -> bytes:
    """The Merkle root over the addresses in the file ``value``, which lies beside the terms."""
    from flock.programs.allow_list import read_addresses
    from flock.protocol.core.merkle import allow_list_root

    if not isinstance(value, str) or file is None:
        raise BadConfig(f"{ALLOW_LIST}{where} is {value!r}; name a JSON file of addresses.")
    return allow_list_root(read_addresses(file.parent / value))


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
    "allow_list_root": _root_shown,
    FROM_MODEL: lambda digest: "0x" + digest.hex(),
}


def _plain(name: str, value: object) -> object:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    return str(value) if name in AMOUNTS else value
