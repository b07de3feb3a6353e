"""``flock demo``."""

from __future__ import annotations

import shlex
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from flock.devnet.report import RoundReport, print_report, rounds_table
from flock.devnet.tasks import attacks_named, demo_task
from flock.errors import BadConfig

if TYPE_CHECKING:
    from flock.devnet.network import DemoNetwork, DemoTerms, Participant
    from flock.devnet.scenario import Reporter

app = typer.Typer(add_completion=False)

MOST_ROUNDS = 24
FEWEST_ROUNDS = 14


KEEP = typer.Option(help="Leave the network running until Ctrl-C.")
FOLDER = typer.Option(help="Output folder: a new or empty one, or an earlier demo's, which is emptied.")
AS_JSON = typer.Option("--json", help="Print only the report, as JSON.")


@app.callback(
    invoke_without_command=True,
    epilog="Example: flock demo --task digits --members 5 --rounds 4 --attack none --json",
)
def demo(
    context: typer.Context,
    task: Annotated[str, typer.Option(help="nmes1988, breast_cancer or digits.")] = "nmes1988",
    members: Annotated[int, typer.Option(min=2, max=64, help="How many members take part.")] = 8,
    rounds: Annotated[
        int | None,
        typer.Option(min=1, help="Number of rounds (default: until both attackers are slashed)."),
    ] = None,
    attack: Annotated[str, typer.Option(help="both, sign-flip, lying-voter or none.")] = "both",
    keep: Annotated[bool, KEEP] = False,
    folder: Annotated[Path, FOLDER] = Path(".flock/demo"),
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Run a whole network on this machine: deploy, train, vote, slash, pay, claim.

    That of an Alliance; `flock demo arena` plays competitions, `flock demo market` sells models.
    """
    if context.invoked_subcommand is not None:
        _require_no_options(context)
        return
    from flock.devnet.folder import claim_folder
    from flock.devnet.network import DemoNetwork
    from flock.devnet.processes import Processes
    from flock.devnet.scenario import Participants, tell
    from flock.terminal import print_json

    chosen = demo_task(task)
    attacks = attacks_named(attack)
    terms = _terms(members, rounds, len(attacks))
    console = Console(stderr=as_json)
    cast = Participants(members, attacks, rounds or min(FEWEST_ROUNDS, terms.planned_rounds), attack)
    claim_folder(folder)
    with (
        Processes(folder / "logs") as processes,
        DemoNetwork(folder.resolve(), processes, chosen, terms) as network,
    ):
        with _telling(console, chosen.score) as reporter:
            report = tell(network, cast, reporter)
        if as_json:
            print_json(asdict(report))
        else:
            print_report(console, report, folder, score=chosen.score)
        if keep:
            _keep(console, network)


@app.command(epilog="Example: flock demo arena --task digits --json")
def arena(
    task: Annotated[str, typer.Option(help="digits, english or both.")] = "both",
    keep: Annotated[bool, KEEP] = False,
    folder: Annotated[Path, FOLDER] = Path(".flock/demo-arena"),
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Play competitions on this machine: submit, score, cheat, rank, pay, verify, claim.

    Exit code: 1 if a cheat came out no worse than its honest peer, the posted root is wrong, or a wei is missing.
    """
    from flock.cli import demo_arena

    demo_arena.run(task, folder, keep=keep, as_json=as_json)


@app.command(epilog="Example: flock demo market --json")
def market(
    keep: Annotated[bool, KEEP] = False,
    folder: Annotated[Path, FOLDER] = Path(".flock/demo-market"),
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Sell models on this machine: publish, host, pay by the call with x402, subscribe, release.

    Exit code: 1 if a buyer paid something else than its receipts say, or a wei is missing.
    """
    from flock.cli import demo_market

    demo_market.run(folder, keep=keep, as_json=as_json)


def _require_no_options(context: typer.Context) -> None:
    """Raises BadParameter for an option of the Alliance's demo before the name of another one."""
    for name in context.params:
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            option = "--json" if name == "as_json" else f"--{name}"
            raise typer.BadParameter(
                f"Write {option} after `{context.invoked_subcommand}`, if it is for that."
            )


def _terms(members: int, rounds: int | None, attackers: int) -> DemoTerms:
    from flock.devnet.network import DemoTerms

    if attackers >= (members + 1) // 2:
        raise BadConfig(
            f"{attackers} attackers among {members} members are not a minority; take more members."
        )
    proposers = members // 2
    return DemoTerms(rounds or MOST_ROUNDS, proposers, members - proposers)


@contextmanager
def _telling(console: Console, score: str) -> Iterator[Reporter]:
    """A progress spinner above the rounds so far; plain lines without a terminal."""
    from flock.devnet.scenario import Reporter

    if not console.is_terminal:
        yield Reporter(lambda line: console.print(line, highlight=False), _Plain(console).show)
        return
    spinner = Spinner("dots", text="")
    with Live(spinner, console=console, refresh_per_second=8, transient=True) as live:

        def say(line: str) -> None:
            spinner.update(text=line)

        def show(rows: Sequence[RoundReport], members: Sequence[Participant], slashed: set[str]) -> None:
            names = [member.name for member in members if member.address in slashed]
            spinner.update(text=f"Round {len(rows) + 1} is under way")
            fate = Text(f"slashed so far: {', '.join(names) or 'nobody'}", style="dim")
            live.update(Group(rounds_table(list(rows), score), fate, spinner))

        yield Reporter(say, show)


class _Plain:
    """Prints each message once."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._said = 0
        self._slashed: set[str] = set()

    def show(self, rows: Sequence[RoundReport], members: Sequence[Participant], slashed: set[str]) -> None:
        for row in rows[self._said :]:
            score = "–" if row.score is None else f"{row.score:.4f}"
            self._say(f"round {row.number}: {row.outcome}, score {score}, {row.seconds:.1f} s")
        for member in members:
            if member.address in slashed - self._slashed:
                self._say(f"{member.name} is slashed")
        self._said, self._slashed = len(rows), set(slashed)

    def _say(self, line: str) -> None:
        self._console.print(line, highlight=False)


def _keep(console: Console, network: DemoNetwork) -> None:
    """Open a task to join, say how, and wait."""
    colleague = network.open_another_task()
    console.print(
        f"\nThe network keeps running until Ctrl-C; keys, configurations and logs are in {network.folder}. Task "
        f"{network.current_task} is open: {colleague.name} waits in it for one more member. To be that member, paste "
        "this into another terminal:\n",
        highlight=False,
        soft_wrap=True,
    )
    console.print("\n".join(_joining(network)), highlight=False, markup=False, soft_wrap=True)
    signal.pause()


def _joining(network: DemoNetwork) -> Iterator[str]:
    """The shell commands of a newcomer."""
    surroundings = {
        "RPC": network.rpc,
        "CHAIN_ID": network.client.chain_id,
        "ADDRESSES": network.book,
        "ALLIANCE": network.alliance,
        "COORDINATOR": network.front,
    }
    for name, value in surroundings.items():
        yield f"export FLOCK_{name}={shlex.quote(str(value))}"
    yield "flock key new hospital"
    yield "flock chain fund hospital"
    yield f"flock node init --task {network.current_task} --key hospital --app {network.task.app()}"
    yield f"printf 'partition-id = 1\\nnum-partitions = {len(network.participants)}\\n' >> node.toml"
    yield "flock node doctor --config node.toml"
    yield "flock node start --config node.toml"
