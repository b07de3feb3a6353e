"""The settings that an app is given in its Context, and what is said of one that it misses."""

from collections.abc import Mapping
from typing import Never

NODE_CONFIG, RUN_CONFIG = "node_config", "run_config"
WRITTEN_IN = {
    NODE_CONFIG: "[app_config] of the node's configuration",
    RUN_CONFIG: "the `train` object of the task's metadata",
}


class MissingSetting(KeyError):
    """The app asked for a setting that it was not given. ``str`` says which one, and where it belongs."""

    def __init__(self, key: str, field: str) -> None:
        super().__init__(key)
        self._sentence = f"there is no {key!r} in context.{field}; it belongs in {WRITTEN_IN[field]}"

    def __str__(self) -> str:
        return self._sentence


class AppSettings(dict[str, bool | int | float | str]):
    """Settings by name, in a dictionary that says where a missing one belongs.

    ``field`` is the field of the Context: ``node_config`` or ``run_config``.
    """

    def __init__(self, settings: Mapping[str, bool | int | float | str] | None, field: str) -> None:
        super().__init__(settings or {})
        self._field = field

    def __missing__(self, key: str) -> Never:
        raise MissingSetting(key, self._field)
