"""What ``flock task list`` and ``flock task show`` show: tasks as the chain has them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import typer

from flock.amounts import tokens

if TYPE_CHECKING:
    from flock.chain.contracts.deployed import Contracts
    from flock.programs.settings import AllianceSettings, ChainSettings


@dataclass(frozen=True)
class TaskSummary:
    """Amounts in wei as decimal text; ``bounty`` was put in, ``pool`` is what rounds may still pay.

    ``seats`` are those of a round: no round is drawn with fewer ``members``.
    """

    task: int
    state: str
    phase: str
    round: int
    decided: int
    planned_rounds: int
    members: int
    minimum_members: int
    max_members: int
    bounty: str
    pool: str
    creator: str


def list_tasks(settings: ChainSettings, *, as_json: bool) -> None:
    from flock.programs.wiring import contracts_of
    from flock.terminal import print_json, print_table

    contracts = contracts_of(settings)
    found = [summary_of(contracts, task) for task in range(1, contracts.task_manager.task_count() + 1)]
    if as_json:
        print_json([asdict(each) for each in found])
    elif found:
        rows = [
            (
                each.task,
                each.state,
                _progress(each),
                each.members,
                f"{tokens(int(each.pool))} FLOCK",
                each.creator,
            )
            for each in found
        ]
        print_table(["task", "state", "rounds decided", "members", "pool", "creator"], rows)
    else:
        typer.echo("There are no tasks on this chain yet. Make one with `flock task create`.")


def show_task(settings: AllianceSettings, task: int, *, as_json: bool) -> None:
    from flock.cli.task_terms import terms_for_people, terms_for_programs
    from flock.programs.wiring import contracts_of, require_task
    from flock.protocol.core.cid import cid_of
    from flock.terminal import print_fields, print_json

    contracts = contracts_of(settings)
    require_task(contracts, task)
    summary, terms = summary_of(contracts, task), contracts.task_manager.parameters_of(task)
    metadata = cid_of(contracts.task_manager.task_of(task).metadata)
    view = contracts.alliance_rounds.round_view(task)
    model = cid_of(view.model if any(view.model) else terms.initial_model)
    document, note = _document(settings, metadata)
    if as_json:
        places = {"model": model, "metadata_cid": metadata, "metadata": document}
        print_json({**asdict(summary), **places, "terms": terms_for_programs(terms)})
        return
    print_fields(f"Task {task}", {**_fields(summary), "model": model, "metadata": f"{metadata} {note}"})
    print_fields("Terms", terms_for_people(terms))


def summary_of(contracts: Contracts, number: int) -> TaskSummary:
    task, terms = contracts.task_manager.task_of(number), contracts.task_manager.parameters_of(number)
    view = contracts.alliance_rounds.round_view(number)
    return TaskSummary(
        task=number,
        state=task.state.name.lower(),
        phase=view.phase.name.lower(),
        round=view.number,
        decided=view.decided,
        planned_rounds=terms.planned_rounds,
        members=contracts.alliance_rounds.member_count(number),
        minimum_members=terms.minimum_members,
        max_members=terms.max_members,
        bounty=str(task.bounty),
        pool=str(task.balance if task.is_open else view.pool if task.is_running else 0),
        creator=task.creator,
    )


def _fields(summary: TaskSummary) -> dict[str, str]:
    return {
        "state": summary.state,
        "round": f"{summary.round}, {summary.phase}; {_progress(summary)} decided",
        "members": f"{summary.members} of at most {summary.max_members}{_waiting(summary)}",
        "bounty": f"{tokens(int(summary.bounty))} FLOCK",
        "pool": f"{tokens(int(summary.pool))} FLOCK",
        "creator": summary.creator,
    }


def _waiting(summary: TaskSummary) -> str:
    missing = summary.minimum_members - summary.members
    is_waiting = summary.state in ("open", "running") and summary.phase in ("none", "waiting")
    return (
        f"; waits for {missing} more, {summary.minimum_members} are needed"
        if is_waiting and missing > 0
        else ""
    )


def _progress(summary: TaskSummary) -> str:
    return f"{summary.decided} of {summary.planned_rounds}"


def _document(settings: AllianceSettings, cid: str) -> tuple[object | None, str]:
    """The metadata and what to say of it; the task is shown even if nobody serves its metadata."""
    from flock.errors import FlockError
    from flock.store.http_blobs import HttpBlobs
    from flock.tasks.documents import LARGEST_METADATA

    try:
        with HttpBlobs(settings.alliance) as blobs:
            document = json.loads(blobs.get(cid, LARGEST_METADATA))
    except FlockError as problem:
        return None, f"(not to be had: {problem})"
    except ValueError:
        return None, "(not JSON)"
    return document, json.dumps(document, ensure_ascii=False)
