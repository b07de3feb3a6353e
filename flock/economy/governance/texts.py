"""Values of parameters and spans of time as people and programs read them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from flock.amounts import tokens
from flock.chain.contracts import timelock
from flock.chain.contracts.access import AccessRole
from flock.economy.governance.parameters import Parameter, ParameterUnit, Value

if TYPE_CHECKING:
    from flock.chain.address_book import AddressBook

SPANS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
AMOUNTS = ("amount", "value", "bounty", "liquid", "vesting")
GM_AMOUNTS = ("gm", "gm_amount")


def value_text(parameter: Parameter, value: Value) -> str:
    """With the unit that people use, and what it comes to: ``3,600 s (1 h)``, ``1,000 Bps (10%)``."""
    if isinstance(value, str):
        return value
    match parameter.unit:
        case ParameterUnit.FLOCK | ParameterUnit.GM:
            return f"{tokens(value)} {unit_text(parameter)}"
        case ParameterUnit.SECONDS:
            return f"{value:,} s ({span(value)})" if value >= SPANS[-2][0] else f"{value} s"
        case ParameterUnit.BPS:
            return f"{value:,} Bps ({value / 100:g}%)"
        case ParameterUnit.PERCENT:
            return f"{value}%"
        case _:
            return f"{value:,}"


def bounds_text(parameter: Parameter, least: Value, most: Value) -> str:
    """As briefly as people say it: ``1 h to 14 d``, ``0% to 50%``, ``100 to 1,000,000``."""
    return f"{_brief(parameter, least)} to {_brief(parameter, most)}"


def _brief(parameter: Parameter, value: Value) -> str:
    if isinstance(value, int) and parameter.unit is ParameterUnit.SECONDS:
        return span(value) if value else "0"
    if isinstance(value, int) and parameter.unit is ParameterUnit.BPS:
        return f"{value / 100:g}%"
    return value_text(parameter, value).removesuffix(f" {unit_text(parameter)}")


def unit_text(parameter: Parameter) -> str:
    """What people call the unit; amounts are shown in whole tokens."""
    return str(parameter.unit).removesuffix(" wei").replace("wei", "FLOCK")


def value_for_programs(parameter: Parameter, value: Value | None) -> Value | None:
    """Amounts as decimal text: they do not fit the numbers of every reader of JSON."""
    is_amount = parameter.unit in (ParameterUnit.FLOCK, ParameterUnit.GM) and value is not None
    return str(value) if is_amount else value


def argument_text(name: str, value: object) -> str:
    """An argument of a call with its name: amounts in FLOCK, roles by name, bytes in hex, all else as it is."""
    return f"{name} {_argument(name, value)}"


def _argument(name: str, value: object) -> str:
    if name == "role_id" and isinstance(value, int) and value in list(AccessRole):
        return AccessRole(value).name.lower()
    if isinstance(value, bytes):
        names = {
            timelock.CANCELLER: "canceller",
            timelock.PROPOSER: "proposer",
            timelock.EXECUTOR: "executor",
        }
        return names.get(value, "0x" + value.hex())
    if isinstance(value, int) and name in AMOUNTS:
        return f"{tokens(value)} FLOCK"
    if isinstance(value, int) and name in GM_AMOUNTS:
        return f"{tokens(value)} gmFLOCK"
    return str(value)


def span(seconds: int) -> str:
    """``2 d 3 h``: the two largest units; ``0 s`` for what is over."""
    left, parts = max(0, seconds), []
    for size, name in SPANS:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts[:2]) or "0 s"


def place_name(book: AddressBook, text: str) -> str:
    """What the book calls an address; other text as it is."""
    names = [name for name, place in asdict(book).items() if place == text and name != "treasury"]
    return names[0] if names else text


def address_name(book: AddressBook, text: str) -> str:
    """``text`` with every address of the book followed by what is there."""
    for name, place in asdict(book).items():
        if isinstance(place, str) and place in text and name != "treasury" and int(place, 16):
            return text.replace(place, f"{place} ({name})")
    return text
