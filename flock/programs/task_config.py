"""A task's metadata: the settings passed to every app, and the pinned bundle."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from flock.errors import BadConfig

if TYPE_CHECKING:
    from flock.chain.contracts.deployed import Contracts
    from flock.coordinator.context import CoordinatorContext
    from flock.programs.settings import CoordinatorSettings
    from flock.store.blobs import BlobStore
    from flock.training.evaluation import Evaluation
    from flock.training.schedules import Settings
    from flock.training.ties import Ties

Taken = TypeVar("Taken")


class TaskTraining(NamedTuple):
    """What a task's metadata says of training.

    ``config`` is passed to every app, e.g. epochs and learning rate; ``evaluation`` is what votes go by; ``ties`` are
    further names of arrays.
    """

    config: Settings
    evaluation: Evaluation
    ties: Ties


def task_training(contracts: Contracts, task: int, blobs: BlobStore) -> TaskTraining:
    """Raises BadConfig, naming the document, if it is none that a task can have."""
    return _taken(_training_of, *_metadata_of(contracts, task, blobs))


def bundle_of_task(contracts: Contracts, task: int, blobs: BlobStore) -> str | None:
    """The SHA-256, in hex, of the Flower App Bundle that the task's metadata names, if it names one."""
    return pinned_bundle(*_metadata_of(contracts, task, blobs))


def task_bundle(settings: CoordinatorSettings, context: CoordinatorContext) -> bytes | None:
    """The bundle to coordinate with. Raises BadConfig unless it is the one that the task names, if any."""
    from flock.training.flower.bundles import bundle_hash

    wanted = bundle_of_task(context.contracts, context.task, context.blobs)
    if settings.fab is None:
        if wanted is None:
            return None
        raise BadConfig(
            f"Task {context.task} runs the Flower App Bundle {wanted}; get it from the task's creator, and set "
            f"`fab` to its path."
        )
    try:
        bundle = settings.fab.read_bytes()
    except OSError as error:
        raise BadConfig(
            f"The bundle {settings.fab} cannot be read ({error.strerror}); correct `fab`."
        ) from None
    if bundle_hash(bundle) != wanted:
        raise BadConfig(
            f"{settings.fab} is bundle {bundle_hash(bundle)}, but task {context.task} names {wanted or 'none'}; "
            f"set `fab` to the task's own, or leave it out if it has none."
        )
    return bundle


def pinned_bundle(metadata: bytes, what: str) -> str | None:
    """The ``fab`` of a metadata document. Raises BadConfig, calling the document ``what``."""
    from flock.tasks.documents import bundle_of

    return _taken(bundle_of, metadata, what)


def train_config(metadata: bytes, what: str) -> Settings:
    """The ``train`` object of a metadata document. Raises BadConfig, calling the document ``what``."""
    from flock.tasks.documents import train_of

    return _taken(train_of, metadata, what)


def _training_of(document: Mapping[str, Any]) -> TaskTraining:
    from flock.tasks.documents import evaluation_of, ties_of, train_of

    return TaskTraining(train_of(document), evaluation_of(document), ties_of(document))


def _taken(take: Callable[[Mapping[str, Any]], Taken], metadata: bytes, what: str) -> Taken:
    from flock.web.errors import BadFields

    try:
        return take(_document(metadata, what))
    except BadFields as problem:
        [(field, detail)] = problem.fields.items()
        raise BadConfig(f"{what}: {field.removeprefix('metadata.')}: {detail}") from None


def _metadata_of(contracts: Contracts, task: int, blobs: BlobStore) -> tuple[bytes, str]:
    """A task's metadata, and what to call them."""
    from flock.protocol.core.cid import cid_of
    from flock.tasks.documents import LARGEST_METADATA

    cid = cid_of(contracts.task_manager.task_of(task).metadata)
    return blobs.get(cid, LARGEST_METADATA), f"The metadata {cid} of task {task}"


def _document(metadata: bytes, what: str) -> dict[str, Any]:
    try:
        document = json.loads(metadata)
    except (ValueError, RecursionError):
        raise BadConfig(f"{what} is not JSON; its creator has to fix it.") from None
    if not isinstance(document, dict):
        raise BadConfig(f"{what} needs a `train` object of plain values, such as numbers and text.")
    return document
