"""``flock rewards``: what an account has earned from emissions, and how it gets it."""

from __future__ import annotations

from typing import Annotated

import typer

from flock.cli.options import Account, Connecting, Signing, connecting, signing

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="What an account has earned from emissions, and how it gets it.",
)

For = Annotated[
    list[str] | None,
    typer.Option("--for", help="For this account instead, by address or key; may be repeated."),
]


@app.command(epilog="Example: flock rewards show me")
@connecting
def show(
    options: Connecting,
    account: Account = None,
) -> None:
    """Show what an account has earned, has had, may claim, and what vests."""
    from flock.cli.rewards_view import show as show_rewards

    show_rewards(options.settings, account, as_json=options.as_json)


@app.command(epilog="Example: flock rewards claim --key me")
@signing
def claim(
    options: Signing,
    for_: For = None,
) -> None:
    """Claim what the served root owes, with a proof computed from the chain itself."""
    from flock.cli import rewards_actions as actions

    actions.claim(options, for_ or [])


@app.command(epilog="Example: flock rewards release --key me")
@signing
def release(
    options: Signing,
    for_: For = None,
) -> None:
    """Pay out what has vested of an account's streams."""
    from flock.cli import rewards_actions as actions

    actions.release(options, for_ or [])
