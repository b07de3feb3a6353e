"""What ``/api/v1`` says of tasks, submissions and assignments, as FLock.io's clients read it.

Times are naive ISO 8601 in UTC with microseconds, numbers of tasks, submissions and assignments are integers, scores
are in the metric's unit.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from flock.arena.models import ArenaTaskRow, SubmissionRow, TaskStage
from flock.arena.scoring.results import MILLION
from flock.arena.task_document import TaskDocument
from flock.protocol.core.cid import cid_of

Answer = dict[str, Any]

STATUSES: Mapping[TaskStage, str] = {
    TaskStage.ENROLLING: "pending",
    TaskStage.RUNNING: "submission_phase",
    TaskStage.DISCLOSING: "final_validation_phase",
    TaskStage.FINALS: "final_validation_phase",
    TaskStage.FINISHED: "finalized",
    TaskStage.CANCELLED: "cancelled",
}
DEFAULT_BASE = "default"
"""The name of the template that a validator's client uses for models whose trainer has named none."""


def moment(seconds: int) -> str:
    """Unix seconds as ``2026-12-01T12:00:00.000000``."""
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None).isoformat(timespec="microseconds")


def score(millionths: int | None) -> float | None:
    """In the metric's unit."""
    return None if millionths is None else millionths / MILLION


def task_answer(row: ArenaTaskRow, document: TaskDocument | None, url: str, *, is_listed: bool) -> Answer:
    """A task; without its ``document``, where that is not here, it has no bounds and no training set."""
    terms = row.parameters
    ends_at = int(terms["ends_at"])
    final_ends_at = ends_at + sum(int(terms[f"{name}_seconds"]) for name in ("disclose", "key", "final"))
    title = document.title if document else ""
    return {
        "id": row.id,
        "title": title or f"Arena {row.id}",
        "description": _description(document),
        "task_type": "training",
        "status": STATUSES[row.stage],
        "data": {**_data(document, url), **(_keys(row, document) if is_listed else {})},
        "duration_in_seconds": ends_at - int(terms["starts_at"]),
        "initialized_at": moment(int(terms["starts_at"])),
        "submission_phase_ends_at": moment(ends_at),
        "final_validation_ends_at": moment(final_ends_at),
        "final_link": None
        if row.model is None
        else f"{url}/arena/tasks/{row.id}/submissions/{row.winner}/artifact",
    }


def submission_answer(task: int, submission: int, data: Mapping[str, object]) -> Answer:
    """A submission as assignments have it."""
    return {"id": submission, "task_id": task, "data": dict(data)}


def result_answer(row: SubmissionRow, link: str) -> Answer:
    """A submission as its trainer sees it."""
    return {
        "id": row.id,
        "link": link,
        "submission_phase_score": score(row.median),
        "final_validation_score": score(row.final_median),
        "submitted_at": moment(row.submitted_at),
    }


def page(items: Sequence[Answer], total: int, number: int, size: int) -> Answer:
    """A page of a list."""
    return {"items": list(items), "total": total, "page": number, "size": size, "pages": -(-total // size)}


def bounds_of(document: TaskDocument | None) -> Answer:
    """What a model may be; null what the task does not say."""
    if document is None:
        return {"max_params": None, "context_length": None}
    model = document.scoring.model
    context = model.get("context_length", model.get("context"))
    return {"max_params": document.scoring.bounds.parameters, "context_length": context}


def _data(document: TaskDocument | None, url: str) -> Answer:
    digest = document.training_set if document else None
    link = None if digest is None else f"{url}/blobs/{cid_of(digest)}"
    return {"training_set_url": link, **bounds_of(document)}


def _keys(row: ArenaTaskRow, document: TaskDocument | None) -> Answer:
    training_set = document.training_set if document else None
    terms = row.parameters
    return {
        "recommended_vram": None,
        "training_set_key": None if training_set is None else cid_of(training_set),
        "validation_set_key": str(terms["set_a"]),
        "final_validation_set_key": str(terms["set_b"]),
    }


def _description(document: TaskDocument | None) -> str:
    if document is None:
        return ""
    return f"{document.scoring.kind}, scored by {document.scoring.metric}"
