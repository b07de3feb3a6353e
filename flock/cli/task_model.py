"""``flock task model``: the file of a model that the chain names, checked against its digest."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flock.errors import BadConfig, Refused

if TYPE_CHECKING:
    from flock.chain.contracts.deployed import Contracts
    from flock.programs.settings import AllianceSettings

MIB = 1 << 20


@dataclass(frozen=True)
class NamedModel:
    """A model that the chain names, and what it is to people."""

    cid: str
    words: str


def fetch_model(
    settings: AllianceSettings, task: int, number: int | None, output: Path, max_mib: int, *, as_json: bool
) -> None:
    """Write the model accepted in round ``number``, or the newest, to ``output``, whole or not at all.

    Raises Refused if that round accepted none, BlobUnavailable if the service does not have it, BadBlob if it
    serves other bytes.
    """
    from flock.economy.operations.requirements import require_task
    from flock.programs.wiring import contracts_of
    from flock.store.http_blobs import HttpBlobs
    from flock.terminal import tell

    contracts = contracts_of(settings)
    require_task(contracts, task)
    model = _newest(contracts, task) if number is None else _accepted_in(contracts, task, number)
    with HttpBlobs(settings.alliance) as blobs:
        size = write_whole(output, blobs.pieces(model.cid, max_mib * MIB))
    tell(
        f"{output} is {model.words} of task {task}, {size:,} bytes: {model.cid}, as the chain has it.",
        as_json=as_json,
        task=task,
        file=output,
        model=model.cid,
        bytes=size,
    )


def _newest(contracts: Contracts, task: int) -> NamedModel:
    from flock.protocol.core.cid import cid_of

    model, first = (
        contracts.alliance_rounds.round_view(task).model,
        contracts.task_manager.parameters_of(task).initial_model,
    )
    if not any(model) or model == first:
        return NamedModel(cid_of(first), "the initial model")
    return NamedModel(cid_of(model), "the newest accepted model")


def _accepted_in(contracts: Contracts, task: int, number: int) -> NamedModel:
    from flock.library.readings import rounds_of

    found = next((each for each in rounds_of(contracts, task) if each.number == number), None)
    if found is None:
        raise Refused(f"Task {task} has no round {number} that is over; `flock task show {task}` lists them.")
    if found.outcome != "accepted":
        raise Refused(
            f"Round {number} of task {task} is {found.outcome}: it left the model as it was. "
            f"`flock task show {task}` lists the rounds that accepted one."
        )
    return NamedModel(found.model, f"the model accepted in round {number}")


def write_whole(output: Path, pieces: Iterable[bytes]) -> int:
    """Its size. A failure leaves what was there before, and nothing else."""
    from flock.terminal import Progress

    draft, size = output.with_name(f".{output.name}.{os.getpid()}.partial"), 0
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with Progress("Asking the service…") as progress, draft.open("xb") as file:
            for piece in pieces:
                size += file.write(piece)
                progress.say(f"Fetching the model: {size / MIB:,.0f} MiB")
        draft.replace(output)
    except OSError as problem:
        raise BadConfig(f"The model cannot be written to {output} ({problem.strerror}).") from None
    finally:
        with suppress(OSError):
            draft.unlink()
    return size
