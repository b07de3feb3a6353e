"""What ``flock task list`` and ``flock task show`` show: tasks as the chain has them."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from flock.amounts import tokens

if TYPE_CHECKING:
    from flock.library.answers import Task
    from flock.programs.settings import AllianceSettings, ChainSettings


def list_tasks(settings: ChainSettings, *, as_json: bool) -> None:
    from flock.library.readings import task_of
    from flock.programs.wiring import contracts_of
    from flock.terminal import print_json, print_table

    contracts = contracts_of(settings)
    found = [task_of(contracts, task) for task in range(1, contracts.task_manager.task_count() + 1)]
    if as_json:
        print_json([_for_programs(each) for each in found])
    elif found:
        rows = [
            (
                each.number,
                each.state,
                _progress(each),
                each.members,
                f"{tokens(each.pool)} FLOCK",
                each.creator,
            )
            for each in found
        ]
        print_table(["task", "state", "rounds decided", "members", "pool", "creator"], rows)
    else:
        typer.echo("There are no tasks on this chain yet. Make one with `flock task create`.")


def show_task(settings: AllianceSettings, task: int, *, as_json: bool) -> None:
    from flock.cli.task_terms import terms_for_people, terms_for_programs
    from flock.economy.operations.requirements import require_task
    from flock.library.readings import task_of
    from flock.programs.wiring import contracts_of
    from flock.protocol.core.cid import cid_of
    from flock.terminal import print_fields, print_json

    contracts = contracts_of(settings)
    require_task(contracts, task)
    summary, terms = task_of(contracts, task), contracts.task_manager.parameters_of(task)
    metadata = cid_of(contracts.task_manager.task_of(task).metadata)
    view = contracts.alliance_rounds.round_view(task)
    model = cid_of(view.model if any(view.model) else terms.initial_model)
    document, note = _document(settings, metadata)
    if as_json:
        places = {"model": model, "metadata_cid": metadata, "metadata": document}
        print_json({**_for_programs(summary), **places, "terms": terms_for_programs(terms)})
        return
    print_fields(f"Task {task}", {**_fields(summary), "model": model, "metadata": f"{metadata} {note}"})
    print_fields("Terms", terms_for_people(terms))


def _for_programs(task: Task) -> dict[str, object]:
    """Amounts in wei as decimal text."""
    told = asdict(task)
    return {"task": told.pop("number"), **told, "bounty": str(task.bounty), "pool": str(task.pool)}


def _fields(summary: Task) -> dict[str, str]:
    return {
        "state": summary.state,
        "round": f"{summary.round}, {summary.phase}; {_progress(summary)} decided",
        "members": f"{summary.members} of at most {summary.max_members}{_waiting(summary)}",
        "bounty": f"{tokens(summary.bounty)} FLOCK",
        "pool": f"{tokens(summary.pool)} FLOCK",
        "creator": summary.creator,
    }


def _waiting(summary: Task) -> str:
    missing = summary.minimum_members - summary.members
    is_waiting = summary.state in ("open", "running") and summary.phase in ("none", "waiting")
    return (
        f"; waits for {missing} more, {summary.minimum_members} are needed"
        if is_waiting and missing > 0
        else ""
    )


def _progress(summary: Task) -> str:
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
