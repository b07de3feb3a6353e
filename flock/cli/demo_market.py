"""``flock demo market``."""

from __future__ import annotations

import shlex
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from flock.cli.demo_telling import WIDTH, telling

if TYPE_CHECKING:
    from flock.devnet.market.network import MarketNetwork
    from flock.devnet.market.report import MarketReport


def run(folder: Path, *, keep: bool, as_json: bool) -> None:
    """Play the market and print the report. Exits with 1 if it shows what must not be."""
    from flock.devnet.folder import claim_folder
    from flock.devnet.market.network import MarketNetwork
    from flock.devnet.market.scenario import play
    from flock.devnet.processes import Processes

    console = Console(stderr=as_json)
    claim_folder(folder)
    with (
        Processes(folder / "logs") as processes,
        MarketNetwork(folder.resolve(), processes) as network,
    ):
        with telling(console) as say:
            report = play(network, say)
        _show(report, folder, as_json=as_json)
        if keep:
            _keep(console, network)
    if report.problems:
        raise typer.Exit(1)


def _show(report: MarketReport, folder: Path, *, as_json: bool) -> None:
    from flock.devnet.market.tables import print_demo
    from flock.terminal import print_json

    if as_json:
        print_json(report.as_data())
    else:
        console = Console()
        print_demo(console if console.is_terminal else Console(width=WIDTH), report, folder)


def _keep(console: Console, network: MarketNetwork) -> None:
    """Say how to buy a call, and wait."""
    console.print(
        f"\nChain and host keep running until Ctrl-C; keys and logs are in {network.folder}. To buy a call, paste "
        "this into another terminal:\n",
        highlight=False,
        soft_wrap=True,
    )
    console.print("\n".join(_buying(network)), highlight=False, markup=False, soft_wrap=True)
    signal.pause()


def _buying(network: MarketNetwork) -> Iterator[str]:
    """Shell commands of somebody who asks both models about a flower."""
    surroundings = {
        "RPC": network.devnet.rpc,
        "CHAIN_ID": network.contracts.chain_id,
        "ADDRESSES": network.devnet.addresses,
        "KEYS": network.keys.keystore,
        "PASSWORD_FILE": network.keys.password_file,
    }
    for name, value in surroundings.items():
        yield f"export FLOCK_{name}={shlex.quote(str(value))}"
    for model in ("irises", "irises-better"):
        yield f'flock market call {model} --url {network.url} --inputs "[[6.1, 2.8, 4.7, 1.2]]" --key anna'
