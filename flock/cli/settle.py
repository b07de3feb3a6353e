"""``flock settle``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flock.cli.completion import complete_key
from flock.cli.options import AsJson, ConfigFile, Finding, PasswordFile, finding

app = typer.Typer(add_completion=False)


@app.command(epilog="Example: flock settle --key settler --watch --blobs s3://bucket/settlements")
@finding
def settle(
    options: Finding,
    key: Annotated[
        str | None,
        typer.Option(help="Key that signs and deposits the bond.", autocompletion=complete_key),
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Keep running until stopped.")] = False,
    tree: Annotated[
        Path | None, typer.Option(help="Where to write the document (default: in the home folder).")
    ] = None,
    blobs: Annotated[
        str | None, typer.Option(help="Blob store to publish it in: a folder, or an fsspec URL.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be posted; sign nothing, send nothing.")
    ] = False,
    config: ConfigFile = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """Emit the days that are over, and post the root of all rewards earned on them.

    Deposits the bond if needed. Anyone can; a wrong root costs the bond. With --watch it can be
    killed and restarted at any time.
    """
    from flock.cli import settle_actions as actions
    from flock.programs.settings import SettlerSettings

    if watch and (dry_run or tree is not None):
        raise typer.BadParameter("--watch cannot be combined with --dry-run or --tree.")
    settings = options.loaded(SettlerSettings, config, key=key, blobs=blobs, password_file=password_file)
    if watch:
        actions.watch(settings)
    elif dry_run:
        actions.preview_of(settings, as_json=as_json)
    else:
        actions.settle(settings, tree, as_json=as_json)
