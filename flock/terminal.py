"""What commands print: JSON for programs, tables for people."""

from __future__ import annotations

import json
import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Self

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.status import Status

UNLIMITED = 1000  # columns, where no terminal sets a width
STDOUT, STDERR = 1, 2  # file descriptors
NARROWEST = 20  # columns of text beside the fields' names
GAP = 2  # columns between a table's columns


def print_json(data: object) -> None:
    """``data`` on standard output; addresses, paths and the like as text."""
    typer.echo(json.dumps(data, indent=2, default=str))


@contextmanager
def output_to_stderr() -> Iterator[None]:
    """Whatever is printed meanwhile goes to standard error, also by C code and by programs started."""
    for stream in (sys.stdout, sys.__stdout__):
        if stream is not None:
            stream.flush()
    kept = os.dup(STDOUT)
    try:
        os.dup2(STDERR, STDOUT)
        with redirect_stdout(sys.stderr):
            yield
        if sys.__stdout__ is not None:
            sys.__stdout__.flush()
    finally:
        os.dup2(kept, STDOUT)
        os.close(kept)


def tell(sentence: str, *, as_json: bool, **data: object) -> None:
    """What was done: a sentence for people, ``data`` for programs."""
    if as_json:
        print_json(data)
    else:
        typer.echo(sentence)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table as wide as it needs to be.

    On a narrow terminal long cells are folded between words; where words do not fit either, each row becomes a block
    of lines. Nothing is cut.
    """
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else UNLIMITED)
    cells = [tuple(map(str, row)) for row in rows]
    least = _longest_words(columns, cells)
    if sum(least) + GAP * (len(columns) - 1) <= console.width:
        _print_as_table(console, columns, cells, least)
    else:
        _print_as_blocks(columns, cells)


def _longest_words(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    """The longest word of each column, its head included."""
    return [
        max(len(word) for cell in cells for word in (cell.split() or [""]))
        for cells in zip(columns, *rows, strict=True)
    ]


def _print_as_table(
    console: Console, columns: Sequence[str], rows: Sequence[Sequence[str]], least: Sequence[int]
) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column, width in zip(columns, least, strict=True):
        table.add_column(column, overflow="fold", min_width=width)
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _print_as_blocks(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    width = max(map(len, columns))
    blocks = (
        "\n".join(
            f"{column:<{width}}  {wrapped(cell, indent=width + 2)}".rstrip()
            for column, cell in zip(columns, row, strict=True)
        )
        for row in rows
    )
    typer.echo("\n\n".join(blocks))


def print_fields(title: str, fields: Mapping[str, object]) -> None:
    """One thing's fields, a line each; on a terminal long ones are wrapped below themselves."""
    width = max(map(len, fields), default=0)
    typer.secho(title, bold=True)
    for name, value in fields.items():
        typer.echo(f"  {name:<{width}}  {wrapped(str(value), indent=width + 4)}".rstrip())


def wrapped(text: str, indent: int) -> str:
    """``text`` for a terminal's width, its further lines indented; elsewhere its lines stay as they are."""
    width = max(NARROWEST, shutil.get_terminal_size().columns - indent) if sys.stdout.isatty() else UNLIMITED
    lines = [
        line
        for part in text.split("\n")
        for line in textwrap.wrap(part, width, break_long_words=False, break_on_hyphens=False) or [""]
    ]
    return ("\n" + " " * indent).join(lines)


def moment(seconds: int | None) -> str:
    """A time in UTC, for people; a dash for none."""
    return "–" if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"


class Progress:
    """A spinner on a terminal that says what is going on, on standard error; nothing elsewhere."""

    def __init__(self, what: str = "") -> None:
        self._what = what
        self._status: Status | None = None

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.console import Console

            self._status = Console(stderr=True).status(self._what)
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status:
            self._status.stop()

    def say(self, what: str) -> None:
        if self._status:
            self._status.update(what)
