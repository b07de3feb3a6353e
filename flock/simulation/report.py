"""Results as plain data, for printing, JSON and plots."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import mean
from typing import Any

from flock.simulation.comparing import Compared, NetPay
from flock.simulation.play import TITLES
from flock.simulation.season import Season

DIGITS = 4


@dataclass(frozen=True)
class SeasonRow:
    """One strategy: means over seeds of FLOCK for each 1,000 gmFLOCK, and ``ratio`` of net to what honesty nets."""

    role: str
    strategy: str
    gross: float
    cost: float
    lost: float
    net: float
    per_cost: float
    honest: float
    ratio: float
    low: float
    high: float
    beats_honesty: bool
    what: str


def row_of(compared: Compared) -> SeasonRow:
    """The means of one strategy."""
    play, ratio = compared.play, compared.ratio
    means = {name: _mean(compared.earned, name) for name in ("gross", "cost", "lost", "net", "per_cost")}
    return SeasonRow(
        play.role.value,
        play.strategy.value,
        **means,
        honest=_mean(compared.honest, "net"),
        ratio=round(ratio.value, DIGITS),
        low=round(ratio.low, DIGITS),
        high=round(ratio.high, DIGITS),
        beats_honesty=compared.beats_honesty,
        what=TITLES.get((play.role, play.strategy), ""),
    )


def honest_row(compared: Compared) -> SeasonRow:
    """Honesty itself, as the actors of this comparison fare by it."""
    earned = compared.honest
    means = {name: _mean(earned, name) for name in ("gross", "cost", "lost", "net", "per_cost")}
    return SeasonRow(
        compared.play.role.value,
        "honest",
        **means,
        honest=means["net"],
        ratio=1.0,
        low=1.0,
        high=1.0,
        beats_honesty=False,
        what="",
    )


def rows_of(results: Sequence[Compared]) -> list[SeasonRow]:
    """Rows by role, honesty first."""
    rows: list[SeasonRow] = []
    for each in results:
        if each.play.role.value not in {row.role for row in rows}:
            rows.append(honest_row(each))
        rows.append(row_of(each))
    return sorted(rows, key=lambda row: ("trainer", "validator", "delegator").index(row.role))


def document(season: Season, seeds: int, share: float, rows: Sequence[SeasonRow]) -> Mapping[str, Any]:
    """All of it for programs, with what it follows from."""
    return {
        "season": asdict(season),
        "seeds": seeds,
        "share": share,
        "strategies": [asdict(row) for row in rows],
    }


def _mean(earned: Sequence[NetPay], name: str) -> float:
    values: list[float] = [getattr(each, name) for each in earned]
    return round(mean(values), DIGITS)
