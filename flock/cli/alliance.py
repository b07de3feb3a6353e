"""``flock alliance``: the service that keeps blobs and shows tasks as rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from flock.settings import ServiceSettings
    from flock.store.database import Database

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Serve blobs, tasks, rounds and members.")

ConfigFile = Annotated[Path | None, typer.Option("--config", "-c", help="TOML file with the settings.")]
Rpc = Annotated[str | None, typer.Option(help="JSON-RPC endpoint of the chain.")]
ChainId = Annotated[int | None, typer.Option(help="Chain id it must serve.")]
Addresses = Annotated[Path | None, typer.Option(help="Address book file.")]
Home = Annotated[Path | None, typer.Option(help="Folder of database and blobs.")]


@app.callback()
def alliance() -> None:
    """The service holds nothing that cannot be had from the chain again, but for the blobs."""


@app.command(epilog="Example: flock alliance start --port 8700")
def start(
    config: ConfigFile = None,
    rpc: Rpc = None,
    chain_id: ChainId = None,
    addresses: Addresses = None,
    home: Home = None,
    host: Annotated[str | None, typer.Option(help="Interface to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
) -> None:
    """Serve until stopped. May be killed and started again at any time."""
    from flock.alliance.app import alliance_service
    from flock.cli.wiring import MEBIBYTE, contracts_of
    from flock.settings import ServiceSettings, load
    from flock.web.serve import serve
    from flock.web.uploads import Limits

    settings = load(
        ServiceSettings,
        config,
        rpc=rpc,
        chain_id=chain_id,
        addresses=addresses,
        home=home,
        host=host,
        port=port,
    )
    contracts, limits = contracts_of(settings), Limits(blob=settings.max_blob_mib * MEBIBYTE)
    with _rows(settings) as database:
        service = alliance_service(
            contracts, database, settings.home / "blobs", limits, settings.poll_seconds / 2
        )
        serve(service.app, service.background, settings.host, settings.port)


@app.command(epilog="Example: flock alliance migrate --home ~/flock-alliance")
def migrate(config: ConfigFile = None, home: Home = None) -> None:
    """Bring the database to this version. ``start`` does so too."""
    from flock.settings import ServiceSettings, load

    with _rows(load(ServiceSettings, config, home=home)) as database:
        typer.echo(f"{database.engine.url.database} is up to date.")


@app.command(epilog="Example: flock alliance replay --rpc http://127.0.0.1:8545")
def replay(
    config: ConfigFile = None,
    rpc: Rpc = None,
    chain_id: ChainId = None,
    addresses: Addresses = None,
    home: Home = None,
) -> None:
    """Forget the rows and make them anew from the chain's events. Blobs and publications stay."""
    from flock.alliance.app import alliance_projector
    from flock.cli.wiring import contracts_of
    from flock.settings import ServiceSettings, load

    settings = load(ServiceSettings, config, rpc=rpc, chain_id=chain_id, addresses=addresses, home=home)
    contracts = contracts_of(settings)
    with _rows(settings) as database:
        projector = alliance_projector(contracts, database)
        projector.reset()
        while projector.advance():
            pass
        typer.echo(f"The rows are made anew up to block {projector.projected()}.")


@contextmanager
def _rows(settings: ServiceSettings) -> Iterator[Database]:
    """The service's own database, migrated."""
    from flock import log
    from flock.store.database import migrate as migrate_database
    from flock.store.database import open_database

    log.configure(settings.log_level)
    database = open_database(settings.database or str(settings.home / "flock.db"))
    try:
        migrate_database(database)
        yield database
    finally:
        database.close()
