"""What ``flock market fetch`` does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flock.programs.settings import AllianceSettings

MIB = 1 << 20


def fetch_file(
    settings: AllianceSettings, version: int, output: Path, max_mib: int, *, document: bool, as_json: bool
) -> None:
    """Write the bytes or the document of a version to ``output``, whole or not at all.

    Raises BadConfig for a version that is not there, BlobUnavailable if the service does not have it, BadBlob if it
    serves other bytes.
    """
    from flock.cli.task_model import write_whole
    from flock.marketplace.plans import require_version
    from flock.programs.wiring import contracts_of
    from flock.protocol.core.cid import cid_of
    from flock.store.http_blobs import HttpBlobs
    from flock.terminal import tell

    found = require_version(contracts_of(settings), version)
    cid, what = (cid_of(found.metadata), "the document") if document else (cid_of(found.digest), "the model")
    with HttpBlobs(settings.alliance) as blobs:
        size = write_whole(output, blobs.pieces(cid, max_mib * MIB))
    tell(
        f"{output} is {what} of version {version}, {size:,} bytes: {cid}, as the chain has it.",
        as_json=as_json,
        version=version,
        file=output,
        cid=cid,
        bytes=size,
    )
