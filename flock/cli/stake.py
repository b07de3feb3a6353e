"""``flock stake``: lock FLOCK, put gmFLOCK on tasks, take both back."""

from __future__ import annotations

from typing import Annotated

import typer

from flock.cli.completion import complete_key
from flock.cli.options import Account, Connecting, Gm, Signing, Task, connecting, signing

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Lock FLOCK for gmFLOCK, put that on tasks, take both back.",
)

Days = Annotated[
    int, typer.Option("--days", help="Days from now on; more days give more gmFLOCK.", min=1, max=365)
]


@app.command(epilog="Example: flock stake lock 1000 --days 180 --key me --dry-run")
@signing
def lock(
    options: Signing,
    amount: Annotated[str, typer.Argument(help="FLOCK, such as 1000 or 0.5.")],
    days: Days,
) -> None:
    """Lock FLOCK, or add to a lock: gmFLOCK to stake, to delegate and to vote with."""
    from flock.cli import stake_actions as actions

    actions.lock(options, amount, days)


@app.command(epilog="Example: flock stake extend --days 365 --key me")
@signing
def extend(
    options: Signing,
    days: Days,
) -> None:
    """Make a lock last longer; what is free of it is rated by the new time, and never falls."""
    from flock.cli import stake_actions as actions

    actions.extend(options, days)


@app.command(epilog="Example: flock stake add 250 --task 1 --key me")
@signing
def add(
    options: Signing,
    amount: Gm,
    task: Task,
) -> None:
    """Put free gmFLOCK on a task."""
    from flock.cli import stake_actions as actions

    actions.add(options, amount, task)


@app.command(epilog="Example: flock stake remove all --task 1 --key me")
@signing
def remove(
    options: Signing,
    amount: Gm,
    task: Task,
) -> None:
    """Take gmFLOCK off a task that no duty holds."""
    from flock.cli import stake_actions as actions

    actions.remove(options, amount, task)


@app.command(epilog="Example: flock stake redeem --key me")
@signing
def redeem(
    options: Signing,
    amount: Gm = "all",
) -> None:
    """Turn free gmFLOCK back into FLOCK, a week after the end of the lock was counted (`flock stake poke`)."""
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
    """Count the end of a lock: it votes no more, and a week later its FLOCK can be redeemed. Anyone may."""
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
            help="The key that acts from now on: an address, the name of a key, or `none`.",
            autocompletion=complete_key,
        ),
    ],
) -> None:
    """Name the one key that acts on tasks for yours; the one before stops at once."""
    from flock.cli import stake_actions as actions

    actions.operator(options, account)


@app.command(epilog="Example: flock stake status me")
@connecting
def status(
    options: Connecting,
    account: Account = None,
) -> None:
    """Show an account's lock and votes, what of it is free, on tasks, in pools and leaving, and its operator."""
    from flock.cli.stake_status import show

    show(options.settings, account, as_json=options.as_json)
