"""What ``flock arena tasks``, ``show``, ``leaderboard`` and ``submissions`` show: Arenas as the chain has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import typer

from flock.amounts import tokens

if TYPE_CHECKING:
    from flock.chain.contracts.arena_board import SubmissionView
    from flock.chain.contracts.deployed import Contracts
    from flock.programs.settings import AllianceSettings, ChainSettings

MILLION = 1_000_000


@dataclass(frozen=True)
class ArenaLine:
    """One Arena; amounts in wei as decimal text, times in Unix seconds, ``stage_ends_at`` None without a deadline."""

    task: int
    stage: str
    stage_ends_at: int | None
    submissions: int
    validators: int
    window: int
    phase: str
    bounty: str
    bounty_left: str
    creator: str


@dataclass(frozen=True)
class SubmissionLine:
    """One submission; scores in millionths, None without one; ``deadline`` of its state, None if it is the last."""

    submission: int
    trainer: str
    state: str
    score: int | None
    mad: int | None
    score_on_b: int | None
    submitted_at: int
    deadline: int | None
    sealed: bool
    digest: str | None


def list_arenas(settings: ChainSettings, *, as_json: bool) -> None:
    from flock.programs.wiring import contracts_of
    from flock.terminal import print_json, print_table

    contracts = contracts_of(settings)
    manager, board = contracts.task_manager, contracts.arena_board.address
    numbers = range(1, manager.task_count() + 1)
    found = [_line(contracts, task) for task in numbers if manager.task_of(task).board == board]
    if as_json:
        print_json([asdict(each) for each in found])
    elif found:
        columns = ["task", "stage", "until", "submissions", "validators", "bounty"]
        print_table(columns, [_row(each) for each in found])
    else:
        typer.echo("There are no Arenas on this chain yet. Make one with `flock arena create`.")


def show_arena(settings: ChainSettings, task: int, *, as_json: bool) -> None:
    from flock.arena.terms import parameters_of
    from flock.programs.wiring import contracts_of
    from flock.protocol.core.cid import cid_of
    from flock.terminal import moment, print_fields, print_json

    contracts = contracts_of(settings)
    terms, line = parameters_of(contracts, task), _line(contracts, task)
    metadata = cid_of(contracts.task_manager.task_of(task).metadata)
    if as_json:
        told = {
            name: "0x" + value.hex() if isinstance(value, bytes) else value
            for name, value in asdict(terms).items()
        }
        print_json({**asdict(line), "metadata": metadata, "terms": told})
        return
    fields = {
        "stage": line.stage + (f", until {moment(line.stage_ends_at)}" if line.stage_ends_at else ""),
        "last window": f"{line.window}, {line.phase}" if line.window else "none yet",
        "submissions": line.submissions,
        "validators": f"{line.validators}; a panel has {terms.panel_seats}, {terms.minimum_validators} are needed",
        "bounty": f"{tokens(int(line.bounty))} FLOCK, of which {tokens(int(line.bounty_left))} for days to come",
        "metadata": metadata,
    }
    print_fields(f"Arena {task}", fields)
    rules = {
        "better is": "higher" if terms.higher_is_better else "lower",
        "baseline": _score(terms.baseline),
        "tolerance": _score(terms.tolerance),
        "ends": moment(terms.ends_at),
        "quota": f"{terms.quota_a_day} submissions a day (UTC)",
        "evaluation fee": f"{tokens(terms.evaluation_fee)} FLOCK, back if it beats the baseline",
        "finalists": f"{terms.finalists}, {'on a second hidden set' if terms.has_set_b else 'by set A'}",
        "minimum stake": f"{tokens(terms.minimum_stake)} gmFLOCK",
    }
    print_fields("Terms", rules)


def show_leaderboard(settings: ChainSettings, task: int, *, as_json: bool) -> None:
    from flock.arena.terms import parameters_of
    from flock.programs.wiring import contracts_of
    from flock.terminal import print_json, print_table

    contracts = contracts_of(settings)
    parameters_of(contracts, task)
    on_b = contracts.arena_board.places_of(task, on_b=True)
    places = on_b or contracts.arena_board.places_of(task, on_b=False)
    views = contracts.arena_board.submissions_of(task, [place.submission for place in places])
    trainers = [view.trainer for view in views]
    name = "b" if on_b else "a"
    if as_json:
        ranked = [
            {
                "place": number,
                "submission": place.submission,
                "trainer": trainer,
                "score": place.score,
                "set": name,
            }
            for number, (place, trainer) in enumerate(zip(places, trainers, strict=True), 1)
        ]
        print_json(ranked)
    elif places:
        rows = [
            (number, place.submission, trainer, _score(place.score))
            for number, (place, trainer) in enumerate(zip(places, trainers, strict=True), 1)
        ]
        print_table(["place", "submission", "trainer", f"score on set {name.upper()}"], rows)
    else:
        typer.echo(f"No submission to task {task} has beaten the baseline yet.")


def list_submissions(
    settings: ChainSettings, task: int, account: str | None, last: int, *, as_json: bool
) -> None:
    from flock.arena.terms import parameters_of
    from flock.programs.signing import account_of
    from flock.programs.wiring import contracts_of
    from flock.terminal import moment, print_json, print_table

    contracts = contracts_of(settings)
    parameters_of(contracts, task)
    wanted = account_of(settings, account, "--account") if account else None
    found = _submissions(contracts, task, wanted, last)
    if as_json:
        print_json([asdict(each) for each in found])
    elif found:
        rows = [
            (
                each.submission,
                each.trainer,
                each.state,
                _or_dash(each.score),
                _or_dash(each.score_on_b),
                moment(each.deadline) if each.deadline else "–",
            )
            for each in found
        ]
        columns = ["submission", "trainer", "state", "score", "on set B", "state ends by"]
        print_table(columns, rows)
    else:
        typer.echo("There is no such submission yet.")


def show_days(settings: AllianceSettings, task: int | None, last: int, *, as_json: bool) -> None:
    from flock.arena.client import ArenaClient
    from flock.terminal import moment, print_json, print_table

    with ArenaClient(settings.alliance) as service:
        days = service.days(task)[-last:]
    if as_json:
        print_json(days)
    elif days:
        counts = ["submissions", "scored", "failed", "void", "cancelled", "validations", "validators"]
        rows = [
            (
                moment(day["day"]).split()[0],
                *(day[name] for name in counts),
                *([] if task is None else [_or_dash(day["best"])]),
            )
            for day in days
        ]
        print_table(["day (UTC)", *counts, *([] if task is None else ["best score"])], rows)
    else:
        typer.echo("Nothing has happened yet.")


def submission_line(number: int, view: SubmissionView) -> SubmissionLine:
    """What is told of one submission."""
    from flock.protocol.arena.stages import SubmissionState

    is_scored = view.state is SubmissionState.SCORED
    return SubmissionLine(
        submission=number,
        trainer=view.trainer,
        state=view.state.name.lower(),
        score=view.median if is_scored else None,
        mad=view.mad if is_scored else None,
        score_on_b=view.final_median if view.is_final else None,
        submitted_at=view.submitted_at,
        deadline=view.deadline or None,
        sealed=view.is_sealed,
        digest="0x" + view.digest.hex() if view.is_disclosed else None,
    )


def _submissions(contracts: Contracts, task: int, account: str | None, last: int) -> Sequence[SubmissionLine]:
    newest = contracts.arena_board.arena_view(task).submissions
    numbers = range(newest, max(0, newest - last), -1)
    views = zip(numbers, contracts.arena_board.submissions_of(task, numbers), strict=True)
    return [submission_line(number, view) for number, view in views if account in (None, view.trainer)]


def _line(contracts: Contracts, task: int) -> ArenaLine:
    arena, made = contracts.arena_board.arena_view(task), contracts.task_manager.task_of(task)
    progress = contracts.arena_panels.progress_of(task)
    phase = contracts.arena_panels.window_of(task, progress.window).phase
    return ArenaLine(
        task=task,
        stage="cancelled" if made.state.name == "CANCELLED" else arena.stage.name.lower(),
        stage_ends_at=arena.stage_ends_at or None,
        submissions=arena.submissions,
        validators=progress.validators,
        window=progress.window,
        phase=phase.name.lower(),
        bounty=str(made.bounty),
        bounty_left=str(arena.bounty_left),
        creator=made.creator,
    )


def _row(line: ArenaLine) -> Sequence[object]:
    from flock.terminal import moment

    until = moment(line.stage_ends_at) if line.stage_ends_at else "–"
    return (
        line.task,
        line.stage,
        until,
        line.submissions,
        line.validators,
        f"{tokens(int(line.bounty))} FLOCK",
    )


def _score(millionths: int) -> str:
    return f"{millionths / MILLION:.6f}"


def _or_dash(millionths: int | None) -> str:
    return "–" if millionths is None else _score(millionths)
