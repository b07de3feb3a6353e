"""``flock alliance``: the service that stores blobs and indexes tasks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flock.cli.options import AsJson, ConfigFile, Finding, finding

if TYPE_CHECKING:
    from flock.programs.settings import ServiceSettings
    from flock.store.database import Database

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Run the service that stores blobs and indexes tasks."
)

Home = Annotated[Path | None, typer.Option(help="Folder of database and blobs.")]


@app.callback()
def alliance() -> None:
    """The service can rebuild everything from the chain except the blobs."""


@app.command(epilog="Example: flock alliance start --port 8700")
@finding
def start(
    options: Finding,
    config: ConfigFile = None,
    home: Home = None,
    host: Annotated[str | None, typer.Option(help="Interface to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    public_url: Annotated[
        str | None, typer.Option(help="Public URL of the service, which clients sign in to.")
    ] = None,
    sponsor_key: Annotated[
        str | None, typer.Option(help="Name of the key that creates tasks for the accounts in `sponsored`.")
    ] = None,
    sponsor_password_file: Annotated[
        Path | None, typer.Option(help="File with that key's password (default: prompt).")
    ] = None,
    operator_key: Annotated[
        str | None, typer.Option(help="Name of the key that acts for wallets that come by /api/v1.")
    ] = None,
    operator_password_file: Annotated[
        Path | None, typer.Option(help="File with that key's password (default: prompt).")
    ] = None,
) -> None:
    """Serve until stopped. May be killed and started again at any time."""
    from flock.programs.settings import ServiceSettings
    from flock.programs.wiring import (
        blobs_of,
        contracts_of,
        operation_of,
        operator_of,
        products_of,
        sponsor_of,
    )
    from flock.service.app import build
    from flock.web.serve import serve

    settings = options.loaded(
        ServiceSettings,
        config,
        home=home,
        host=host,
        port=port,
        public_url=public_url,
        sponsor_key=sponsor_key,
        sponsor_password_file=sponsor_password_file,
        operator_key=operator_key,
        operator_password_file=operator_password_file,
    )
    contracts, sponsor, operator = contracts_of(settings), sponsor_of(settings), operator_of(settings)
    with _rows(settings) as database:
        products = products_of(settings, contracts, database, sponsor, operator)
        service = build(products, contracts, database, blobs_of(settings), operation_of(settings))
        serve(service.app, service.background, settings.host, settings.port)


@app.command(epilog="Example: flock alliance migrate --home ~/flock-alliance")
def migrate(
    config: ConfigFile = None,
    home: Home = None,
    to: Annotated[
        str, typer.Option(help="Target revision; choose an older one before you downgrade flock.")
    ] = "head",
    as_json: AsJson = False,
) -> None:
    """Migrate the database to this version. ``start`` does so too."""
    from flock.programs.settings import ServiceSettings, load
    from flock.store.database import revision_of
    from flock.terminal import tell

    with _rows(load(ServiceSettings, config, home=home), to) as database:
        where = "up to date" if to == "head" else f"at revision {to}"
        sentence = f"{database.address} is {where}."
        tell(sentence, as_json=as_json, database=database.address, revision=revision_of(database))


@app.command(epilog="Example: flock alliance collect --dry-run")
@finding
def collect(
    options: Finding,
    config: ConfigFile = None,
    home: Home = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be removed.")] = False,
    as_json: AsJson = False,
) -> None:
    """Collect garbage: remove blobs that no task needs any more. A running service does so every minute."""
    from dataclasses import asdict

    from flock.programs.settings import ServiceSettings
    from flock.programs.wiring import blobs_of, contracts_of, products_of, retention_of
    from flock.service.app import collector_of
    from flock.service.progress import progress_of
    from flock.terminal import moment, print_json, print_table

    settings = options.loaded(ServiceSettings, config, home=home)
    contracts = contracts_of(settings)
    with _rows(settings) as database:
        products = products_of(settings, contracts, database)
        progress, blobs = progress_of(products, contracts, database), blobs_of(settings)
        collector = collector_of(products, database, blobs, retention_of(settings), progress)
        found = collector.preview() if dry_run else collector.collect()
    if as_json:
        print_json(asdict(found))
        return
    done = "would go" if dry_run else "removed"
    lines = [(done, waste) for waste in found.removed]
    lines += [(f"goes {moment(waste.goes_at)}", waste) for waste in found.waiting]
    print_table(
        ("blob", "task", "bytes", ""), [(waste.cid, waste.task, waste.size, what) for what, waste in lines]
    )


@app.command(epilog="Example: flock alliance replay --rpc http://127.0.0.1:8545")
@finding
def replay(
    options: Finding,
    config: ConfigFile = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Forget the rows and make them anew from the chain's events. Blobs and publications stay."""
    from flock.programs.settings import ServiceSettings
    from flock.programs.wiring import contracts_of, products_of
    from flock.service.progress import progress_of
    from flock.terminal import tell

    settings = options.loaded(ServiceSettings, config, home=home)
    contracts = contracts_of(settings)
    with _rows(settings) as database:
        products = products_of(settings, contracts, database)
        block = progress_of(products, contracts, database).replay()
        tell(f"The rows are made anew up to block {block}.", as_json=as_json, block=block)


@contextmanager
def _rows(settings: ServiceSettings, to: str = "head") -> Iterator[Database]:
    """The service's own database, migrated."""
    from flock import log
    from flock.store.database import migrate as migrate_database
    from flock.store.database import open_database

    log.configure(settings.log_level)
    database = open_database(settings.database or str(settings.home / "flock.db"))
    try:
        migrate_database(database, to)
        yield database
    finally:
        database.close()
