"""Shell completion. On any error it completes nothing and prints nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

KEY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
PATIENCE_SECONDS = 1.0


def complete_key(incomplete: str) -> list[str]:
    """Names of the keys in the folder that commands use."""
    folder = _keys_folder()
    try:
        names = sorted(file.name for file in folder.iterdir() if file.is_file())
    except OSError:
        return []
    return [name for name in names if KEY_NAME.fullmatch(name) and name.startswith(incomplete)]


def complete_network(incomplete: str) -> list[str]:
    """Names of networks."""
    from flock.chain.networks import NETWORKS

    return [name for name in NETWORKS if name.startswith(incomplete)]


def complete_task(incomplete: str) -> list[tuple[str, str]]:
    """Numbers of the tasks on the configured chain, newest first, if it answers within a second."""
    try:
        return [found for found in _tasks() if found[0].startswith(incomplete)]
    except Exception:  # completion must never print an error
        return []


def complete_subject(incomplete: str) -> list[tuple[str, str]]:
    """Subjects of ``flock explain`` that are known here."""
    return [*complete_task(incomplete), *((name, "key") for name in complete_key(incomplete))]


def _keys_folder() -> Path:
    if given := os.environ.get("FLOCK_KEYS"):
        return Path(given)
    from platformdirs import user_data_path

    return user_data_path("flock") / "keys"


def _tasks() -> Iterator[tuple[str, str]]:
    from flock.chain.address_book import AddressBook
    from flock.chain.client import Client
    from flock.chain.contracts.deployed import Contracts
    from flock.programs.settings import ChainSettings, load

    settings = load(ChainSettings)
    client = Client(settings.rpc, settings.chain_id, PATIENCE_SECONDS)
    manager = Contracts(client, AddressBook.load(settings.chain_id, settings.addresses)).task_manager
    for number in range(manager.task_count(), 0, -1)[:20]:
        yield str(number), f"task, {manager.task_of(number).state.name.lower()}"
