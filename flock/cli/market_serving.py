"""``flock market hosts``: bonds and listings of hosts. ``flock market host`` is the program that serves."""

from __future__ import annotations

from typing import Annotated

import typer

from flock.cli.completion import complete_key
from flock.cli.market_dealing import Service, Version
from flock.cli.options import Connecting, Signing, connecting, signing

hosts = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Bonds and listings of hosts: bond, serve, leave."
)


def add_to(app: typer.Typer) -> None:
    """Put the commands into ``flock market``."""
    app.add_typer(hosts, name="hosts")


@hosts.command("list", epilog="Example: flock market hosts list --version 7")
@connecting
def list_hosts(
    options: Connecting,
    version: Annotated[int | None, typer.Option(min=1, help="Only hosts of this version.")] = None,
    alliance: Service = None,
) -> None:
    """List hosts, with their bonds and what they serve."""
    from flock.cli.market_view import show_hosts
    from flock.programs.settings import AllianceSettings

    settings = options.loaded(AllianceSettings, alliance=alliance)
    show_hosts(settings, version, as_json=options.as_json)


@hosts.command(epilog="Example: flock market hosts bond --key hugo")
@signing
def bond(options: Signing) -> None:
    """Put up the bond of a host: stake what is missing on the bonds' task, and be taken in."""
    from flock.cli.market_actions import put_up_bond

    put_up_bond(options)


@hosts.command(epilog="Example: flock market hosts serve 7 --key hugo")
@signing
def serve(options: Signing, version: Version) -> None:
    """Register as a host of a version: its payments by way of you get a splitter of their own."""
    from flock.cli.market_actions import serve_version

    serve_version(options, version)


@hosts.command(epilog="Example: flock market hosts leave --key hugo")
@signing
def leave(options: Signing) -> None:
    """Leave: serve nothing new, claim and attribute within a week, have the bond back in two."""
    from flock.cli.market_actions import leave_hosting

    leave_hosting(options)


@hosts.command(epilog="Example: flock market hosts free --key hugo")
@signing
def free(
    options: Signing,
    host: Annotated[
        str | None,
        typer.Argument(help="The host; left out: yourself.", autocompletion=complete_key),
    ] = None,
) -> None:
    """Free the bond of a host that left two weeks ago. Anyone can."""
    from flock.cli.market_actions import free_bond

    free_bond(options, host)
