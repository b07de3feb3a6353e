"""``flock delegate``: delegate gmFLOCK to an operator on a task, or accept delegation."""

from __future__ import annotations

from typing import Annotated

import typer

from flock.cli.completion import complete_key, complete_task
from flock.cli.options import Account, Connecting, Gm, Signing, Task, connecting, signing

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Delegate gmFLOCK to an operator on a task, or accept delegation.",
)

Operator = Annotated[
    str,
    typer.Argument(help="The operator: an address or the name of a key.", autocompletion=complete_key),
]
MaybeTask = Annotated[
    int | None, typer.Option("--task", help="Only on this task.", min=1, autocompletion=complete_task)
]


@app.command(epilog="Example: flock delegate accept --task 1 --sigma 50 --key me")
@signing
def accept(
    options: Signing,
    task: Task,
    sigma: Annotated[
        str | None,
        typer.Option(
            help="Commission: the percentage you keep of what delegation earns, such as 12.5 (default: as is)."
        ),
    ] = None,
    close: Annotated[bool, typer.Option("--close", help="Take no more delegation.")] = False,
) -> None:
    """Accept delegation on a task, on these terms. It never lowers what your own stake earns."""
    from flock.cli import delegate_actions as actions

    actions.accept(options, task, sigma, is_open=not close)


@app.command(
    epilog="Example: flock delegate to 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 250 --task 1 --key me"
)
@signing
def to(
    options: Signing,
    operator: Operator,
    amount: Gm,
    task: Task,
) -> None:
    """Delegate free gmFLOCK to an operator's pool on a task. You keep the votes."""
    from flock.cli import delegate_actions as actions

    actions.delegate(options, operator, amount, task)


@app.command(
    epilog="Example: flock delegate undo 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 all --task 1 --key me"
)
@signing
def undo(
    options: Signing,
    operator: Operator,
    task: Task,
    amount: Gm = "all",
) -> None:
    """Start to withdraw delegated gmFLOCK; `flock delegate collect` collects it after the cool-down."""
    from flock.cli import delegate_actions as actions

    actions.undo(options, operator, amount, task)


@app.command(
    epilog="Example: flock delegate move all --from 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --task 1 "
    "--to 0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC --to-task 2 --key me"
)
@signing
def move(
    options: Signing,
    amount: Gm,
    source: Annotated[
        str, typer.Option("--from", help="Operator whose pool it leaves: an address or the name of a key.")
    ],
    task: Task,
    target: Annotated[
        str, typer.Option("--to", help="Operator whose pool it joins: an address or the name of a key.")
    ],
    to_task: Annotated[
        int, typer.Option("--to-task", help="On which task.", min=1, autocompletion=complete_task)
    ],
) -> None:
    """Move gmFLOCK from a pool of an ended task to another pool, without cool-down."""
    from flock.cli import delegate_actions as actions

    actions.move(options, amount, (source, task), (target, to_task))


@app.command(epilog="Example: flock delegate collect --key me")
@signing
def collect(
    options: Signing,
    operator: Annotated[
        str | None,
        typer.Argument(
            help="Operator of the pools: an address or the name of a key.",
            show_default="everybody's",
            autocompletion=complete_key,
        ),
    ] = None,
    task: MaybeTask = None,
    delegator: Annotated[
        str | None,
        typer.Option("--for", help="Account to act for: an address or the name of a key."),
    ] = None,
) -> None:
    """Collect gmFLOCK that has left pools or is in pools of ended tasks.

    Withdrawals from a pool whose operator has a seat in the open round are queued; collect them after that round.
    """
    from flock.cli import delegate_actions as actions

    actions.collect(options, operator, task, delegator)


@app.command(epilog="Example: flock delegate status me")
@connecting
def status(
    options: Connecting,
    account: Account = None,
) -> None:
    """Show an account's delegations, and the pools it runs for others, with what they yield."""
    from flock.cli.delegate_status import show

    show(options.settings, account, as_json=options.as_json)


@app.command(epilog="Example: flock delegate pools --task 1")
@connecting
def pools(
    options: Connecting,
    task: MaybeTask = None,
) -> None:
    """List the pools, highest yield first."""
    from flock.cli.delegate_status import show_pools

    show_pools(options.settings, task, as_json=options.as_json)
