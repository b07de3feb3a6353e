"""``flock rewards``: what an account has earned from emissions, and how to claim it."""

from __future__ import annotations

from typing import Annotated

import typer

from flock.cli.options import Account, Connecting, Signing, connecting, signing

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Show and claim what an account has earned from emissions.",
)

For = Annotated[
    list[str] | None,
    typer.Option("--for", help="Account to act for, by address or key; repeat for more."),
]


@app.command(epilog="Example: flock rewards show me")
@connecting
def show(
    options: Connecting,
    account: Account = None,
) -> None:
    """Show what an account has earned, claimed, can claim, and what is vesting."""
    from flock.cli.rewards_view import show as show_rewards

    show_rewards(options.settings, account, as_json=options.as_json)


@app.command(epilog="Example: flock rewards claim --key me")
@signing
def claim(
    options: Signing,
    for_: For = None,
) -> None:
    """Claim the rewards of the served root, with a proof computed from the chain."""
    from flock.cli import rewards_actions as actions

    actions.claim(options, for_ or [])


@app.command(epilog="Example: flock rewards release --key me")
@signing
def release(
    options: Signing,
    for_: For = None,
) -> None:
    """Release what has vested of an account's streams."""
    from flock.cli import rewards_actions as actions

    actions.release(options, for_ or [])
