"""``flock market publish``, ``price``, ``retire``, ``payees`` and ``release``: what owners and payees do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flock.cli.completion import complete_key, complete_task
from flock.cli.market_dealing import FLOCK, Service, Token, Version
from flock.cli.options import Connecting, Signing, connecting, signing


def add_to(app: typer.Typer) -> None:
    """Put the commands into ``flock market``."""
    example = (
        "flock market publish model.safetensors --metadata card.json --host-share 20 --royalty 10 --key me"
    )
    app.command(epilog=f"Example: {example}")(publish)
    app.command(epilog="Example: flock market price 7 --call 0.001 --period 30 --key me")(price)
    app.command(epilog="Example: flock market retire 7 --key me --dry-run")(retire)
    app.command(epilog="Example: flock market payees 7 --host hugo")(payees)
    app.command(epilog="Example: flock market release 7 --host hugo --key me")(release)
    app.command("release-maker", epilog="Example: flock market release-maker 1 --to alice --key me")(
        release_maker
    )


@signing
def publish(
    options: Signing,
    metadata: Annotated[Path, typer.Option(help="JSON file: title, kind, summary, licence, metrics, open.")],
    model_file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="The model; left out: what the task has made."),
    ] = None,
    host_share: Annotated[
        str, typer.Option(help="Per cent of a payment, after the fee, for the host.")
    ] = "20",
    royalty: Annotated[str, typer.Option(help="Per cent that children leave for this version.")] = "10",
    task: Annotated[
        int | None,
        typer.Option(help="The task whose result it is.", min=1, autocompletion=complete_task),
    ] = None,
    model: Annotated[int, typer.Option(help="The model it is a version of; 0 for a new one.", min=0)] = 0,
    parent: Annotated[
        list[str] | None, typer.Option(help="An earlier version and its per cent, as 5:10; repeatable.")
    ] = None,
    share: Annotated[
        list[str] | None, typer.Option(help="An account and its per cent, as alice:5; repeatable.")
    ] = None,
    alliance: Service = None,
) -> None:
    """Publish a model, or the result of a task: bring its document, then put it on the chain.

    An upload is committed to ten seconds before it is published, so that nobody who sees it can be first. Repeating
    the command does what is missing. The bytes themselves are brought only if the document says `"open": true`.
    """
    from flock.cli.market_publishing import Wishes, publish_version

    wishes = Wishes(model_file, metadata, host_share, royalty, task, model, parent or [], share or [])
    publish_version(options, wishes, alliance)


@signing
def price(
    options: Signing,
    version: Version,
    call: Annotated[str, typer.Option(help="For a call.")] = "0",
    period: Annotated[str, typer.Option(help="For a subscription of 30 days.")] = "0",
    read: Annotated[str, typer.Option("--input", help="For a million tokens read.")] = "0",
    written: Annotated[str, typer.Option("--output", help="For a million tokens written.")] = "0",
    token: Token = FLOCK,
) -> None:
    """Set what a version costs in a token; all 0 ends its sale for that token."""
    from flock.cli.market_actions import set_price

    set_price(
        options, version, token, {"--call": call, "--period": period, "--input": read, "--output": written}
    )


@signing
def retire(options: Signing, version: Version) -> None:
    """End the sale of a version, for good. What it has earned stays due."""
    from flock.cli.market_actions import retire_version

    retire_version(options, version)


@connecting
def payees(
    options: Connecting,
    version: Version,
    host: Annotated[
        str | None,
        typer.Option(help="By way of which host; left out: royalties.", autocompletion=complete_key),
    ] = None,
    token: Token = FLOCK,
    alliance: Service = None,
) -> None:
    """Show who gets what of a payment, and what is due to each now."""
    from flock.cli.market_view import show_payees
    from flock.programs.settings import AllianceSettings

    settings = options.loaded(AllianceSettings, alliance=alliance)
    show_payees(settings, version, host, token, as_json=options.as_json)


@signing
def release(
    options: Signing,
    version: Version,
    host: Annotated[
        str | None,
        typer.Option(help="By way of which host; left out: royalties.", autocompletion=complete_key),
    ] = None,
    payee: Annotated[
        list[int] | None,
        typer.Option(min=0, help="Number of a payee, repeatable; left out: all that something is due to."),
    ] = None,
    token: Token = FLOCK,
    alliance: Service = None,
) -> None:
    """Pay the payees of a version what is due to them. Anyone can; each is paid at its own address."""
    from flock.cli.market_actions import release_payees

    release_payees(options, (version, host), payee, token, alliance)


@signing
def release_maker(
    options: Signing,
    task: Annotated[int, typer.Argument(help="Number of the task.", min=1, autocompletion=complete_task)],
    maker: Annotated[
        str,
        typer.Option("--to", help="The maker: an address or the name of a key.", autocompletion=complete_key),
    ],
    token: Token = FLOCK,
) -> None:
    """Pay a maker of a task's result its part of what arrived for the makers. Anyone can."""
    from flock.cli.market_actions import release_to_maker

    release_to_maker(options, task, maker, token)
