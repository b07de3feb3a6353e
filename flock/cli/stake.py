"""``flock stake``: lock FLOCK, stake gmFLOCK on tasks, withdraw both."""

from __future__ import annotations

from typing import Annotated

import typer

from flock.cli.completion import complete_key
from flock.cli.options import Account, Connecting, Gm, Signing, Task, connecting, signing

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Lock FLOCK for gmFLOCK, stake it on tasks, withdraw both.",
)

Days = Annotated[
    int, typer.Option("--days", help="Days from now; more days give more gmFLOCK.", min=1, max=365)
]


@app.command(epilog="Example: flock stake lock 1000 --days 180 --key me --dry-run")
@signing
def lock(
    options: Signing,
    amount: Annotated[str, typer.Argument(help="FLOCK, such as 1000 or 0.5.")],
    days: Days,
) -> None:
    """Lock FLOCK, or add to a lock, for gmFLOCK to stake, delegate and vote with."""
    from flock.cli import stake_actions as actions

    actions.lock(options, amount, days)


@app.command(epilog="Example: flock stake extend --days 365 --key me")
@signing
def extend(
    options: Signing,
    days: Days,
) -> None:
    """Extend a lock; its free gmFLOCK is recalculated for the new time and never falls."""
    from flock.cli import stake_actions as actions

    actions.extend(options, days)


@app.command(epilog="Example: flock stake add 250 --task 1 --key me")
@signing
def add(
    options: Signing,
    amount: Gm,
    task: Task,
) -> None:
    """Stake free gmFLOCK on a task."""
    from flock.cli import stake_actions as actions

    actions.add(options, amount, task)


@app.command(epilog="Example: flock stake remove all --task 1 --key me")
@signing
def remove(
    options: Signing,
    amount: Gm,
    task: Task,
) -> None:
    """Remove gmFLOCK from a task, unless a duty holds it."""
    from flock.cli import stake_actions as actions

    actions.remove(options, amount, task)


@app.command(epilog="Example: flock stake redeem --key me")
@signing
def redeem(
    options: Signing,
    amount: Gm = "all",
) -> None:
    """Redeem free gmFLOCK for FLOCK, a week after the expired lock was poked (`flock stake poke`)."""
    from flock.cli import stake_actions as actions

    actions.redeem(options, amount)


@app.command(epilog="Example: flock stake poke 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --key me")
@signing
def poke(
    options: Signing,
    account: Annotated[
        str, typer.Argument(help="An address or the name of a key.", autocompletion=complete_key)
    ],
) -> None:
    """Record the end of a lock: its votes end, and its FLOCK can be redeemed a week later. Anyone can."""
    from flock.cli import stake_actions as actions

    actions.poke(options, account)


@app.command(epilog="Example: flock stake operator node-key --key me")
@signing
def operator(
    options: Signing,
    account: Annotated[
        str,
        typer.Argument(
            metavar="ADDRESS",
            help="The new operator: an address, the name of a key, or `none`.",
            autocompletion=complete_key,
        ),
    ],
) -> None:
    """Authorise the one key that acts on tasks for you; the previous one stops at once."""
    from flock.cli import stake_actions as actions

    actions.operator(options, account)


@app.command(epilog="Example: flock stake status me")
@connecting
def status(
    options: Connecting,
    account: Account = None,
) -> None:
    """Show an account's lock, votes and operator, and its gmFLOCK: free, staked, delegated, leaving."""
    from flock.cli.stake_status import show

    show(options.settings, account, as_json=options.as_json)
