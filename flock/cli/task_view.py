"""What ``flock task list`` and ``flock task show`` show: tasks as the chain has them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import typer

from flock.amounts import tokens

if TYPE_CHECKING:
    from flock.chain.contracts.deployed import Contracts
    from flock.library.answers import Round, Task
    from flock.programs.settings import AllianceSettings, ChainSettings, ExplainSettings

SHOWN_ROUNDS = 20


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


def show_task(settings: ExplainSettings, task: int, *, as_json: bool) -> None:
    from flock.cli.task_terms import terms_for_people, terms_for_programs
    from flock.economy.operations.requirements import require_task
    from flock.library.readings import rounds_of, task_of
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
    rounds = _rounds(settings, contracts, rounds_of(contracts, task))
    if as_json:
        places = {"model": model, "metadata_cid": metadata, "metadata": document}
        told = [asdict(each) for each in rounds]
        print_json({**_for_programs(summary), **places, "terms": terms_for_programs(terms), "rounds": told})
        return
    print_fields(f"Task {task}", {**_fields(summary), "model": model, "metadata": f"{metadata} {note}"})
    print_fields("Terms", terms_for_people(terms))
    _print_rounds(rounds)


@dataclass(frozen=True)
class RoundLine:
    """A round that is over; ``loss`` is its model's on the held-out data of the node whose home is here."""

    round: int
    outcome: str
    model: str | None
    loss: float | None


def _rounds(settings: ExplainSettings, contracts: Contracts, rounds: Sequence[Round]) -> list[RoundLine]:
    """The node's vote was on another candidate where the loss is not known."""
    from flock.diagnostics.local_journal import LocalLog
    from flock.protocol.core.cid import digest_from

    numbers = [each.number for each in rounds]
    votes = (
        LocalLog(settings.home, contracts.client.identity).votes(rounds[0].task, numbers) if rounds else {}
    )
    losses = {(number, vote.candidate): vote.candidate_loss for number, vote in votes.items()}
    return [
        RoundLine(
            each.number,
            each.outcome,
            each.model or None,
            losses.get((each.number, digest_from(each.model).hex())) if each.model else None,
        )
        for each in rounds
    ]


def _print_rounds(rounds: Sequence[RoundLine]) -> None:
    from flock.terminal import print_table

    if not rounds:
        return
    shown = rounds[-SHOWN_ROUNDS:]
    typer.secho("Rounds" if shown == rounds else f"Rounds, the last {len(shown)} of {len(rounds)}", bold=True)
    print_table(
        ["round", "outcome", "loss here"],
        [(each.round, each.outcome, "–" if each.loss is None else f"{each.loss:.4f}") for each in shown],
    )


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
