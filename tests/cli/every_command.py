"""The commands of ``flock``, groups within groups as well."""

import importlib
from collections.abc import Iterator

import click
import typer

from flock.cli.main import GROUPS

Words = tuple[str, ...]


def all_commands() -> Iterator[tuple[Words, click.Command]]:
    """Every command that can be run, by its words."""
    for group, module in GROUPS.items():
        yield from _within((group,), typer.main.get_command(importlib.import_module(module).app))


def _within(words: Words, found: click.Command) -> Iterator[tuple[Words, click.Command]]:
    if not isinstance(found, click.Group):
        yield words, found
        return
    for name, command in found.commands.items():
        yield from _within((*words, name), command)
