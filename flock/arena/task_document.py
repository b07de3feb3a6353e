"""A task's metadata as its programs need it: how submissions are scored, and what they can be trained on."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flock.arena.client import ArenaClient
from flock.arena.scoring.task import ScoringTask, parse_task
from flock.chain.contracts.deployed import Contracts
from flock.errors import BadBlob, BadConfig
from flock.protocol.core.cid import digest_from

LARGEST_METADATA = 1 << 20
LARGEST_SET = 1 << 32


@dataclass(frozen=True)
class TaskDocument:
    """``training_set`` and ``baseline`` are digests (SHA-256) of public blobs, None where the creator names none.

    Without a baseline there is nothing to tell a copy from a model that errs like all others: nobody is accused.
    """

    scoring: ScoringTask
    training_set: bytes | None = None
    baseline: bytes | None = None
    title: str = ""


def parse_document(document: object) -> TaskDocument:
    """The metadata of an Arena. Raises BadConfig, saying what is wrong with it."""
    if not isinstance(document, dict):
        raise BadConfig("The task's metadata are not a JSON object: it is not one of an Arena.")
    missing = [name for name in ("kind", "metric", "model") if name not in document]
    if missing:
        raise BadConfig(f"The task's metadata lack {missing[0]!r}: nobody can score submissions to it.")
    scoring = {name: document[name] for name in ("kind", "metric", "model")}
    return TaskDocument(
        parse_task({**scoring, "bounds": document.get("limits", {})}),
        _digest(document, "training_set"),
        _digest(document, "baseline"),
        str(document.get("title", "")),
    )


def document_of(contracts: Contracts, service: ArenaClient, task: int) -> TaskDocument:
    """The metadata that the chain names. Raises BlobUnavailable while the service has them not, and BadConfig."""
    digest = contracts.task_manager.task_of(task).metadata
    try:
        document = json.loads(service.blob(digest, LARGEST_METADATA))
    except (ValueError, RecursionError):
        raise BadConfig(f"The metadata of task {task} are not JSON: it cannot be scored.") from None
    return parse_document(document)


def _digest(document: Mapping[str, Any], name: str) -> bytes | None:
    """A blob that is named by its CID; one named by its URL is for people."""
    named = document.get(name)
    if not isinstance(named, str):
        return None
    try:
        return digest_from(named)
    except BadBlob:
        return None
