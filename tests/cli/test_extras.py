"""``pip install flock`` is enough for delegators, governors and verifiers; what is not in it names its extra."""

import ast
import importlib.metadata
import json
import os
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from flock.chain.deploy.anvil import let_time_run
from flock.cli.extras import EXTRA_FOR, EXTRA_OF
from flock.store.database import Database
from tests.cli.network import Site
from tests.cli.season import open_season

HOUR = 3_600
ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# As a package that was never installed, before anything else is imported.
WITHOUT = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {absent!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent())
"""
WITHOUT_EXTRAS = WITHOUT.format(absent=sorted(EXTRA_OF)) + "from flock.cli.main import main\nmain()\n"
# Commands as JSON; each says its code and what it complained of, as JSON too.
ALL_WITHOUT_EXTRAS = (
    WITHOUT.format(absent=sorted(EXTRA_OF))
    + """
import json
from typer.testing import CliRunner
from flock.cli.main import app

for words in json.loads(sys.argv[1]):
    said = CliRunner().invoke(app, words)
    print(json.dumps((said.exit_code, said.stderr)), flush=True)
"""
)
# What each part of the house may import beside the core. The core's rooms have no entry.
EXTRAS_OF_ROOM: Mapping[str, frozenset[str]] = defaultdict(
    frozenset,
    {
        "alliance": frozenset({"service"}),
        "arena": frozenset({"demo", "node", "service"}),
        "chain": frozenset({"contracts"}),
        "coordinator": frozenset({"node"}),
        "devnet": frozenset({"demo", "market", "node", "sim"}),
        "economy": frozenset({"service"}),
        "hub": frozenset({"service"}),
        "marketplace": frozenset({"market", "node", "service"}),
        "mod.py": frozenset({"node"}),
        "node": frozenset({"node"}),
        "programs": frozenset({"node"}),
        "service": frozenset({"service"}),
        "simulation": frozenset({"sim"}),
        "tasks": frozenset({"service"}),
        "training": frozenset({"node", "demo", "privacy"}),
        "web": frozenset({"service"}),
        "workers": frozenset({"node"}),
    },
)
# What programs of an extra load, to be found where nothing else is installed.
PROGRAMS = {
    "service": ("flock.service.app", "flock.alliance.product", "flock.marketplace.product"),
    "node": (
        "flock.programs.running",
        "flock.arena.keeper.step",
        "flock.arena.trainer.submitting",
        "flock.arena.validator.duties",
        "flock.node.steps",
        "flock.coordinator.front",
        "flock.training.supernode",
    ),
    "market": ("flock.marketplace.host.app", "flock.marketplace.host.computing", "flock.programs.hosting"),
    "sim": ("flock.simulation.season", "flock.simulation.alliance_season"),
}
HOST_TOML = """key = "me"
[[models]]
version = 1
name = "chat"
kind = "openai"
url = "http://127.0.0.1:9/v1"
upstream_name = "chat"
"""
# Distributions whose module has another name, and those that others load by themselves.
MODULES = {"py-solc-x": "solcx", "scikit-learn": "sklearn", "signinwithethereum": "siwe"}
UNSEEN = {"coincurve", "psycopg"}
BY_OTHERS = {"anyio", "click", "pydantic_core"}
FOR_DEVELOPERS = {"dev", "mutation"}


def python(program: str, *words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", program, *map(str, words)]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "120"}
    )


def without_extras(*words: object) -> subprocess.CompletedProcess[str]:
    return python(WITHOUT_EXTRAS, *words)


def modules_of(requirements: list[str]) -> set[str]:
    names = (re.match(r"[\w.-]+", each) for each in requirements)
    found = {name[0].lower() for name in names if name} - {"flock"}
    return {MODULES.get(name, name.replace("-", "_")) for name in found}


CORE = modules_of(PROJECT["dependencies"])
EXTRAS = {name: modules_of(each) for name, each in PROJECT["optional-dependencies"].items()}


def brought_by(extra: str) -> set[str]:
    """Also by the extras that it names."""
    named = [each for each in PROJECT["optional-dependencies"][extra] if each.startswith("flock[")]
    others = {name for each in named for name in re.findall(r"\w+", each.removeprefix("flock"))}
    return EXTRAS[extra].union(*map(brought_by, others))


def imports() -> Iterator[tuple[str, str]]:
    """(room, top-level module) of everything that is not of the standard library, imported late or at once."""
    package = ROOT / "flock"
    for file in package.rglob("*.py"):
        room = file.relative_to(package).parts[0]
        for node in ast.walk(ast.parse(file.read_text())):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            for name in names:
                top = name.partition(".")[0]
                if top != "flock" and top not in sys.stdlib_module_names:
                    yield room, top


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        *(
            [each, "--help"]
            for each in ("stake", "verify", "delegate", "gov", "rewards", "node", "alliance", "sim")
        ),
        ["stake", "lock", "--help"],
    ],
    ids=" ".join,
)
def test_help_needs_no_extra(words: list[str]) -> None:
    said = without_extras(*words)
    assert (said.returncode, said.stderr) == (0, "")
    assert "Usage: " in said.stdout


def test_an_account_moves_its_own_without_extras(site: Site, database: Database) -> None:
    season = open_season(site, database)
    account = site.key("del")
    let_time_run(
        site.contracts.client, HOUR
    )  # a chain that stands still is warned of, however slow this machine is
    at = ("--rpc", site.contracts.client.rpc.url)
    signed = ("--key", "del", "--password-file", site.home.password_file, *at)
    commands = (
        ("stake", "lock", "100", "--days", "30", *signed),
        ("stake", "status", account, *at),
        ("delegate", "status", account, *at),
        ("delegate", "pools", *at),
        ("rewards", "show", account, *at),
        ("gov", "params", *at),
        ("gov", "list", *at),
        ("task", "list", *at),
        ("chain", "status", *at),
        ("explain", season.task, *at),
        ("explain", "ann", "--task", season.task, *at),
        ("verify", "1", *at),
    )
    said = python(ALL_WITHOUT_EXTRAS, json.dumps([[str(word) for word in words] for words in commands]))
    assert said.returncode == 0, said.stderr
    *moved, (code, complaint) = [json.loads(line) for line in said.stdout.splitlines()]
    assert [(words, [0, ""]) for words in commands[:-1]] == list(zip(commands, moved, strict=False))
    assert site.contracts.staking.position_of(account).gm > 0
    assert (code, "There is no root 1" in complaint) == (75, True)


@pytest.mark.parametrize(
    ("words", "extra"),
    [
        (["node", "start", "--config", "node.toml"], "node"),
        (["coordinator", "start", "--task", "1", "--key", "me"], "node"),
        (["alliance", "start"], "service"),
        (["chain", "compile", "--force"], "contracts"),
        (["sim", "economy", "--days", "1"], "sim"),
        (["demo"], "demo"),
        (["market", "host", "--config", "host.toml"], "market"),
    ],
)
def test_what_needs_an_extra_names_it(site: Site, words: list[str], extra: str) -> None:
    site.key("me")
    if "node.toml" in words:
        words = [*words[:-1], str(site.node_toml(1, "me"))]
    if "host.toml" in words:
        words = [*words[:-1], str(site.file("host.toml", HOST_TOML))]
    said = without_extras(*words)
    assert said.returncode == 78, said.stderr
    assert f"`flock {words[0]}` needs `pip install 'flock[{extra}]'`" in said.stderr
    assert "Traceback" not in said.stderr


@pytest.mark.parametrize("extra", PROGRAMS)
def test_an_extra_alone_is_enough_for_its_programs(extra: str) -> None:
    own = brought_by(extra)
    brought = {"fastapi", "starlette", "uvicorn"} if "flwr" in own else set()  # by flwr
    absent = sorted(set(EXTRA_OF) - own - brought)
    imports = "".join(f"import {module}\n" for module in PROGRAMS[extra])
    said = python(WITHOUT.format(absent=absent) + imports)
    assert (said.returncode, said.stderr) == (0, "")


def test_each_room_imports_what_its_extras_bring() -> None:
    wrong = {
        (room, module)
        for room, module in imports()
        if module not in CORE.union(*(EXTRAS[name] for name in EXTRAS_OF_ROOM[room])) | BY_OTHERS
    }
    assert wrong == set()


def test_nothing_is_required_that_nobody_imports() -> None:
    extras = {name: each for name, each in EXTRAS.items() if name not in FOR_DEVELOPERS}
    required = CORE.union(*extras.values())
    assert required - {module for _, module in imports()} == UNSEEN


def test_the_sentences_name_extras_that_bring_the_module() -> None:
    assert {EXTRA_OF[module] for module in EXTRA_OF} | set(EXTRA_FOR.values()) <= set(EXTRAS)
    for module, extra in EXTRA_OF.items():
        assert module in EXTRAS[extra]
    optional = set().union(*(each for name, each in EXTRAS.items() if name not in FOR_DEVELOPERS))
    assert set(EXTRA_OF) == optional - CORE


def test_the_environment_of_the_tests_has_all_of_them() -> None:
    """``make test`` installs the extra ``dev``, which brings every other."""
    [brought] = [each for each in PROJECT["optional-dependencies"]["dev"] if each.startswith("flock[")]
    assert "'.[dev]'" in (ROOT / "Makefile").read_text()
    named = set(re.findall(r"\w+", brought.removeprefix("flock")))
    while (
        more := {
            name
            for extra in named
            for each in PROJECT["optional-dependencies"][extra]
            if each.startswith("flock[")
            for name in re.findall(r"\w+", each.removeprefix("flock"))
        }
        - named
    ):
        named |= more
    assert named == set(EXTRAS) - FOR_DEVELOPERS
    for distribution in ("torch", "fastapi", "py-solc-x", "matplotlib"):
        assert importlib.metadata.version(distribution)
