"""What ``flock new app`` writes: an app, its first model, the files of a task, and a node's configuration."""

from __future__ import annotations

import json
import keyword
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.util import find_spec
from pathlib import Path

import typer

from flock.errors import BadConfig

CONFIG = "node.toml"
TERMS = """\
# What the task demands of its members. What is left out has a default: docs/operating.md#making-a-task

planned_rounds = 10     # the bounty is shared among so many accepted rounds
proposer_seats = 2      # members who train in a round
voter_seats = 1         # members who judge what they made; an odd number
minimum_members = 3     # few enough to try it out; who does not know the members keeps the default, 60
starts_at = 0           # seconds from now; from then on anybody may start it, once the members are there
minimum_stake = 100     # gmFLOCK that each member puts up
"""
README = """\
# {name}

A federated task: every member trains the model in `{package}/model.py` on its own CSV file, which never leaves its
machine. Written by `flock new app`; change what you like.

| file | what it is | whose |
|---|---|---|
| `{package}/model.py` | the columns, their scaling, the model | all members have the same |
| `{package}/client.py` | a Flower ClientApp: trains, and measures the loss | every member's own, to change at will |
| `model.safetensors` | the model that round 1 starts from | the creator's |
| `metadata.json` | title, and `train`: the settings that every app receives | the creator's |
| `terms.toml` | seats, deadlines, stake | the creator's |
| `node.toml` | key, task, endpoints, and the path of the data | each member's own |
| `data.csv` | made-up patients, for trying it out | replace it: `data` in `node.toml` |

After a change of the columns, write the first model again: `python -m {package}.model`

Then, with a chain and an Alliance service running (`flock chain up`, `flock chain deploy`, `flock alliance start`):

```sh
{commands}
```

Whoever takes part needs this folder too, with a key and a `data.csv` of its own.
"""


@dataclass(frozen=True)
class StartedApp:
    """What was written, and the commands that come next."""

    folder: Path
    files: tuple[str, ...]
    commands: tuple[str, ...]


def start_app(folder: Path, key: str | None, task: int) -> StartedApp:
    """Write everything into ``folder``, which must be new or empty.

    Raises BadConfig if it is not, or if its name does not do for a Python package.
    """
    from flock.training.first_files import first_model_file, made_up_patients

    package = _package_named(folder)
    signer = key or package
    commands = _commands(folder, signer)
    files: dict[str, str | bytes] = {
        **_python_files(package),
        "model.safetensors": first_model_file(),
        "metadata.json": _metadata(folder.resolve().name),
        "terms.toml": TERMS,
        "data.csv": made_up_patients(),
        CONFIG: _node_toml(folder.resolve(), package, signer, task),
        "README.md": README.format(
            name=folder.resolve().name, package=package, commands="\n".join(commands[1:])
        ),
    }
    _write(folder, files)
    return StartedApp(folder, tuple(files), commands)


def print_started(started: StartedApp, *, as_json: bool) -> None:
    from flock.terminal import print_json

    if as_json:
        print_json({"folder": started.folder, "files": started.files, "next": started.commands})
        return
    typer.echo(f"Wrote {started.folder}: {', '.join(started.files)}.\n")
    typer.echo("Next, with a chain and an Alliance service running:\n")
    typer.echo("\n".join(started.commands))


# ---- pieces


def _package_named(folder: Path) -> str:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadConfig(f"{folder} exists already and is not an empty folder. Name a new one.")
    package = re.sub(r"[-. ]", "_", folder.resolve().name.lower())
    if not package.isidentifier() or keyword.iskeyword(package):
        raise BadConfig(
            f"{folder.resolve().name!r} does not do for the name of a Python package. Name a folder that begins "
            "with a letter and has letters, digits and - only."
        )
    if find_spec(package) is not None:
        raise BadConfig(
            f"There is another Python module {package!r}, which would be found in place of the app. Name the "
            "folder otherwise."
        )
    return package


def _python_files(package: str) -> dict[str, str]:
    """The modules of flock.training.starter, as the package's own."""
    source = resources.files("flock.training.starter")
    modules = {name: source.joinpath(name).read_text("utf-8") for name in ("model.py", "client.py")}
    texts = {"__init__.py": "", **modules}
    return {f"{package}/{name}": text.replace("PACKAGE", package) for name, text in texts.items()}


def _metadata(title: str) -> str:
    return json.dumps({"title": title, "train": {"local-epochs": 20, "lr": 0.3}}, indent=2) + "\n"


def _node_toml(folder: Path, package: str, key: str, task: int) -> str:
    """With what the environment says of chain and services, as `flock node init` writes it."""
    from flock.cli.node_template import node_toml
    from flock.programs.settings import NodeSettings, load

    said = load(NodeSettings, key=key, task=task, app=f"{package}.client:app")
    return node_toml(
        task=said.task,
        key=said.key,
        app=said.app,
        rpc=said.rpc,
        chain_id=said.chain_id,
        addresses=said.addresses and said.addresses.resolve(),
        home=said.home.resolve() if "home" in said.model_fields_set else None,
        alliance=said.alliance,
        coordinator=said.coordinator,
        data=folder / "data.csv",
    )


def _commands(folder: Path, key: str) -> tuple[str, ...]:
    name = shlex.quote(key)
    return (
        f"cd {shlex.quote(str(folder))}",
        f"flock key new {name}",
        f"flock chain fund {name} --flock 2000     # on a local chain; elsewhere send it ETH and FLOCK",
        f"flock task create --key {name} --model model.safetensors --metadata metadata.json "
        "--terms terms.toml --bounty 1000",
        "flock node doctor                        # `task` in node.toml is the number of the task",
        "flock node start",
    )


def _write(folder: Path, files: Mapping[str, str | bytes]) -> None:
    try:
        for name, content in files.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
    except OSError as problem:
        raise BadConfig(f"{folder} cannot be written ({problem.strerror}). Name another folder.") from None
