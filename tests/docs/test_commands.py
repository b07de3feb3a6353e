"""Every flock command that the documents name exists, with the options they give it."""

import re
import shlex
from pathlib import Path

import click
import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
IN_BLOCK = re.compile(r"^((?:FLOCK_\w+=\S+ )?flock .*?)\s*(?:#|$)", re.MULTILINE)
IN_TEXT = re.compile(r"`((?:FLOCK_\w+=\S+ )?flock [^`]+)`")


def commands() -> list[str]:
    """From shell blocks, and from `code` in the text."""
    text = "\n".join(page.read_text() for page in PAGES)
    blocks = "\n".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL))
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return sorted({*IN_BLOCK.findall(blocks), *IN_TEXT.findall(prose)})


def command_line() -> click.Command:
    """Loaded late: importing typer 0.20 warns about names that click 9 will no longer have."""
    import typer

    from flock.cli.main import app

    return typer.main.get_command(app)


@pytest.mark.filterwarnings("ignore:.*Click 9:DeprecationWarning")
@pytest.mark.parametrize("line", commands())
def test_the_command_exists(line: str) -> None:
    words = [word for word in shlex.split(line) if not word.startswith("FLOCK_")][1:]
    command = command_line()
    context = click.Context(command)
    known = {"--help"} | {option for parameter in command.params for option in parameter.opts}
    while words and isinstance(command, click.Group) and not words[0].startswith("-"):
        found = command.get_command(context, words.pop(0))
        assert found is not None
        command = found
        known |= {option for parameter in command.params for option in parameter.opts}

    assert {word for word in words if word.startswith("-")} <= known
