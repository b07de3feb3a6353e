"""``flock node``: take part in a task with your own data."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flock.cli.completion import complete_key, complete_task
from flock.cli.options import AsJson
from flock.errors import BadConfig

if TYPE_CHECKING:
    from flock.programs.settings import NodeSettings

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Take part in a task with your own data.")

ConfigFile = Annotated[
    Path, typer.Option("--config", "-c", help="The node's TOML file.", envvar="FLOCK_NODE_CONFIG")
]
DEFAULT_CONFIG = Path("node.toml")


class NodeRole(StrEnum):
    """What a node does."""

    MEMBER = "member"
    VALIDATOR = "validator"
    TRAINER = "trainer"


Role = Annotated[NodeRole, typer.Option(help="A member of an Alliance, or a validator or trainer of Arenas.")]


@app.command(epilog="Example: flock node init --task 1 --key hospital --app hospital.client:app")
def init(
    task: Annotated[int, typer.Option(help="Task to take part in.", autocompletion=complete_task)],
    key: Annotated[
        str, typer.Option(help="Name of the signing key; see `flock key list`.", autocompletion=complete_key)
    ],
    client_app: Annotated[
        str | None, typer.Option("--app", help="A member's Flower ClientApp, as package.module:app.")
    ] = None,
    role: Role = NodeRole.MEMBER,
    config: ConfigFile = DEFAULT_CONFIG,
    rpc: Annotated[
        str, typer.Option(help="JSON-RPC endpoint of the chain.", envvar="FLOCK_RPC")
    ] = "http://127.0.0.1:8545",
    chain_id: Annotated[
        int, typer.Option(help="Chain id the endpoint must serve.", envvar="FLOCK_CHAIN_ID")
    ] = 31337,
    addresses: Annotated[
        Path | None,
        typer.Option(
            help="Address book file.", envvar="FLOCK_ADDRESSES", show_default="the known one of the chain"
        ),
    ] = None,
    alliance: Annotated[
        str, typer.Option(help="URL of the Alliance service.", envvar="FLOCK_ALLIANCE")
    ] = "http://127.0.0.1:8700",
    coordinator: Annotated[
        str, typer.Option(help="The coordinator's front, as host:port.", envvar="FLOCK_COORDINATOR")
    ] = "127.0.0.1:9092",
    home: Annotated[
        Path | None,
        typer.Option(
            help="Folder of database and blobs.",
            envvar="FLOCK_HOME",
            show_default="in the user's data folder",
        ),
    ] = None,
    force: Annotated[bool, typer.Option(help="Replace an existing file.")] = False,
) -> None:
    """Write a commented configuration file; what the environment says (FLOCK_RPC …) goes into it."""
    from flock.cli.node_template import arena_toml, node_toml

    if (client_app is None) == (role is NodeRole.MEMBER):
        raise typer.BadParameter("A member of an Alliance needs an --app, and only such a one.")
    if config.exists() and not force:
        raise BadConfig(f"{config} exists already. Edit it, name another with --config, or pass --force.")
    config.parent.mkdir(parents=True, exist_ok=True)
    shared: dict[str, Any] = {
        "task": task,
        "key": key,
        "rpc": rpc,
        "chain_id": chain_id,
        "addresses": addresses and addresses.resolve(),
        "home": home and home.resolve(),
        "alliance": alliance,
    }
    if client_app is not None:
        text, options = node_toml(app=client_app, coordinator=coordinator, **shared), ""
    else:
        text, options = arena_toml(role.value, **shared), f"--role {role.value} "
    config.write_text(text)
    typer.echo(f"Wrote {config}. Read it through, then run: flock node start {options}--config {config}")


@app.command(
    epilog="Example: flock node start --config node.toml · flock node start --role validator -c validator.toml"
)
def start(
    config: ConfigFile = DEFAULT_CONFIG,
    role: Role = NodeRole.MEMBER,
) -> None:
    """Stake, join and perform every duty until stopped. You can kill and restart it at any time.

    A validator's file names `tasks` that it scores for, a trainer's the `task`, and an `artifact` of its own or else
    how many `steps` the recipe trains; both name a `key`.
    """
    if role is NodeRole.MEMBER:
        from flock.programs.running import run_node

        run_node(_settings(config))
    else:
        _start_in_arenas(config, role)


def _start_in_arenas(config: Path, role: NodeRole) -> None:
    from flock.programs.arena_running import run_trainer, run_validator
    from flock.programs.settings import TrainerSettings, ValidatorSettings, load

    if role is NodeRole.VALIDATOR:
        run_validator(load(ValidatorSettings, config))
    else:
        run_trainer(load(TrainerSettings, config))


@app.command(epilog="Example: flock node enrol --config node.toml --key hospital-cold")
def enrol(
    config: ConfigFile = DEFAULT_CONFIG,
    key: Annotated[
        str | None,
        typer.Option(help="The owner's key, if it is not the node's.", autocompletion=complete_key),
    ] = None,
    password_file: Annotated[
        Path | None, typer.Option(help="File with the owner's key's password (default: prompt).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Stake with the owner's key and join; authorises the node's key as operator if they differ."""
    from flock.cli.enrolment import enrol_with

    enrol_with(_settings(config), key, password_file, as_json=as_json)


@app.command(epilog="Example: flock node leave --config node.toml")
def leave(config: ConfigFile = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Leave the task between two rounds, free the stake and withdraw the earnings.

    Its node may run meanwhile: it does the duties of a seat in the open round, then ends by itself.
    """
    from flock.cli.enrolment import leave_task

    leave_task(_settings(config), as_json=as_json)


@app.command(epilog="Example: flock node status --config node.toml --json")
def status(
    config: ConfigFile = DEFAULT_CONFIG,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Refresh until Ctrl-C.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show stake, strikes, earnings, the last duty, the next one and its deadline."""
    from flock.cli.node_status import print_status, status_of, watch_status

    if watch and as_json:
        raise typer.BadParameter("--watch is for people; leave out --json.")
    if watch:
        watch_status(_settings(config))
    else:
        print_status(status_of(_settings(config)), as_json=as_json)


@app.command(epilog="Example: flock node doctor --config node.toml --quick")
def doctor(
    config: ConfigFile = DEFAULT_CONFIG,
    quick: Annotated[bool, typer.Option("--quick", help="Skip checks that run the app on its data.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check everything the node needs: what is wrong, how to fix it, what it would cost. Changes nothing.

    Exit code: 0 if nothing failed, 78 if the operator has to act, 75 if a service does not answer.
    """
    from flock.cli.doctor import run_doctor
    from flock.training.app_path import look_beside

    look_beside(config)
    run_doctor(config, quick=quick, as_json=as_json)


def _settings(config: Path) -> NodeSettings:
    from flock.programs.settings import NodeSettings, load
    from flock.training.app_path import look_beside

    look_beside(config)
    return load(NodeSettings, config)
