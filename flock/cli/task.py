"""``flock task``: create, fund and inspect tasks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from flock.cli.completion import complete_task
from flock.cli.options import Connecting, Creating, connecting, creating

if TYPE_CHECKING:
    from flock.programs.settings import AllianceSettings

Loaded = TypeVar("Loaded", bound="AllianceSettings")

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Create, fund and inspect tasks.")

Task = Annotated[int, typer.Argument(help="Number of the task.", min=1, autocompletion=complete_task)]
Alliance = Annotated[str | None, typer.Option("--alliance", help="URL of the Alliance service.")]


@app.command("list", epilog="Example: flock task list --json")
@connecting
def list_(options: Connecting) -> None:
    """List the tasks on the chain."""
    from flock.cli.task_view import list_tasks

    list_tasks(options.settings, as_json=options.as_json)


@app.command(epilog="Example: flock task show 1")
@connecting
def show(
    options: Connecting,
    task: Task,
    alliance: Alliance = None,
    home: Annotated[Path | None, typer.Option(help="Home folder of a node of this task.")] = None,
) -> None:
    """Show a task's state, terms, round, pool, members and metadata, and its rounds.

    Losses are published nowhere: where a node of this task has its --home, it shows what that measured.
    """
    from flock.cli.task_view import show_task
    from flock.programs.settings import ExplainSettings

    show_task(_served(options, ExplainSettings, alliance, home=home), task, as_json=options.as_json)


@app.command(epilog="Example: flock task model 1 -o final.safetensors")
@connecting
def model(
    options: Connecting,
    task: Task,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="File to write.", show_default="task-N.safetensors"),
    ] = None,
    number: Annotated[
        int | None,
        typer.Option("--round", min=1, help="The model accepted in this round (default: the newest)."),
    ] = None,
    max_mib: Annotated[int, typer.Option(min=1, help="Refuse a larger model.")] = 4096,
    alliance: Alliance = None,
) -> None:
    """Fetch a task's model, the newest that was accepted, and check it against the chain's digest.

    An existing file is replaced, whole or not at all.
    """
    from flock.cli.task_model import fetch_model
    from flock.programs.settings import AllianceSettings

    settings = _served(options, AllianceSettings, alliance)
    place = output or Path(f"task-{task}.safetensors")
    fetch_model(settings, task, number, place, max_mib, as_json=options.as_json)


@app.command(
    epilog="Example: flock task create --key founder --model model.safetensors --metadata metadata.json "
    "--terms terms.toml --bounty 2400"
)
@creating
def create(
    options: Creating,
    model: Annotated[
        Path,
        typer.Option(help="The initial model: a safetensors file, such as one of a `state_dict()`."),
    ],
    metadata: Annotated[
        Path | None, typer.Option(help="JSON file; its `train` object is passed to every app.")
    ] = None,
    app_file: Annotated[
        Path | None,
        typer.Option(
            "--app", help="pyproject.toml of the Flower app, whose [tool.flwr.app.config] `train` has."
        ),
    ] = None,
    fab: Annotated[
        Path | None, typer.Option(help="Flower App Bundle that stock SuperNodes run; its hash is pinned.")
    ] = None,
    terms: Annotated[
        Path | None,
        typer.Option(help="TOML file of terms; anything left out has a default, such as 15 + 15 seats."),
    ] = None,
    bounty: Annotated[str | None, typer.Option(help="FLOCK to put in.")] = None,
    task: Annotated[
        int | None, typer.Option(help="Create nothing; upload what is missing of this task.", min=1)
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, send nothing.")] = False,
    alliance: Alliance = None,
) -> None:
    """Create a task on chain and upload its files. Repeating the command does not create a second task.

    It can start once its minimum of members has joined: 60 unless --terms say otherwise.

    A small consortium sets fewer seats, such as proposer_seats = 4 and voter_seats = 3.
    """
    from flock.cli import task_actions as actions
    from flock.cli.task_files import TaskFiles

    if (bounty is None) == (task is None):
        raise typer.BadParameter("Set --bounty to create a task, or --task to complete one.")
    if dry_run and task is not None:
        raise typer.BadParameter("--dry-run applies only to creating a task; leave out --task.")
    if metadata is None and app_file is None:
        raise typer.BadParameter("Set --metadata, or --app to take them from a Flower app, or both.")
    settings = options.settings(alliance)
    files = TaskFiles(model, metadata, fab, terms, app_file)
    if task is not None:
        made = actions.complete(settings, files, task)
    else:
        made = actions.create(settings, files, bounty or "", dry_run=dry_run)
    actions.print_made(made, as_json=options.as_json)


@app.command(epilog="Example: flock task fund 1 500 --key founder")
@creating
def fund(
    options: Creating,
    task: Task,
    amount: Annotated[str, typer.Argument(help="FLOCK to add.")],
) -> None:
    """Add to the bounty of a task that has not started."""
    from flock.cli import task_actions as actions

    actions.fund(options.settings(), task, amount, as_json=options.as_json)


@app.command(epilog="Example: flock task cancel 1 --key founder")
@creating
def cancel(options: Creating, task: Task) -> None:
    """Cancel a task that has not started; its backers get their contributions back."""
    from flock.cli import task_actions as actions

    actions.cancel(options.settings(), task, as_json=options.as_json)


@app.command(epilog="Example: flock task start 1 --key founder")
@creating
def start(options: Creating, task: Task) -> None:
    """Start a task that has enough members; before its starts_at only its creator can."""
    from flock.cli import task_actions as actions

    actions.start(options.settings(), task, as_json=options.as_json)


@app.command(epilog="Example: flock task refund 1 --key founder")
@creating
def refund(
    options: Creating,
    task: Task,
    account: Annotated[
        str | None, typer.Option("--for", help="Backer to pay its part to (default: you).")
    ] = None,
) -> None:
    """Withdraw your refund from a cancelled or closed task."""
    from flock.cli import task_actions as actions

    settings = options.settings()
    actions.refund(settings, task, account, as_json=options.as_json)


def _served(options: Connecting, kind: type[Loaded], alliance: str | None, **others: Any) -> Loaded:
    """Settings of a command that reads the chain and asks the service. Raises BadConfig."""
    from flock.programs.settings import load

    return load(
        kind,
        rpc=options.rpc,
        chain_id=options.chain_id,
        addresses=options.addresses,
        alliance=alliance,
        **others,
    )
