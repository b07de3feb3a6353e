"""What a Flower app's pyproject.toml says for a task: its ClientApp, and the settings that Flower would give it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flock.errors import BadConfig
from flock.store.text_files import read_text

PROJECT = "pyproject.toml"
TABLE = "[tool.flwr.app.config]"
CLIENT_APP = "clientapp"


@dataclass(frozen=True)
class FlowerApp:
    """``clientapp`` is package.module:app; ``config`` has no tables in it: Flower joins their names with dots."""

    clientapp: str
    config: Mapping[str, bool | int | float | str]

    def within(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """``document``, a task's metadata that may not hold yet, with what it does not say itself."""
        given = document.get("train", {})
        train = {**self.config, **given} if isinstance(given, dict) else given
        return {CLIENT_APP: self.clientapp, **document, "train": train}


def read_flower_app(place: Path) -> FlowerApp:
    """The app whose pyproject.toml this is, or whose folder. Raises BadConfig naming the file."""
    file = place / PROJECT if place.is_dir() else place
    try:
        app = tomllib.loads(read_text(file))["tool"]["flwr"]["app"]
        clientapp, config = app["components"]["clientapp"], app.get("config", {})
    except (OSError, ValueError, RecursionError) as problem:
        raise BadConfig(f"The app's file {file} cannot be read: {problem}.") from None
    except (KeyError, TypeError):
        clientapp = config = None
    if not isinstance(clientapp, str) or not isinstance(config, dict):
        raise BadConfig(
            f"The file {file} describes no Flower app: it needs [tool.flwr.app.components] with a `clientapp`."
        )
    return FlowerApp(clientapp, dict(_flat(config, file, ())))


def _flat(
    table: Mapping[str, Any], file: Path, path: tuple[str, ...]
) -> Iterator[tuple[str, bool | int | float | str]]:
    for key, value in table.items():
        name = ".".join((*path, key))
        if isinstance(value, dict):
            yield from _flat(value, file, (*path, key))
        elif isinstance(value, bool | int | float | str):
            yield name, value
        else:
            raise BadConfig(
                f"{name} in {TABLE} of {file} is {value!r}; Flower takes numbers, texts, true and false."
            )
