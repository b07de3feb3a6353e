"""``flock new``: begin something of your own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flock.cli.completion import complete_key, complete_task

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Begin an app and a task of your own.")


@app.callback()
def new() -> None:
    """Begin an app and a task of your own."""


@app.command("app", epilog="Example: flock new app hospital")
def app_(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="New folder; its name names the app.")],
    key: Annotated[
        str | None,
        typer.Option(
            help="Name of the key that signs.",
            show_default="the folder's name",
            autocompletion=complete_key,
        ),
    ] = None,
    task: Annotated[int, typer.Option(min=1, help="Task to take part in.", autocompletion=complete_task)] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write a Flower app that reads a CSV file, its first model, a task's files and a node's configuration.

    What it writes runs as it is, with made-up data. The commands that it prints make a task of it and take part.
    """
    from flock.cli.new_app import print_started, start_app

    print_started(start_app(folder, key, task), as_json=as_json)
