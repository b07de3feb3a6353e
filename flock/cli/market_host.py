"""``flock market host`` and ``flock market call``: sell calls of models, and buy one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flock.cli.options import Finding, finding

HostFile = Annotated[
    Path, typer.Option("--config", "-c", help="The host's TOML file.", envvar="FLOCK_HOST_CONFIG")
]


def add_to(app: typer.Typer) -> None:
    """Put the commands into ``flock market``."""
    app.command(epilog="Example: flock market host --config host.toml")(host)


@finding
def host(options: Finding, config: HostFile = Path("host.toml")) -> None:
    """Serve models for money until stopped. You can kill and restart it at any time.

    The file names a `key`, that of the bonded host, and `[[models]]`: see docs/market-host.md.
    """
    from flock.programs.hosting import run_host
    from flock.programs.settings import HostSettings

    run_host(options.loaded(HostSettings, config))
