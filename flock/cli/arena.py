"""``flock arena``: look at competitions, compete, and make one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flock.cli.completion import complete_task
from flock.cli.options import Acting, Connecting, Creating, connecting, creating, given_as

acting = given_as(Acting)

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Competitions of models: look, compete, or make one."
)

Task = Annotated[int, typer.Argument(help="Number of the task.", min=1, autocompletion=complete_task)]
Service = Annotated[str | None, typer.Option("--alliance", help="URL of the service.")]
Home = Annotated[
    Path | None, typer.Option(help="Folder of what submissions are disclosed by.", envvar="FLOCK_HOME")
]
Owner = Annotated[str | None, typer.Option(help="Owner's address, if the key is only its operator.")]


@app.command("tasks", epilog="Example: flock arena tasks --json")
@connecting
def tasks(options: Connecting) -> None:
    """List the Arenas on the chain."""
    from flock.cli.arena_view import list_arenas

    list_arenas(options.settings, as_json=options.as_json)


@app.command(epilog="Example: flock arena show 3")
@connecting
def show(options: Connecting, task: Task) -> None:
    """Show an Arena's stage, last window, terms and money."""
    from flock.cli.arena_view import show_arena

    show_arena(options.settings, task, as_json=options.as_json)


@app.command(epilog="Example: flock arena leaderboard 3")
@connecting
def leaderboard(options: Connecting, task: Task) -> None:
    """Show the ranking: on set B once finalists are scored on it, else on set A.

    To stand above an earlier submission, one has to beat it by more than the task's tolerance.
    """
    from flock.cli.arena_view import show_leaderboard

    show_leaderboard(options.settings, task, as_json=options.as_json)


@app.command(epilog="Example: flock arena submissions 3 --account alice --last 10")
@connecting
def submissions(
    options: Connecting,
    task: Task,
    account: Annotated[str | None, typer.Option(help="Only those of this address or key.")] = None,
    last: Annotated[int, typer.Option(min=1, help="How many of the newest to look at.")] = 50,
) -> None:
    """List submissions with their state, score, and the deadline of their state, the newest first."""
    from flock.cli.arena_view import list_submissions

    list_submissions(options.settings, task, account, last, as_json=options.as_json)


@app.command(epilog="Example: flock arena stats 3 --last 7")
@connecting
def stats(
    options: Connecting,
    task: Annotated[
        int | None, typer.Argument(help="Number of the task; all of them if left out.", min=1)
    ] = None,
    last: Annotated[int, typer.Option(min=1, max=1000, help="How many of the newest days.")] = 28,
    alliance: Service = None,
) -> None:
    """Show submissions, verdicts, validators and scores by day (UTC), as the service counts them."""
    from flock.cli.arena_view import show_days
    from flock.programs.settings import AllianceSettings

    settings = options.loaded(AllianceSettings, alliance=alliance)
    show_days(settings, task, last, as_json=options.as_json)


@app.command(epilog="Example: flock arena submit 3 model.safetensors --key alice")
@acting
def submit(
    options: Acting,
    task: Task,
    artifact: Annotated[Path, typer.Argument(help="A safetensors file.")],
    sealed: Annotated[
        bool, typer.Option("--sealed", help="Keep the bytes until the close; they are scored then.")
    ] = False,
    owner: Owner = None,
    home: Home = None,
    alliance: Service = None,
) -> None:
    """Submit a model: check it, enrol if need be, commit to it on chain, hand it to the service.

    Repeating the command does what is missing; the same file is submitted once. Keep the home folder: what a
    submission is disclosed by at the close is there, and nowhere else.
    """
    from flock.cli.arena_competing import submit_artifact
    from flock.programs.settings import TrainerSettings

    settings = options.loaded(TrainerSettings, task=task, owner=owner, home=home, alliance=alliance)
    submit_artifact(settings, artifact, is_sealed=sealed, as_json=options.as_json)


@app.command(epilog="Example: flock arena disclose 3 --key alice")
@acting
def disclose(
    options: Acting, task: Task, owner: Owner = None, home: Home = None, alliance: Service = None
) -> None:
    """Disclose your submissions, in the time for that after the end; who does not has no place in the finals."""
    from flock.cli.arena_competing import disclose_submissions
    from flock.programs.settings import TrainerSettings

    settings = options.loaded(TrainerSettings, task=task, owner=owner, home=home, alliance=alliance)
    disclose_submissions(settings, as_json=options.as_json)


@app.command(epilog="Example: flock arena cancel 3 17 --key alice")
@acting
def cancel(
    options: Acting,
    task: Task,
    submission: Annotated[int, typer.Argument(help="Number of the submission.", min=1)],
    owner: Owner = None,
) -> None:
    """Cancel a submission that is not judged yet.

    Your quota comes back if nobody has revealed a score of it; the fee, if no window has taken it.
    """
    from flock.cli.arena_competing import cancel_submission
    from flock.programs.settings import TrainerSettings

    settings = options.loaded(TrainerSettings, task=task, owner=owner)
    cancel_submission(settings, submission, as_json=options.as_json)


@app.command(epilog="Example: flock arena withdraw 3 --key alice")
@acting
def withdraw(options: Acting, task: Task, owner: Owner = None) -> None:
    """Withdraw what an Arena owes you: fees that came back, keeper fees, a bond.

    Rewards for ranks and for judging are claimed with `flock rewards claim`.
    """
    from flock.cli.arena_competing import withdraw_owed
    from flock.programs.settings import TrainerSettings

    settings = options.loaded(TrainerSettings, task=task, owner=owner)
    withdraw_owed(settings, as_json=options.as_json)


@app.command(epilog="Example: flock arena leave 3 --key alice")
@acting
def leave(options: Acting, task: Task, owner: Owner = None) -> None:
    """Leave an Arena, as trainer or validator, and withdraw what it owes you; then `flock stake remove` works.

    A validator leaves between windows; its stake stays on the task while strikes stand against it.
    """
    from flock.cli.arena_competing import leave_arena
    from flock.programs.settings import TrainerSettings

    settings = options.loaded(TrainerSettings, task=task, owner=owner)
    leave_arena(settings, as_json=options.as_json)


@app.command(
    epilog="Example: flock arena calibrate --metadata arena.json --artifact model.safetensors --set-a a.set"
)
def calibrate(
    metadata: Annotated[Path, typer.Option(help="JSON file of the task: kind, metric, model, limits.")],
    artifact: Annotated[Path, typer.Option(help="A submission that has learnt something.")],
    set_a: Annotated[Path, typer.Option(help="The hidden set, as canonical bytes.")],
    repeats: Annotated[int, typer.Option(min=1, help="How often each way of computing is tried.")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, in millionths.")] = False,
) -> None:
    """Measure how far honest scores of one submission lie apart; the task's tolerance has to be above that."""
    from flock.cli.arena_making import calibrate_task

    calibrate_task(metadata, artifact, set_a, repeats, as_json=as_json)


@app.command(
    epilog="Example: flock arena create --key founder --metadata arena.json --set-a a.set --set-b b.set "
    "--terms terms.toml --bounty 2400"
)
@creating
def create(
    options: Creating,
    metadata: Annotated[Path, typer.Option(help="JSON file: kind, metric, model, limits, training_set.")],
    set_a: Annotated[Path, typer.Option(help="The set that submissions are scored on.")],
    terms: Annotated[
        Path,
        typer.Option(help="TOML file of terms: baseline and tolerance in millionths, ends_at and others."),
    ],
    bounty: Annotated[str, typer.Option(help="FLOCK to put in.")],
    set_b: Annotated[Path | None, typer.Option(help="The set that finalists are scored on.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, send nothing.")] = False,
    alliance: Service = None,
) -> None:
    """Make an Arena: encrypt set B, put terms and bounty on chain, upload the sets, put up the bond.

    Repeating the command with the same files and bounty does not make a second task. The key of set B stays in the
    home folder; who loses it loses the bond.
    """
    from flock.cli.arena_making import ArenaFiles, create_arena

    files = ArenaFiles(metadata, set_a, set_b, terms)
    create_arena(options.settings(alliance), files, bounty, dry_run=dry_run, as_json=options.as_json)


@app.command("open-key", epilog="Example: flock arena open-key 3 --key founder")
@creating
def open_key(options: Creating, task: Task) -> None:
    """Open set B, once the finals have begun and before the deadline of the key."""
    from flock.cli.arena_making import open_set_b

    open_set_b(options.settings(), task, as_json=options.as_json)
