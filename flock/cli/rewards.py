"""``flock rewards``: what an account has earned from emissions, and how to claim it."""

from __future__ import annotations

from typing import Annotated

import typer

from flock.cli.options import (
    Account,
    Addresses,
    AsJson,
    ChainId,
    DryRun,
    Key,
    PasswordFile,
    Rpc,
    owner_settings,
)

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
def show(
    account: Account = None,
    rpc: Rpc = None,
    chain_id: ChainId = None,
    addresses: Addresses = None,
    as_json: AsJson = False,
) -> None:
    """Show what an account has earned, claimed, can claim, and what is vesting."""
    from flock.cli.rewards_view import show as show_rewards
    from flock.programs.settings import ChainSettings, load

    settings = load(ChainSettings, rpc=rpc, chain_id=chain_id, addresses=addresses)
    show_rewards(settings, account, as_json=as_json)


@app.command(epilog="Example: flock rewards claim --key me")
def claim(
    key: Key,
    for_: For = None,
    dry_run: DryRun = False,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    chain_id: ChainId = None,
    addresses: Addresses = None,
    as_json: AsJson = False,
) -> None:
    """Claim the rewards of the served root, with a proof computed from the chain."""
    from flock.cli import rewards_actions as actions

    settings = owner_settings(key, password_file, rpc, chain_id, addresses)
    actions.claim(settings, for_ or [], dry_run=dry_run, as_json=as_json)


@app.command(epilog="Example: flock rewards release --key me")
def release(
    key: Key,
    for_: For = None,
    dry_run: DryRun = False,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    chain_id: ChainId = None,
    addresses: Addresses = None,
    as_json: AsJson = False,
) -> None:
    """Release what has vested of an account's streams."""
    from flock.cli import rewards_actions as actions

    settings = owner_settings(key, password_file, rpc, chain_id, addresses)
    actions.release(settings, for_ or [], dry_run=dry_run, as_json=as_json)
