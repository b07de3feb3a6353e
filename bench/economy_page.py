"""``python -m bench.economy_page``: plays what is missing of docs/economy, then renews the page's tables and plots.

Each study is one ``flock sim`` command, named in the page; its rows are kept as a CSV file. Delete a file to play
its study again. A test fails when page and files disagree.
"""

import csv
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from flock.simulation import alliance_season, plots, tolerance, validators
from flock.simulation.alliance_season import RING, SHARES, AllianceSeason
from flock.simulation.comparing import compare, default_jobs
from flock.simulation.play import PLAYS, ActorRole, Play, Strategy
from flock.simulation.report import SeasonRow, row_of, rows_of
from flock.simulation.rules import Scale
from flock.simulation.season import Season
from flock.simulation.sweeping import sweep
from flock.simulation.tolerance import ToleranceRow
from flock.simulation.validators import ValidatorRow

FOLDER = Path("docs/economy")
PAGE = Path("docs/economy.md")
MARKED = re.compile(r"(<!-- table: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
SHARE, SEEDS, ALLIANCE_SEEDS, VALIDATOR_SEEDS = 0.1, 3, 10, 5
LARGE, SMALL = Scale(days=105, delegators=6_300), Scale(105, 200, 350, 2_100)
BRIEF = Scale(61, 200, 350, 2_100)
NUMBERS = ("gross", "cost", "lost", "net", "per_cost", "honest", "ratio", "low", "high")
KEPT = ("rule", "value", "role", "strategy", "ratio", "low", "high", "beats_honesty")

Lines = list[str]
Tried = dict[str, Any]


def main() -> int:
    """Nothing is played whose file is there."""
    FOLDER.mkdir(exist_ok=True)
    if not path_of("season").exists():
        keep_season(rows_of(compare(Season(), PLAYS, SEEDS, SHARE, default_jobs())))
    if not path_of("alliance").exists():
        keep_alliance()
    for name in validators.STUDIES:
        if not path_of(name).exists():
            keep_validators(name)
    if not path_of("tolerance").exists():
        keep_tolerance()
    for name, studies in STUDIES.items():
        if not path_of(name).exists():
            keep_sweep(name, [row for study in studies for row in study.rows()])
    PAGE.write_text(rendered(PAGE.read_text()))
    draw()
    return 0


def path_of(study: str) -> Path:
    """Where its rows are."""
    return FOLDER / f"{study}.csv"


def keep_season(rows: Sequence[SeasonRow]) -> None:
    """Write the rows of the season under the defaults."""
    _write(path_of("season"), [asdict(row) for row in rows], [field.name for field in fields(SeasonRow)])


def keep_alliance() -> None:
    """Play an Alliance with rings of several sizes, and write how each fared."""
    seasons = [AllianceSeason(share=share) for share in SHARES]
    rows = [row for season in seasons for row in alliance_season.compare(season, RING, ALLIANCE_SEEDS)]
    names = [field.name for field in fields(alliance_season.RingRow)]
    _write(path_of("alliance"), [asdict(row) for row in rows], names)


def keep_validators(name: str) -> None:
    """Play one of the studies of validators, and write how each case fared."""
    rows = validators.rows_of(name, VALIDATOR_SEEDS, jobs=default_jobs())
    _write(path_of(name), [asdict(row) for row in rows], [field.name for field in fields(ValidatorRow)])


def keep_tolerance() -> None:
    """Write how often panels go wrong under each tolerance."""
    rows = [asdict(row) for row in tolerance.rows_of()]
    _write(path_of("tolerance"), rows, [field.name for field in fields(ToleranceRow)])


def keep_sweep(name: str, rows: Sequence[Tried]) -> None:
    """Write the rows of a study with one rule after the other changed."""
    _write(path_of(name), [{key: row[key] for key in KEPT} for row in rows], KEPT)


def rendered(text: str) -> str:
    """The page with every marked table as the files have it."""
    return MARKED.sub(lambda found: found[1] + "\n".join(["", *TABLES[found[2]](), "", ""]) + found[3], text)


def draw() -> None:
    """Write the plots beside the files."""
    plots.draw([_row(row) for row in read(path_of("season"))], FOLDER / "season.png")
    curves = {
        "cool-down, days": _curves("cooldown"),
        "delegators that leave when σ rises": _curves("attentive"),
    }
    plots.draw_curves(curves, FOLDER / "delegation.png")


@dataclass(frozen=True)
class Study:
    """One rule or more at other values, in seasons of ``scale``, for some strategies of one role."""

    values: Mapping[str, Sequence[str]]
    role: ActorRole
    strategies: Sequence[Strategy]
    scale: Scale = SMALL
    but: Sequence[tuple[str, str]] = ()

    def rows(self) -> list[Tried]:
        """Play it; the rules named in ``but`` are changed throughout."""
        season = Season(scale=self.scale)
        for name, value in self.but:
            season = season.with_value(name, value)
        plays = [Play(self.role, strategy) for strategy in self.strategies]
        return [
            {"rule": tried.rule, "value": tried.value, **asdict(row_of(each))}
            for tried in sweep(season, self.values, plays, SEEDS, SHARE, default_jobs())
            for each in tried.compared
        ]


IDLE = (Strategy.LAZY, Strategy.SKIMPING, Strategy.COPYING, Strategy.LATE)
CHASING = (Strategy.CHASING,)
MODELS = (Strategy.LAZY, Strategy.SYBIL)
TERMS = (Strategy.BAIT, Strategy.JIT)
STUDIES: Mapping[str, Sequence[Study]] = {
    "cooldown": (Study({"cooldown": ("1", "7", "14")}, ActorRole.DELEGATOR, CHASING, LARGE),),
    "attentive": tuple(
        Study({"attentive": ("0", "0.5", "1")}, role, (Strategy.BAIT,), LARGE, (("rising_sigma", "yes"),))
        for role in (ActorRole.TRAINER, ActorRole.VALIDATOR)
    ),
    "sweep": (
        Study(
            {
                "lam": ("0", "0.5", "2"),
                "slash": ("0", "0.01"),
                "miss": ("0",),
                "openings": ("0",),
                "work": ("0.6",),
            },
            ActorRole.VALIDATOR,
            IDLE,
            BRIEF,
        ),
        Study(
            {"c": ("1", "6"), "delta": ("1",), "margin": ("0.1",), "work": ("0.6",)},
            ActorRole.TRAINER,
            MODELS,
            BRIEF,
        ),
        Study(
            {"c": ("1", "6"), "epsilon": ("0.25", "1"), "sigma": ("0.2", "0.8")}, ActorRole.DELEGATOR, CHASING
        ),
        Study(
            {"epsilon": ("1",), "sigma": ("0.8",), "absence": ("0.01",), "held": ("no",)},
            ActorRole.VALIDATOR,
            TERMS,
            BRIEF,
        ),
        Study({"gamma": ("0", "0.3"), "operator_fee": ("0.2",)}, ActorRole.TRAINER, MODELS, BRIEF),
        Study({"delegator_fee": ("0.3",)}, ActorRole.DELEGATOR, CHASING),
    ),
}


# --- Tables ---


def _season() -> Lines:
    head = ("role", "strategy", "what it does", "gross", "cost", "slashed", "net", "of honest", "per cost")
    rows = []
    for row in map(_row, read(path_of("season"))):
        money = (f"{value:.1f}" for value in (row.gross, row.cost, row.lost, row.net, row.per_cost))
        gross, cost, lost, net, per_cost = money
        ratio = "1" if row.strategy == "honest" else _ratio(asdict(row))
        rows.append((row.role, row.strategy, row.what, gross, cost, lost, net, ratio, per_cost))
    return _table(head, rows)


def _alliance() -> Lines:
    """Each strategy, by the ring's share of members; and what everybody else nets beside it."""
    found = read(path_of("alliance"))
    shares = list(dict.fromkeys(row["share"] for row in found))
    head = ("strategy", "what the ring does", *(f"ring of {float(share):.0%}" for share in shares))
    rows = []
    for strategy, what in dict.fromkeys((row["strategy"], row["what"]) for row in found):
        cells = (_ring_cell(row) for row in found if row["strategy"] == strategy)
        rows.append((strategy, what, *cells))
    return _table(head, rows)


def _ring_cell(row: Mapping[str, str]) -> str:
    return f"{_ratio(row)}; others {float(row['others']):.2f}"


def _by_value(name: str) -> Lines:
    found = read(path_of(name))
    columns = list(dict.fromkeys((row["role"], row["strategy"]) for row in found))
    head = (found[0]["rule"], *(f"{strategy} ({role})" for role, strategy in columns))
    rows = []
    for value in dict.fromkeys(row["value"] for row in found):
        cells = {(row["role"], row["strategy"]): _ratio(row) for row in found if row["value"] == value}
        rows.append((value, *(cells.get(column, "–") for column in columns)))
    return _table(head, rows)


def _sweep() -> Lines:
    """Each strategy under each value it was tried with."""
    found = read(path_of("sweep"))
    keys = dict.fromkeys((row["rule"], row["value"], row["role"]) for row in found)
    rows = []
    for rule, value, role in sorted(keys, key=lambda key: (key[0], _in_order(key[1]), key[2])):
        here = [row for row in found if (row["rule"], row["value"], row["role"]) == (rule, value, role)]
        cells = ", ".join(f"{row['strategy']} {_ratio(row)}" for row in here)
        rows.append((f"`{rule}`", value, role, cells))
    return _table(("rule", "value", "role", "net pay, honest = 1"), rows)


def _losses() -> Lines:
    """What each lost of its stake under every variant, what it was paid, and what the others lost."""
    names, found = _validator_rows("losses")
    rows = []
    for case, row in found.items():
        first = row[names[0]]
        lost = (f"{float(row[name]['lost']):.2%}" for name in names)
        rows.append((case, *lost, f"{float(first['pay']):.2f}", f"{float(first['others']):.2%}"))
    return _table(("who", *names, "pay", "others lose"), rows)


def _copying() -> Lines:
    """By rate of openings: what each kind of copier nets beyond its honesty."""
    names, found = _validator_rows("copying")
    rows = [(name, *(_gain(row[name]) for row in found.values())) for name in names]
    return _table(("panels opened", *found), rows)


def _gain(row: Mapping[str, str]) -> str:
    text = f"{float(row['gain']):+.1f} ({float(row['low']):+.1f} to {float(row['high']):+.1f})"
    return f"**{text}**" if float(row["low"]) > 0 else text


def _pay() -> Lines:
    names, found = _validator_rows("pay")
    rows = [(case, *(f"{float(row[name]['pay']):.2f}" for name in names)) for case, row in found.items()]
    return _table(("who", *(f"{name} distances" for name in names)), rows)


def _validator_rows(study: str) -> tuple[Lines, Mapping[str, Mapping[str, Mapping[str, str]]]]:
    """The variants of a study, and its rows by case and variant."""
    found = read(path_of(study))
    cases: dict[str, dict[str, Mapping[str, str]]] = {}
    for row in found:
        cases.setdefault(row["case"], {})[row["variant"]] = row
    return list(dict.fromkeys(row["variant"] for row in found)), cases


def _tolerance() -> Lines:
    head = ("T", "machines", "medians", "medians off by more than T", "strikes of others", "overtaken")
    rows = []
    for row in read(path_of("tolerance")):
        shares = (f"{float(row[name]):.2%}" for name in ("wrong", "struck", "overtaken"))
        rows.append((f"{row['tolerance']}σ", row["machines"], row["weights"], *shares))
    return _table(head, rows)


TABLES: Mapping[str, Callable[[], Lines]] = {
    "season": _season,
    "alliance": _alliance,
    "cooldown": lambda: _by_value("cooldown"),
    "attentive": lambda: _by_value("attentive"),
    "sweep": _sweep,
    "losses": _losses,
    "copying": _copying,
    "pay": _pay,
    "tolerance": _tolerance,
}


def _in_order(value: str) -> float:
    """Numbers in their order; words after them."""
    return float(value) if value[0].isdigit() else float("inf")


def _ratio(row: Mapping[str, Any]) -> str:
    text = f"{float(row['ratio']):.2f} ({float(row['low']):.2f} to {float(row['high']):.2f})"
    return f"**{text}**" if str(row["beats_honesty"]) == "True" else text


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Lines:
    return ["| " + " | ".join(line) + " |" for line in (head, ["---"] * len(head), *rows)]


# --- Files ---


def _curves(name: str) -> dict[str, list[tuple[float, SeasonRow]]]:
    lines: dict[str, list[tuple[float, SeasonRow]]] = {}
    for row in read(path_of(name)):
        lines.setdefault(f"{row['strategy']} ({row['role']})", []).append((float(row["value"]), _row(row)))
    return lines


def _row(row: Mapping[str, str]) -> SeasonRow:
    """Of a file; what it does not hold is nothing."""
    numbers = {name: float(row.get(name, 0)) for name in NUMBERS}
    return SeasonRow(
        role=row["role"],
        strategy=row["strategy"],
        what=row.get("what", ""),
        beats_honesty=row["beats_honesty"] == "True",
        **numbers,
    )


def read(path: Path) -> list[dict[str, str]]:
    """The rows of a study."""
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def _write(path: Path, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    sys.exit(main())
