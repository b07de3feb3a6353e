"""The report of a demo of the Arena, for people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from rich.console import Console

from flock.amounts import cut
from flock.devnet.arena.members import HONEST
from flock.devnet.arena.report import (
    ArenaReport,
    Comparison,
    DemoReport,
    Kinds,
    SettlementReport,
    TrainerRow,
    ValidatorRow,
)
from flock.devnet.report import bare_table

MILLION = 1_000_000
UNRANKED = 1 << 30
LEFT = ("trainer", "validator", "kind", "copy of", "who", "how", "honest peer", "what for")
Row = TypeVar("Row")


def print_demo(console: Console, report: DemoReport, folder: Path) -> None:
    """Tables, what became of the money, and where to read on."""
    for arena in report.arenas:
        _print_arena(console, arena)
    lines = [*_settlement(report.settlement), *(f"[red]{each}[/]" for each in report.problems)]
    console.print("\n".join([*lines, "", *_whereabouts(folder)]), highlight=False, soft_wrap=True)


def _print_arena(console: Console, arena: ArenaReport) -> None:
    metric = arena.metric.replace("-", " ")
    console.print(f"\n[bold]{arena.title}[/], by {metric}, the less the better", highlight=False)
    ranked = sorted(arena.trainers, key=lambda row: (row.rank or UNRANKED, row.name))
    _print(console, "Trainers", TRAINERS, ranked)
    _print(console, "Validators", VALIDATORS, arena.validators)
    _print(console, "What cheating cost", CHEATS, arena.cheats)
    _print(console, "Rewards by kind", REWARDS, _kinds(arena.rewards))


def _print(
    console: Console, title: str, columns: Mapping[str, Callable[[Row], str]], rows: Iterable[Row]
) -> None:
    table = bare_table(title, {name: "left" if name in LEFT else "right" for name in columns})
    for row in rows:
        table.add_row(*(shown(row) for shown in columns.values()))
    console.print(table)


def _kinds(found: Kinds) -> Sequence[tuple[str, str, str]]:
    """What for, at once, vesting."""
    return (
        ("trainers, by rank and stake", found.trainers_at_once, found.trainers_vesting),
        ("validators, by closeness and stake", found.validators_at_once, found.validators_vesting),
        ("keepers, by what they pushed on", found.keepers, "0"),
        ("the creator, for days without scores", found.refunded, "0"),
    )


def _settlement(found: SettlementReport) -> Sequence[str]:
    verdict = "[red]not what the chain's events give[/]" if found.faults else "what the chain's events give"
    return (
        f"Emitted {flock(found.emitted)} FLOCK: {flock(found.to_members)} to members, {flock(found.to_treasury)} to "
        f"the treasury, {found.dust} wei of dust. Claimed: {flock(found.claimed)} FLOCK.",
        f"flock verify: the posted root {found.root[:10]}… is {verdict}.",
    )


def _whereabouts(folder: Path) -> Sequence[str]:
    return (
        f"report    {folder / 'report.json'}",
        f"picture   {folder / 'arena.png'}",
        f"logs      {folder / 'logs'}",
        "rules     docs/arena-design.md      run a competition: docs/arena.md",
    )


def flock(wei: str | int) -> str:
    """FLOCK with two decimals, for people; cut towards 0."""
    return f"-{cut(-int(wei), 2)}" if int(wei) < 0 else cut(int(wei), 2)


def _score(millionths: int | None) -> str:
    return "–" if millionths is None else f"{millionths / MILLION:.4f}"


def _distance(millionths: int | None) -> str:
    return "–" if millionths is None else f"{millionths / MILLION:.2f}"


def _kind(kind: str) -> str:
    return kind if kind.startswith(HONEST) else f"[red]{kind}[/]"


def _loss(wei: str) -> str:
    return f"[red]{flock(wei)}[/]" if int(wei) else "–"


def _absences(row: ValidatorRow) -> str:
    return f"{row.absences}, suspended" if row.is_suspended else str(row.absences)


TRAINERS: Mapping[str, Callable[[TrainerRow], str]] = {
    "rank": lambda row: str(row.rank or "–"),
    "trainer": lambda row: row.name,
    "kind": lambda row: _kind(row.kind),
    "on A": lambda row: "failed" if row.failed else _score(row.score_on_a),
    "on B": lambda row: _score(row.score_on_b),
    "copy of": lambda row: row.copy_of or "–",
    "earned": lambda row: flock(row.earned),
    "lost": lambda row: _loss(row.lost),
}
VALIDATORS: Mapping[str, Callable[[ValidatorRow], str]] = {
    "validator": lambda row: row.name,
    "kind": lambda row: _kind(row.kind),
    "judged": lambda row: str(row.judged),
    "distance": lambda row: _distance(row.distance),
    "strikes": lambda row: str(row.strikes),
    "absences": _absences,
    "earned": lambda row: flock(row.earned),
    "slashed": lambda row: _loss(row.lost),
}
CHEATS: Mapping[str, Callable[[Comparison], str]] = {
    "who": lambda row: row.name,
    "how": lambda row: _kind(row.kind),
    "net": lambda row: flock(row.net),
    "honest peer": lambda row: row.peer,
    "its net": lambda row: flock(row.net_of_peer),
    "cheating cost": lambda row: flock(row.cost),
}
REWARDS: Mapping[str, Callable[[tuple[str, str, str]], str]] = {
    "what for": lambda row: row[0],
    "at once": lambda row: flock(row[1]),
    "vesting": lambda row: flock(row[2]),
}
