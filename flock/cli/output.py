"""What commands print: JSON for programs, tables for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence

import typer

UNLIMITED = 1000  # columns, where no terminal sets a width


def print_json(data: object) -> None:
    """``data`` on standard output; addresses, paths and the like as text."""
    typer.echo(json.dumps(data, indent=2, default=str))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table as wide as it needs to be; on a narrow terminal long cells are folded, never cut."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*map(str, row))
    Console(width=None if sys.stdout.isatty() else UNLIMITED).print(table)


def print_fields(title: str, fields: Mapping[str, object]) -> None:
    """One thing's fields, a line each."""
    width = max(map(len, fields), default=0)
    typer.secho(title, bold=True)
    for name, value in fields.items():
        typer.echo(f"  {name:<{width}}  {value}")
