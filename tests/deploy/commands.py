"""Whether a ``flock`` command line could run: its words and options exist."""

from collections.abc import Sequence

import click


def flock_command() -> click.Command:
    """Loaded late: importing typer 0.20 warns about names that click 9 will no longer have."""
    import typer

    from flock.cli.main import app

    return typer.main.get_command(app)


def unknown_words(words: Sequence[str]) -> list[str]:
    """The group, command or options in ``words`` (what follows ``flock``) that do not exist."""
    command, rest = flock_command(), list(words)
    context = click.Context(command)
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        found = command.get_command(context, rest.pop(0))
        if found is None:
            return list(words)
        command = found
    known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    return [word for word in rest if word.startswith("-") and word.partition("=")[0] not in known]
