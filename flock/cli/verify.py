"""``flock verify``."""

from __future__ import annotations

from typing import Annotated

import typer

from flock.cli.options import Connecting, connecting

app = typer.Typer(add_completion=False)


@app.command(epilog="Example: flock verify 7 --tree settlements/20789.json")
@connecting
def verify(
    options: Connecting,
    root: Annotated[
        int | None,
        typer.Argument(help="Number of the root.", show_default="the pending or newest one", min=1),
    ] = None,
    day: Annotated[
        int | None, typer.Option(help="Verify the newest root of all days before this one.", min=1)
    ] = None,
    block: Annotated[
        int | None, typer.Option(help="Last block whose events count (default: the newest).", min=0)
    ] = None,
    tree: Annotated[
        str | None, typer.Option(help="The posted document: a file, or a URL that fsspec supports.")
    ] = None,
    blobs: Annotated[
        str | None, typer.Option(help="Blob store to find it in: a folder, or an fsspec URL.")
    ] = None,
) -> None:
    """Recompute a posted root from the chain's events and compare.

    Exit code: 0 if the root is right, 1 if it is wrong, 75 if there is none yet or a service does not answer.

    Checks the root, its total and its document, and that the distributor serves the root that was served last.
    The document is only needed to name the first account that differs.
    """
    from flock.cli import settle_checking as checking

    if root is not None and day is not None:
        raise typer.BadParameter("Name a root or a --day, not both.")
    sought = checking.Sought(root, day, block, tree, blobs)
    if not checking.verify(options.settings, sought, as_json=options.as_json):
        raise typer.Exit(1)
