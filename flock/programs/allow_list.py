"""Allow-lists: who can join a task."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from flock.errors import BadConfig
from flock.store.text_files import read_text

if TYPE_CHECKING:
    from flock.programs.settings import NodeSettings
    from flock.protocol.alliance.params import AllianceParameters


def allow_list_proof_of(settings: NodeSettings, terms: AllianceParameters, owner: str) -> list[bytes]:
    """The proof that lets ``owner`` join; empty if anyone can. Raises BadConfig if there is none."""
    return allow_list_proof_in(settings.allow_list, terms.allow_list_root, settings.task, owner)


def allow_list_proof_in(file: Path | None, root: bytes, task: int, owner: str) -> list[bytes]:
    """The same, by the list in ``file`` and the ``root`` that the task names."""
    from flock.protocol.core.merkle import allow_list_proof, allow_list_root

    if not any(root):
        return []
    if file is None:
        raise BadConfig(
            f"Task {task} admits only addresses on its list. Get the list from its creator and set "
            f"`allow_list` to its path."
        )
    listed = read_addresses(file)
    if allow_list_root(listed) != root:
        raise BadConfig(f"{file} is not the list task {task} was made with.")
    proof = allow_list_proof(listed, owner)
    if proof is None:
        raise BadConfig(f"{owner} is not on the allow-list of task {task}; ask its creator.")
    return proof


def read_addresses(path: Path) -> list[str]:
    """An allow-list. Raises BadConfig, naming the file and what is wrong with it."""
    from eth_utils.address import is_address

    try:
        listed = json.loads(read_text(path))
    except (OSError, ValueError) as error:
        raise BadConfig(f"The allow-list {path} cannot be read: {error}.") from None
    if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
        raise BadConfig(f"The allow-list {path} must be a JSON list of addresses.")
    bad = [item for item in listed if not is_address(item)]
    if bad:
        raise BadConfig(f"{bad[0]!r} in the allow-list {path} is not an address; write 0x and 40 hex digits.")
    return listed
