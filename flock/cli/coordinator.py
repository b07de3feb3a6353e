"""``flock coordinator``: speed up a task's rounds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flock.cli.options import ConfigFile, Finding, finding

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Speed up a task's rounds: draw, call members, finalise.",
)


@app.callback()
def coordinator() -> None:
    """A coordinator has no power: members do themselves what it fails to do, only later."""


@app.command(epilog="Example: flock coordinator start --task 1 --key keeper")
@finding
def start(
    options: Finding,
    task: Annotated[int | None, typer.Option(help="Task to coordinate.")] = None,
    key: Annotated[str | None, typer.Option(help="Key that signs and earns the keeper fees.")] = None,
    config: ConfigFile = None,
    front_host: Annotated[str | None, typer.Option(help="Interface that nodes connect to.")] = None,
    front_port: Annotated[int | None, typer.Option(help="Port that nodes connect to.")] = None,
    tls_certificate: Annotated[Path | None, typer.Option(help="The front's certificate (PEM).")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="The certificate's private key (PEM).")] = None,
    fab: Annotated[Path | None, typer.Option(help="The Flower App Bundle (FAB) that the task pins.")] = None,
) -> None:
    """Run until stopped. You can kill and restart it at any time."""
    from flock.programs.running import run_coordinator
    from flock.programs.settings import CoordinatorSettings

    settings = options.loaded(
        CoordinatorSettings,
        config,
        task=task,
        key=key,
        front_host=front_host,
        front_port=front_port,
        tls_certificate=tls_certificate,
        tls_key=tls_key,
        fab=fab,
    )
    run_coordinator(settings)


@app.command(epilog="Example: flock coordinator certificate --host coordinator.example --host 10.0.0.5")
def certificate(
    host: Annotated[list[str], typer.Option(help="Host name or IP address at which nodes reach the front.")],
    folder: Annotated[Path, typer.Option(help="Folder for the files.")] = Path("tls"),
    days: Annotated[int, typer.Option(help="Validity in days.", min=1, max=3650)] = 397,
) -> None:
    """Create a TLS certificate for the front of a private network, and the CA that signs it.

    Repeat it to renew: the CA stays the same, so nodes need nothing new.
    """
    from flock.training.certificates import AUTHORITY, CERTIFICATE, KEY, make_certificate

    make_certificate(folder, host, days)
    typer.echo(f'tls_certificate = "{folder / CERTIFICATE}"\ntls_key = "{folder / KEY}"')
    typer.echo(f"Give {folder / AUTHORITY} to the nodes, as their coordinator_ca.", err=True)
