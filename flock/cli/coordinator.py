"""``flock coordinator``: make a task's rounds fast."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Make a task's rounds fast: open, call members, finalise.",
)


@app.callback()
def coordinator() -> None:
    """A coordinator has no power: whatever it fails to do, the members do themselves, only later."""


@app.command(epilog="Example: flock coordinator start --task 1 --key keeper")
def start(
    task: Annotated[int | None, typer.Option(help="Task to coordinate.")] = None,
    key: Annotated[str | None, typer.Option(help="Key that signs and earns the keeper fees.")] = None,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="TOML file with the settings.")
    ] = None,
    rpc: Annotated[str | None, typer.Option(help="JSON-RPC endpoint of the chain.")] = None,
    fleet_port: Annotated[int | None, typer.Option(help="Loopback port for Flower nodes.")] = None,
) -> None:
    """Run until stopped. May be killed and started again at any time."""
    from flock.cli.running import run_coordinator
    from flock.settings import CoordinatorSettings, load

    run_coordinator(load(CoordinatorSettings, config, task=task, key=key, rpc=rpc, fleet_port=fleet_port))
