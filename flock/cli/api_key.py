"""``flock api-key``: API keys, for FLock.io's clients and for the model hub."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from flock.cli.options import Acting, given_as

if TYPE_CHECKING:
    from flock.arena.client import ArenaClient

acting = given_as(Acting)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="API keys of a wallet, for FLock.io's clients and the model hub.",
)

Service = Annotated[str | None, typer.Option("--alliance", help="URL of the service.")]


@app.callback()
def api_key() -> None:
    """A key acts for the wallet that made it, until it is revoked; the service keeps only its hash."""


@app.command(epilog='Example: flock api-key create --label "the trainer in Basel" --key alice')
@acting
def create(
    options: Acting,
    label: Annotated[str, typer.Option(help="What you call the key, to tell it from others.")],
    alliance: Service = None,
) -> None:
    """Make an API key and print it, this once. Whoever has it acts for the wallet at the service."""
    from flock.terminal import print_json

    with _service(options, alliance) as service:
        made = service.make_api_key(label)
    if options.as_json:
        print_json(made)
        return
    typer.echo(made["key"])
    typer.echo(f"Keep it: it is shown this once. `flock api-key revoke {made['id']}` ends it.", err=True)


@app.command("list", epilog="Example: flock api-key list --key alice")
@acting
def list_keys(options: Acting, alliance: Service = None) -> None:
    """List the wallet's API keys by label and beginning, oldest first."""
    from flock.terminal import moment, print_json, print_table

    with _service(options, alliance) as service:
        found = service.api_keys()
    if options.as_json:
        print_json(found)
        return
    rows = [(each["id"], each["label"], each["begins"] + "…", moment(each["made_at"])) for each in found]
    print_table(("id", "label", "key", "made"), rows)


@app.command(epilog="Example: flock api-key revoke 5f2a9c41d07be386 --key alice")
@acting
def revoke(
    options: Acting,
    number: Annotated[str, typer.Argument(metavar="ID", help="Id of the API key.")],
    alliance: Service = None,
) -> None:
    """Revoke an API key; it opens nothing from then on."""
    from flock.terminal import tell

    with _service(options, alliance) as service:
        service.revoke_api_key(number)
    tell(f"The API key {number} is revoked.", as_json=options.as_json, id=number)


@contextmanager
def _service(options: Acting, alliance: str | None) -> Iterator[ArenaClient]:
    """The service, signed in with the wallet's key."""
    from flock.programs.arena_wiring import arena_client
    from flock.programs.settings import SignerSettings
    from flock.programs.wiring import contracts_of, key_of

    settings = options.loaded(SignerSettings, alliance=alliance)
    key = key_of(settings, settings.key)
    with arena_client(settings, contracts_of(settings), key.address, key) as service:
        yield service
