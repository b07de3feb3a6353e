"""``flock dispute``."""

from __future__ import annotations

from typing import Annotated

import typer

from flock.cli.options import Addresses, AsJson, ChainId, DryRun, Key, PasswordFile, Rpc, owner_settings

app = typer.Typer(add_completion=False)


@app.command(epilog="Example: flock dispute 7 --key watcher")
def dispute(
    root: Annotated[int, typer.Argument(help="Number of the root.", min=1)],
    key: Key,
    force: Annotated[
        bool, typer.Option("--force", help="Dispute it even though the chain's events say that it is right.")
    ] = False,
    dry_run: DryRun = False,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    chain_id: ChainId = None,
    addresses: Addresses = None,
    as_json: AsJson = False,
) -> None:
    """Recompute a posted root and, if it is wrong, dispute it with a bond.

    The root is parked until governance decides: half of the losing side's bond goes to the winner.
    """
    from flock.cli import settle_checking as checking

    settings = owner_settings(key, password_file, rpc, chain_id, addresses)
    checking.dispute(settings, root, force=force, dry_run=dry_run, as_json=as_json)
