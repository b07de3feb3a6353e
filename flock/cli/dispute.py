"""``flock dispute``."""

from __future__ import annotations

from typing import Annotated

import typer

from flock.cli.options import Signing, signing

app = typer.Typer(add_completion=False)


@app.command(epilog="Example: flock dispute 7 --key watcher")
@signing
def dispute(
    options: Signing,
    root: Annotated[int, typer.Argument(help="Number of the root.", min=1)],
    force: Annotated[
        bool, typer.Option("--force", help="Dispute it even though the chain's events say that it is right.")
    ] = False,
) -> None:
    """Recompute a posted root and, if it is wrong, dispute it with a bond.

    The root is parked until governance decides: half of the losing side's bond goes to the winner.
    """
    from flock.cli import settle_checking as checking

    checking.dispute(options, root, force=force)
