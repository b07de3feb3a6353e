"""``flock stake``: lock FLOCK, stake gmFLOCK on tasks, withdraw both."""

from __future__ import annotations

from typing import Annotated

import typer

from flock.cli.completion import complete_key
from flock.cli.options import (
    Account,
    Addresses,
    AsJson,
    ChainId,
    DryRun,
    Gm,
    Key,
    PasswordFile,
    Rpc,
    Task,
    owner_settings,
)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Lock FLOCK for gmFLOCK, stake it on tasks, withdraw both.",
)

Days = Annotated[
    int, typer.Option("--days", help="Days from now; more days give more gmFLOCK.", min=1, max=365)
]


@app.command(epilog="Example: flock stake lock 1000 --days 180 --key me --dry-run")
def lock(
    amount: Annotated[str, typer.Argument(help="FLOCK, such as 1000 or 0.5.")],
    days: Days,
    key: Key,
    dry_run: DryRun = False,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    chain_id: ChainId = None,
    addresses: Addresses = None,
    as_json: AsJson = False,
) -> None:
    """Lock FLOCK, or add to a lock, for gmFLOCK to stake, delegate and vote with."""
    from flock.cli import stake_actions as actions

    settings = owner_settings(key, password_file, rpc, chain_id, addresses)
    actions.lock(settings, amount, days, dry_run=dry_run, as_json=as_json)


@app.command(epilog="Example: flock stake extend --days 365 --key me")
def extend(
    days: Days,
    key: Key,
    dry_run: DryRun = False,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    chain_id: ChainId = None,
    addresses: Addresses = None,
    as_json: AsJson = False,
) -> None:
    """Extend a lock; its free gmFLOCK is recalculated for the new time and never falls."""
    from flock.cli import stake_actions as actions

    settings = owner_settings(key, password_file, rpc, chain_id, addresses)
    actions.extend(settings, days, dry_run=dry_run, as_json=as_json)


@app.command(epilog="Example: flock stake add 250 --task 1 --key me")
def add(
    amount: Gm,
    task: Task,
    key: Key,
    dry_run: DryRun = False,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    chain_id: ChainId = None,
    addresses: Addresses = None,
    as_json: AsJson = False,
) -> None:
    """Stake free gmFLOCK on a task."""
    from flock.cli import stake_actions as actions

    settings = owner_settings(key, password_file, rpc, chain_id, addresses)
    actions.add(settings, amount, task, dry_run=dry_run, as_json=as_json)


@app.command(epilog="Example: flock stake remove all --task 1 --key me")
def remove(
    amount: Gm,
    task: Task,
    key: Key,
    dry_run: DryRun = False,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    chain_id: ChainId = None,
    addresses: Addresses = None,
    as_json: AsJson = False,
) -> None:
    """Remove gmFLOCK from a task, unless a duty holds it."""
    from flock.cli import stake_actions as actions

    settings = owner_settings(key, password_file, rpc, chain_id, addresses)
    actions.remove(settings, amount, task, dry_run=dry_run, as_json=as_json)


@app.command(epilog="Example: flock stake redeem --key me")
def redeem(
    key: Key,
    amount: Gm = "all",
    dry_run: DryRun = False,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    chain_id: ChainId = None,
    addresses: Addresses = None,
    as_json: AsJson = False,
) -> None:
    """Redeem free gmFLOCK for FLOCK, a week after the expired lock was poked (`flock stake poke`)."""
    from flock.cli import stake_actions as actions

    settings = owner_settings(key, password_file, rpc, chain_id, addresses)
    actions.redeem(settings, amount, dry_run=dry_run, as_json=as_json)


@app.command(epilog="Example: flock stake poke 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --key me")
def poke(
    account: Annotated[
        str, typer.Argument(help="An address or the name of a key.", autocompletion=complete_key)
    ],
    key: Key,
    dry_run: DryRun = False,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    chain_id: ChainId = None,
    addresses: Addresses = None,
    as_json: AsJson = False,
) -> None:
    """Record the end of a lock: its votes end, and its FLOCK can be redeemed a week later. Anyone can."""
    from flock.cli import stake_actions as actions

    settings = owner_settings(key, password_file, rpc, chain_id, addresses)
    actions.poke(settings, account, dry_run=dry_run, as_json=as_json)


@app.command(epilog="Example: flock stake operator node-key --key me")
def operator(
    account: Annotated[
        str,
        typer.Argument(
            metavar="ADDRESS",
            help="The new operator: an address, the name of a key, or `none`.",
            autocompletion=complete_key,
        ),
    ],
    key: Key,
    dry_run: DryRun = False,
    password_file: PasswordFile = None,
    rpc: Rpc = None,
    chain_id: ChainId = None,
    addresses: Addresses = None,
    as_json: AsJson = False,
) -> None:
    """Authorise the one key that acts on tasks for you; the previous one stops at once."""
    from flock.cli import stake_actions as actions

    settings = owner_settings(key, password_file, rpc, chain_id, addresses)
    actions.operator(settings, account, dry_run=dry_run, as_json=as_json)


@app.command(epilog="Example: flock stake status me")
def status(
    account: Account = None,
    rpc: Rpc = None,
    chain_id: ChainId = None,
    addresses: Addresses = None,
    as_json: AsJson = False,
) -> None:
    """Show an account's lock, votes and operator, and its gmFLOCK: free, staked, delegated, leaving."""
    from flock.cli.stake_status import show
    from flock.programs.settings import ChainSettings, load

    show(load(ChainSettings, rpc=rpc, chain_id=chain_id, addresses=addresses), account, as_json=as_json)
