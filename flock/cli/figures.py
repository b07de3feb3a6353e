"""Numbers of positions, pools and rewards: as people read them, and as programs do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from flock.cli.amounts import short
from flock.cli.output import moment


class Unit(Enum):
    """What a figure counts."""

    GM = auto()
    FLOCK = auto()
    TIME = auto()
    SHARE = auto()
    PLAIN = auto()


@dataclass(frozen=True)
class Figure:
    """A number that ``label`` names: amounts in wei, times in Unix seconds (0 is never), shares in basis points."""

    label: str
    unit: Unit
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
            case Unit.GM | Unit.FLOCK:
                return short(value)
            case Unit.TIME:
                return moment(value or None)
            case Unit.SHARE:
                return f"{value / 100:g}%"
            case Unit.PLAIN:
                return f"{value:,}"

    @property
    def _unit(self) -> str:
        """Said after the number where the label does not say it."""
        name = {Unit.GM: "gmFLOCK", Unit.FLOCK: "FLOCK"}.get(self.unit, "")
        return f" {name}" if name and name not in self.label else ""

    @property
    def for_programs(self) -> int | str | None:
        """Amounts as decimal text: they do not fit the numbers of every reader of JSON."""
        is_amount = self.unit in (Unit.GM, Unit.FLOCK) and self.value is not None
        return str(self.value) if is_amount else self.value


Figures = Mapping[str, Figure]


def gm(label: str, value: int) -> Figure:
    return Figure(label, Unit.GM, value)


def flock(label: str, value: int) -> Figure:
    return Figure(label, Unit.FLOCK, value)


def time(label: str, value: int) -> Figure:
    return Figure(label, Unit.TIME, value)


def share(label: str, basis_points: int | None) -> Figure:
    return Figure(label, Unit.SHARE, basis_points)


def text(label: str, value: str | None) -> Figure:
    return Figure(label, Unit.PLAIN, value)


def count(label: str, value: int) -> Figure:
    return Figure(label, Unit.PLAIN, value)


def for_people(figures: Figures) -> dict[str, str]:
    """A line each."""
    return {figure.label: figure.for_people for figure in figures.values()}


def for_programs(figures: Figures) -> dict[str, int | str | None]:
    """By name."""
    return {name: figure.for_programs for name, figure in figures.items()}


def changes(before: Figures, after: Figures) -> dict[str, str]:
    """A line each: what was → what will be, or the one of them where nothing changes."""
    return {figure.label: _change(before[name], figure) for name, figure in after.items()}


def _change(was: Figure, will: Figure) -> str:
    return will.for_people if was == will else f"{was.bare} → {will.for_people}"
