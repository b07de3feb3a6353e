"""``flock``: the command line. Each group of commands is loaded only when it is named."""

from __future__ import annotations

import errno
import importlib
import os
import sys
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any

import click
import typer
from typer.core import TyperGroup

from flock.cli.extras import missing_extra
from flock.errors import BadConfig, FlockError

EXIT_FAULT = 70  # EX_SOFTWARE of sysexits.h
EXIT_PIPE = 141  # as a shell reports a program ended by SIGPIPE

OF_FILES = frozenset(
    {
        errno.EACCES,
        errno.EDQUOT,
        errno.EEXIST,
        errno.EISDIR,
        errno.ELOOP,
        errno.ENAMETOOLONG,
        errno.ENOENT,
        errno.ENOSPC,
        errno.ENOTDIR,
        errno.EPERM,
        errno.EROFS,
    }
)
"""What says nothing about flock, but about the file that the error names."""

# Group → the module whose ``app`` it is. None of them imports torch, Flower or the chain before it must.
GROUPS: Mapping[str, str] = {
    "chain": "flock.cli.chain",
    "key": "flock.cli.key",
    "new": "flock.cli.new",
    "task": "flock.cli.task",
    "stake": "flock.cli.stake",
    "delegate": "flock.cli.delegate",
    "rewards": "flock.cli.rewards",
    "gov": "flock.cli.gov",
    "settle": "flock.cli.settle",
    "verify": "flock.cli.verify",
    "dispute": "flock.cli.dispute",
    "node": "flock.cli.node",
    "explain": "flock.cli.explain",
    "coordinator": "flock.cli.coordinator",
    "alliance": "flock.cli.alliance",
    "arena": "flock.cli.arena",
    "api-key": "flock.cli.api_key",
    "market": "flock.cli.market",
    "sim": "flock.cli.sim",
    "demo": "flock.cli.demo",
}


class Flock(TyperGroup):
    """Loads command groups by name, and turns errors into one sentence and an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(GROUPS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        return _group(cmd_name) if cmd_name in GROUPS else None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return self._invoke(ctx)
        except FlockError as error:
            if ctx.params["debug"]:
                raise
            typer.echo(f"flock: {error}", err=True)
            raise typer.Exit(error.exit_code) from None
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except BrokenPipeError:  # the reader closed the pipe, as in `flock … | head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(EXIT_PIPE) from None
        except Exception as fault:
            if ctx.params["debug"]:
                raise
            typer.echo(
                f"flock: a bug in flock ({type(fault).__name__}: {fault}). "
                "Run the command again as `flock --debug …` and report what it prints.",
                err=True,
            )
            raise typer.Exit(EXIT_FAULT) from None

    def _invoke(self, ctx: click.Context) -> Any:
        """As click does; missing extras, full disks and the rights of folders are the operator's to mend."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise
        except OSError as problem:
            if problem.errno not in OF_FILES or not problem.filename:
                raise
            raise BadConfig(
                f"{problem.filename} cannot be used ({problem.strerror}). Correct its rights or free its disk, or "
                "name another file or folder."
            ) from problem
        except ModuleNotFoundError as problem:
            missing = missing_extra(ctx.invoked_subcommand or "", problem)
            if missing is None:
                raise
            raise missing from problem


@cache
def _group(name: str) -> click.Command:
    """Made once a process: that takes longer than much that commands do."""
    group = typer.main.get_command(importlib.import_module(GROUPS[name]).app)
    group.name = name
    return group


app = typer.Typer(cls=Flock, no_args_is_help=True, pretty_exceptions_enable=False)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(version("flock"))
        raise typer.Exit


@app.callback(
    epilog="Exit codes: 0 success, 1 refused, 2 invalid usage, 70 a bug in flock, 75 a service does not "
    "answer, 78 only the operator can fix it, 130 interrupted."
)
def flock(
    debug: Annotated[bool, typer.Option("--debug", help="Show stack traces.")] = False,  # noqa: ARG001
    version: Annotated[  # noqa: ARG001
        bool,
        typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    """Train together, keep your data, verify every payout: federated learning coordinated by a blockchain."""
    from flock import log

    log.configure()  # log to standard error: standard output belongs to the command, above all with --json


def main() -> None:
    """Run the command that the arguments name."""
    app()
