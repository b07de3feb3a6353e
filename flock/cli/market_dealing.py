"""``flock market list``, ``show`` and ``subscriptions``: what buyers do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flock.cli.completion import complete_key
from flock.cli.options import Account, Connecting, Signing, connecting, signing

FLOCK = "FLOCK"
Service = Annotated[str | None, typer.Option("--alliance", help="URL of the service.")]
Version = Annotated[int, typer.Argument(help="Number of the version.", min=1)]
Token = Annotated[str, typer.Option("--token", help="FLOCK, or the address of a token.")]
Host = Annotated[
    str,
    typer.Option("--host", help="The host: an address or the name of a key.", autocompletion=complete_key),
]

subscriptions = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Subscriptions to models: buy, list, cancel."
)


def add_to(app: typer.Typer) -> None:
    """Put the commands into ``flock market``."""
    app.command("list", epilog='Example: flock market list --search "digits" --listed')(list_models)
    app.command(epilog="Example: flock market show 7")(show)
    app.command(epilog="Example: flock market fetch 7 model.safetensors")(fetch)
    app.add_typer(subscriptions, name="subscriptions")


@connecting
def list_models(
    options: Connecting,
    search: Annotated[str | None, typer.Option(help="Words of the title, summary, tags or licence.")] = None,
    owner: Annotated[str | None, typer.Option(help="Only models of this address or key.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only models of this kind, such as image.")] = None,
    task: Annotated[int | None, typer.Option(min=1, help="Only what this task has made.")] = None,
    listed: Annotated[bool, typer.Option("--listed", help="Only what is for sale.")] = False,
    after: Annotated[int, typer.Option(min=0, help="Only models after this one: the next page.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many at most.")] = 100,
    alliance: Service = None,
) -> None:
    """List and search the models on the market, as the service knows them."""
    from flock.cli.market_view import list_found
    from flock.programs.settings import AllianceSettings

    wanted = {"search": search, "kind": kind, "task": task, "after": after, "limit": limit}
    settings = options.loaded(AllianceSettings, alliance=alliance)
    list_found(settings, {**wanted, "listed": listed or None}, owner, as_json=options.as_json)


@connecting
def show(options: Connecting, version: Version, alliance: Service = None) -> None:
    """Show a version: what it is, where it comes from, what it costs, who serves it and what it has earned."""
    from flock.cli.market_view import show_version
    from flock.programs.settings import AllianceSettings

    settings = options.loaded(AllianceSettings, alliance=alliance)
    show_version(settings, version, as_json=options.as_json)


@connecting
def fetch(
    options: Connecting,
    version: Version,
    output: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it.")],
    document: Annotated[
        bool, typer.Option("--document", help="The document that was published, not the bytes.")
    ] = False,
    max_mib: Annotated[int, typer.Option(min=1, help="Refuse files larger than this.")] = 4096,
    alliance: Service = None,
) -> None:
    """Fetch the bytes of an open version, or its document, checked against the digest on the chain."""
    from flock.cli.market_fetching import fetch_file
    from flock.programs.settings import AllianceSettings

    settings = options.loaded(AllianceSettings, alliance=alliance)
    fetch_file(settings, version, output, max_mib, document=document, as_json=options.as_json)


@subscriptions.command(
    "buy", epilog="Example: flock market subscriptions buy 7 --host hugo --periods 1 --key me"
)
@signing
def buy(
    options: Signing,
    version: Version,
    host: Host,
    periods: Annotated[int, typer.Option(min=1, max=12, help="How many periods of 30 days.")] = 1,
    token: Token = FLOCK,
) -> None:
    """Buy a subscription to a version at a host. It vests by the second and can be cancelled at any time."""
    from flock.cli.market_actions import buy_subscription

    buy_subscription(options, version, host, periods, token)


@subscriptions.command("cancel", epilog="Example: flock market subscriptions cancel 4 --key me")
@signing
def cancel(
    options: Signing, subscription: Annotated[int, typer.Argument(help="Number of the subscription.", min=1)]
) -> None:
    """Cancel a subscription and get back what has not vested.

    Of a host that has no bond any more, anyone can cancel; the money goes to the subscriber all the same.
    """
    from flock.cli.market_actions import cancel_subscription

    cancel_subscription(options, subscription)


@subscriptions.command("list", epilog="Example: flock market subscriptions list me")
@connecting
def list_subscriptions(options: Connecting, account: Account = None, alliance: Service = None) -> None:
    """List the subscriptions of an account."""
    from flock.cli.market_view import show_subscriptions
    from flock.programs.settings import AllianceSettings

    settings = options.loaded(AllianceSettings, alliance=alliance)
    show_subscriptions(settings, account, as_json=options.as_json)
