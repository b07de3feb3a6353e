"""The report of the market's demo, for people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from rich.console import Console

from flock.amounts import cut
from flock.devnet.market.report import BuyerRow, MarketReport, ModelRow, PayeeRow
from flock.devnet.report import bare_table

LEFT = ("model", "owner", "buyer", "how", "paid for", "payee", "role")
Row = TypeVar("Row")


def print_demo(console: Console, report: MarketReport, folder: Path) -> None:
    """Tables, what became of the money, and where to read on."""
    _print(console, "Models", MODELS, report.models)
    _print(console, "Buyers", BUYERS, report.buyers)
    _print(console, "Payees", PAYEES, report.payees)
    lines = [*_money(report), *(f"[red]{each}[/]" for each in report.problems)]
    console.print("\n".join([*lines, "", *_whereabouts(folder)]), highlight=False, soft_wrap=True)


def _print(
    console: Console, title: str, columns: Mapping[str, Callable[[Row], str]], rows: Iterable[Row]
) -> None:
    table = bare_table(title, {name: "left" if name in LEFT else "right" for name in columns})
    for row in rows:
        table.add_row(*(shown(row) for shown in columns.values()))
    console.print(table)


def _money(report: MarketReport) -> Sequence[str]:
    return (
        f"Buyers paid {flock(report.paid)} FLOCK, payees were paid {flock(report.released)}, {report.left} wei of "
        f"divisions are left in splitters, {report.dust} wei of dust.",
    )


def _whereabouts(folder: Path) -> Sequence[str]:
    return (
        f"report    {folder / 'report.json'}",
        f"logs      {folder / 'logs'}",
        "rules     docs/market-design.md      publish, host and buy: docs/market.md",
    )


def flock(wei: str | int) -> str:
    """FLOCK with four decimals, for people; cut towards 0."""
    return cut(int(wei), 4)


MODELS: Mapping[str, Callable[[ModelRow], str]] = {
    "version": lambda row: str(row.version),
    "model": lambda row: row.name,
    "owner": lambda row: row.owner,
    "made from": lambda row: "–" if row.parent is None else str(row.parent),
    "accuracy": lambda row: f"{row.accuracy:.2f}",
    "a call": lambda row: flock(row.price),
    "earned": lambda row: flock(row.earned),
}
BUYERS: Mapping[str, Callable[[BuyerRow], str]] = {
    "buyer": lambda row: row.name,
    "how": lambda row: row.how,
    "answers": lambda row: str(row.answers or "–"),
    "402": lambda row: str(row.refused or "–"),
    "charged": lambda row: flock(row.charged),
    "paid": lambda row: flock(row.paid),
}
PAYEES: Mapping[str, Callable[[PayeeRow], str]] = {
    "paid for": lambda row: row.via,
    "role": lambda row: row.role,
    "payee": lambda row: row.name,
    "released": lambda row: flock(row.released),
}
