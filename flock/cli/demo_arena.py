"""``flock demo arena``."""

from __future__ import annotations

import shlex
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from flock.cli.demo_telling import WIDTH, telling

if TYPE_CHECKING:
    from flock.devnet.arena.network import ArenaNetwork
    from flock.devnet.arena.report import DemoReport


def run(task: str, folder: Path, *, keep: bool, as_json: bool) -> None:
    """Play the competitions and print the report. Exits with 1 if it shows what must not be."""
    from flock.devnet.arena.network import ArenaNetwork
    from flock.devnet.arena.scenario import play
    from flock.devnet.arena.tasks import arenas_named
    from flock.devnet.folder import claim_folder
    from flock.devnet.processes import Processes

    arenas = arenas_named(task)
    console = Console(stderr=as_json)
    claim_folder(folder)
    with (
        Processes(folder / "logs") as processes,
        _logging_to(folder / "logs" / "members.log"),
        ArenaNetwork(folder.resolve(), processes) as network,
    ):
        with telling(console) as say:
            report = play(network, arenas, say)
        _show(report, folder, as_json=as_json)
        if keep:
            _keep(console, network, [each.task for each in report.arenas])
    if report.problems:
        raise typer.Exit(1)


def _show(report: DemoReport, folder: Path, *, as_json: bool) -> None:
    from flock.devnet.arena.tables import print_demo
    from flock.terminal import print_json

    if as_json:
        print_json(report.as_data())
    else:
        console = Console()
        print_demo(console if console.is_terminal else Console(width=WIDTH), report, folder)


@contextmanager
def _logging_to(path: Path) -> Iterator[None]:
    """Members that work in this process say what they do in a file, as the programs do."""
    from flock import log

    with path.open("w") as stream:
        log.configure(stream=stream)
        try:
            yield
        finally:
            log.configure()


def _keep(console: Console, network: ArenaNetwork, tasks: Sequence[int]) -> None:
    """Say how to look around, and wait."""
    console.print(
        f"\nChain and service keep running until Ctrl-C; keys and logs are in {network.folder}. To look around, "
        "paste this into another terminal:\n",
        highlight=False,
        soft_wrap=True,
    )
    console.print("\n".join(_looking(network, tasks)), highlight=False, markup=False, soft_wrap=True)
    signal.pause()


def _looking(network: ArenaNetwork, tasks: Sequence[int]) -> Iterator[str]:
    """Shell commands that read what the demo has left."""
    surroundings = {
        "RPC": network.devnet.rpc,
        "CHAIN_ID": network.contracts.chain_id,
        "ADDRESSES": network.devnet.addresses,
        "ALLIANCE": network.service,
        "KEYS": network.keys.keystore,
    }
    for name, value in surroundings.items():
        yield f"export FLOCK_{name}={shlex.quote(str(value))}"
    for task in tasks:
        yield f"flock arena leaderboard {task}"
        yield f"flock explain {task}/1"
    yield "flock verify"
