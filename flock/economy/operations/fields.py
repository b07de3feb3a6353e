"""Numbers of positions, pools and rewards, formatted for people and for programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from flock.amounts import short
from flock.terminal import moment


class FieldUnit(Enum):
    """What a field counts."""

    GM = auto()
    FLOCK = auto()
    TIME = auto()
    SHARE = auto()
    PLAIN = auto()


@dataclass(frozen=True)
class Field:
    """A number that ``label`` names: amounts in wei, times in Unix seconds (0 is never), shares in basis points."""

    label: str
    unit: FieldUnit
    value: int | str | None

    @property
    def for_people(self) -> str:
        return f"{self.bare}{self._unit}"

    @property
    def bare(self) -> str:
        """Without its unit."""
        value = self.value
        if not isinstance(value, int):
            return "–" if value is None else value
        match self.unit:
            case FieldUnit.GM | FieldUnit.FLOCK:
                return short(value)
            case FieldUnit.TIME:
                return moment(value or None)
            case FieldUnit.SHARE:
                return f"{value / 100:g}%"
            case FieldUnit.PLAIN:
                return f"{value:,}"

    @property
    def _unit(self) -> str:
        """Shown after the number unless the label contains it."""
        name = {FieldUnit.GM: "gmFLOCK", FieldUnit.FLOCK: "FLOCK"}.get(self.unit, "")
        return f" {name}" if name and name not in self.label else ""

    @property
    def for_programs(self) -> int | str | None:
        """Amounts as decimal text: they do not fit the numbers of every reader of JSON."""
        is_amount = self.unit in (FieldUnit.GM, FieldUnit.FLOCK) and self.value is not None
        return str(self.value) if is_amount else self.value


Fields = Mapping[str, Field]


def gm(label: str, value: int) -> Field:
    return Field(label, FieldUnit.GM, value)


def flock(label: str, value: int) -> Field:
    return Field(label, FieldUnit.FLOCK, value)


def time(label: str, value: int) -> Field:
    return Field(label, FieldUnit.TIME, value)


def share(label: str, basis_points: int | None) -> Field:
    return Field(label, FieldUnit.SHARE, basis_points)


def text(label: str, value: str | None) -> Field:
    return Field(label, FieldUnit.PLAIN, value)


def count(label: str, value: int) -> Field:
    return Field(label, FieldUnit.PLAIN, value)


def for_people(fields: Fields) -> dict[str, str]:
    """A line each."""
    return {field.label: field.for_people for field in fields.values()}


def for_programs(fields: Fields) -> dict[str, int | str | None]:
    """By name."""
    return {name: field.for_programs for name, field in fields.items()}


def changes(before: Fields, after: Fields) -> dict[str, str]:
    """One line each: before → after, or a single value if nothing changes."""
    return {field.label: _change(before[name], field) for name, field in after.items()}


def _change(was: Field, will: Field) -> str:
    return will.for_people if was == will else f"{was.bare} → {will.for_people}"
