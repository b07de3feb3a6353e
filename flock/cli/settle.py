"""``flock settle``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flock.cli.completion import complete_key
from flock.cli.options import Addresses, AsJson, ChainId, PasswordFile, Rpc

app = typer.Typer(add_completion=False)


@app.command(epilog="Example: flock settle --key settler --watch --blobs s3://bucket/settlements")
def settle(
    key: Annotated[
        str | None,
        typer.Option(help="Key that signs and puts down the bond.", autocompletion=complete_key),
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Go on until stopped.")] = False,
    tree: Annotated[
        Path | None, typer.Option(help="Where to write the document; in the home folder otherwise.")
    ] = None,
    blobs: Annotated[
        str | None, typer.Option(help="Blob store to publish it in: a folder, or an fsspec URL.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be posted; sign nothing, send nothing.")
    ] = False,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="TOML file with the settings.")
    ] = None,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    chain_id: ChainId = None,
    addresses: Addresses = None,
    as_json: AsJson = False,
) -> None:
    """Emit the days that are over, and post the root of all that was earned on them.

    Puts the bond down if needed. Anybody may; a root that is wrong costs the bond. With --watch it may be
    killed and started again at any time.
    """
    from flock.cli import settle_actions as actions
    from flock.programs.settings import SettlerSettings, load

    if watch and (dry_run or tree is not None):
        raise typer.BadParameter("--watch goes with neither --dry-run nor --tree.")
    settings = load(
        SettlerSettings,
        config,
        key=key,
        blobs=blobs,
        password_file=password_file,
        rpc=rpc,
        chain_id=chain_id,
        addresses=addresses,
    )
    if watch:
        actions.watch(settings)
    elif dry_run:
        actions.preview_of(settings, as_json=as_json)
    else:
        actions.settle(settings, tree, as_json=as_json)
