"""docker-compose.yml and the Dockerfile, read as an engine would: no engine runs here."""

import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic_core import PydanticUndefined

from flock.chain.deploy.anvil import Anvil
from flock.cli.task_files import TaskFiles
from flock.programs.settings import (
    ChainSettings,
    CoordinatorSettings,
    CreatorSettings,
    NodeSettings,
    ServiceSettings,
)
from flock.programs.task_config import train_config
from flock.protocol.core.units import WAD, Wei
from flock.training.loading import load_app
from tests.deploy.commands import unknown_words

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "deploy/compose"
SETTINGS: dict[str, type[ChainSettings]] = {
    "alliance": ServiceSettings,
    "coordinator": CoordinatorSettings,
    "node-1": NodeSettings,
    "node-2": NodeSettings,
    "shell": CreatorSettings,
    "deploy": ChainSettings,
}
PUBLIC_IMAGES = {"postgres:17-alpine"}
FLOCKS = ("deploy", "alliance", "coordinator", "node-1", "node-2", "shell")
pytestmark = pytest.mark.filterwarnings("ignore:.*Click 9:DeprecationWarning")


@cache
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose()["services"]
    return found


def volume_names(service: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Source and target of what a service mounts."""
    for volume in service.get("volumes", ()):
        source, target, *_ = volume.split(":")
        yield source, target


def test_it_is_the_network_of_the_architecture() -> None:
    assert set(services()) == {"chain", "postgres", *FLOCKS}


@pytest.mark.parametrize("name", FLOCKS)
class TestEveryFlock:
    def test_its_command_exists(self, name: str) -> None:
        assert unknown_words(services()[name]["command"]) == []

    def test_its_environment_is_made_of_settings(self, name: str) -> None:
        variables = services()[name]["environment"]
        assert variables.keys() <= {f"FLOCK_{field.upper()}" for field in SETTINGS[name].model_fields}
        assert all(isinstance(value, str) for value in variables.values())

    def test_it_may_do_little(self, name: str) -> None:
        service = services()[name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]

    def test_where_it_writes_a_volume_is(self, name: str) -> None:
        variables, targets = services()[name]["environment"], [t for _, t in volume_names(services()[name])]
        home = variables.get("FLOCK_HOME", variables.get("FLOCK_KEYS"))
        assert any(home.startswith(target) for target in targets)

    def test_it_finds_the_book_that_deploy_writes(self, name: str) -> None:
        book = Path(services()[name]["environment"]["FLOCK_ADDRESSES"])
        assert ("book", str(book.parent)) in volume_names(services()[name])
        assert book.name == f"{services()[name]['environment']['FLOCK_CHAIN_ID']}.json"


def test_everything_named_is_there() -> None:
    for name, service in services().items():
        assert set(service.get("depends_on", {})) <= set(services()), name
        assert set(service.get("secrets", ())) <= set(compose()["secrets"]), name
        assert {each["source"] for each in service.get("configs", ())} <= set(compose()["configs"]), name
        assert set(service["networks"]) <= set(compose()["networks"]), name
        named = {source for source, _ in volume_names(service) if not source.startswith(".")}
        assert named <= set(compose()["volumes"]), name


def test_nothing_declared_is_left_over() -> None:
    mounted = {source for service in services().values() for source, _ in volume_names(service)}
    assert set(compose()["volumes"]) <= mounted
    used = {secret for service in services().values() for secret in service.get("secrets", ())}
    assert set(compose()["secrets"]) == used


def test_who_waits_for_health_waits_for_one_who_reports_it() -> None:
    for service in services().values():
        for other, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert "healthcheck" in services()[other]
            else:
                assert services()[other]["restart"] != "unless-stopped"


def test_secrets_are_files_that_git_does_not_keep() -> None:
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert "deploy/compose/secrets/" in ignored
    assert all(
        secret["file"].startswith("./deploy/compose/secrets/") for secret in compose()["secrets"].values()
    )


def test_no_password_stands_in_the_environment() -> None:
    for service in services().values():
        for variable, value in service.get("environment", {}).items():
            assert "PASSWORD" not in variable or value.startswith(("/run/secrets/", "/work/secrets/"))


def test_secrets_that_are_named_by_path_are_mounted() -> None:
    for name, service in services().items():
        words = [*service.get("command", ()), *service.get("environment", {}).values()]
        named = {word.removeprefix("/run/secrets/") for word in words if word.startswith("/run/secrets/")}
        assert named == set(service.get("secrets", ())), name


def test_only_chain_and_service_are_published_and_only_to_this_machine() -> None:
    published = {name: service["ports"] for name, service in services().items() if "ports" in service}
    assert published == {"chain": ["127.0.0.1:8545:8545"], "alliance": ["127.0.0.1:8700:8700"]}


def test_addresses_lead_to_services_and_their_ports() -> None:
    listening = {"chain": 8545, "alliance": int(services()["alliance"]["environment"]["FLOCK_PORT"])}
    listening["coordinator"] = int(services()["coordinator"]["environment"]["FLOCK_FRONT_PORT"])
    for service in services().values():
        for value in service.get("environment", {}).values():
            for host, port in re.findall(r"https?://([a-z0-9-]+):(\d+)", value):
                assert listening[host] == int(port)
    assert "--port=8545" in services()["chain"]["command"]


def test_the_chains_options_are_anvils(anvil: Anvil) -> None:
    del anvil  # its program is installed where this fixture runs
    program = ROOT / "anvil/node_modules/.bin/anvil"
    known = subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout
    first, *words = services()["chain"]["command"]
    assert first == "anvil"
    assert [word for word in words if word.partition("=")[0] not in known] == []


def test_images_are_built_here_or_well_known() -> None:
    stages = re.findall(r"^FROM \S+ AS (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    for service in services().values():
        if "build" in service:
            assert service["build"]["target"] in stages
            assert (ROOT / service["build"]["context"] / "Dockerfile").exists()
        else:
            assert service["image"] in PUBLIC_IMAGES


class TestFiles:
    @pytest.mark.parametrize("name", ["node-1", "node-2"])
    def test_a_nodes_file_and_environment_are_a_whole_configuration(self, name: str) -> None:
        written = tomllib.loads((ROOT / compose()["configs"][name]["file"]).read_text())
        service = services()[name]
        assert service["configs"] == [{"source": name, "target": "/etc/flock/node.toml"}]
        given = {key.removeprefix("FLOCK_").lower() for key in service["environment"]} | written.keys()
        required = {
            field
            for field, info in NodeSettings.model_fields.items()
            if info.default is PydanticUndefined and info.default_factory is None
        }
        assert required <= given <= NodeSettings.model_fields.keys()
        assert load_app(written["app"])

    def test_the_two_members_share_the_data(self) -> None:
        parts = [tomllib.loads((COMPOSE / f"node-{n}.toml").read_text())["app_config"] for n in (1, 2)]
        assert [part["partition-id"] for part in parts] == [0, 1]
        assert {part["num-partitions"] for part in parts} == {2}

    def test_the_services_file_is_of_settings_and_names_the_database(self) -> None:
        written = tomllib.loads((COMPOSE / "alliance.toml").read_text())
        assert written.keys() <= ServiceSettings.model_fields.keys()
        postgres = services()["postgres"]["environment"]
        user, name = postgres["POSTGRES_USER"], postgres["POSTGRES_DB"]
        assert written["database"] == f"postgresql+psycopg://{user}:PASSWORD@postgres/{name}"

    def test_the_task_can_be_made_and_filled_by_two(self) -> None:
        files = TaskFiles(COMPOSE / "model", COMPOSE / "metadata.json", terms=COMPOSE / "terms.toml")
        offer = files.read_offer(Wei(2_400 * WAD), b"model", 1_000)
        assert offer.parameters.seats == 2
        assert train_config(offer.metadata, "metadata.json") == {}


class TestPrepare:
    SCRIPT = (COMPOSE / "prepare.sh").read_text()

    def test_a_shell_can_read_it(self) -> None:
        subprocess.run(["sh", "-n", COMPOSE / "prepare.sh"], check=True)

    def test_its_flock_commands_exist(self) -> None:
        joined = self.SCRIPT.replace("\\\n", " ")
        lines = re.findall(r"(?:^|\|\| |    )shell ((?!\(\)).+)$", joined, re.MULTILINE)
        assert len(lines) == 4
        assert [unknown_words(shlex.split(line)) for line in lines] == [[]] * 4

    def test_it_writes_every_secret(self) -> None:
        for secret in compose()["secrets"].values():
            place = Path(secret["file"]).relative_to("deploy/compose/secrets")
            assert str(place) in self.SCRIPT or place.parts[0] == "tls"
        assert "coordinator certificate --host coordinator --folder secrets/tls" in self.SCRIPT

    def test_it_makes_every_key_that_is_used(self) -> None:
        made = re.search(r"for key in (.*); do", self.SCRIPT)
        used = {"keeper", "founder", "node-1", "node-2"}
        assert made
        assert set(made[1].split()) == used


class TestDockerfile:
    TEXT = (ROOT / "Dockerfile").read_text()

    def test_torch_comes_first_as_in_the_makefile(self) -> None:
        pinned = re.search(r"torch==\S+", (ROOT / "Makefile").read_text())
        assert pinned
        assert self.TEXT.index(pinned[0]) < self.TEXT.index('".[$EXTRAS]"')

    def test_no_stage_that_runs_is_root(self) -> None:
        for stage in re.split(r"^FROM ", self.TEXT, flags=re.MULTILINE)[1:]:
            if "AS build" not in stage:
                assert re.search(r"^USER (node|flock)$", stage, re.MULTILINE)

    def test_what_it_copies_is_let_through_and_there(self) -> None:
        let_through = (ROOT / ".dockerignore").read_text().splitlines()
        for line in re.findall(r"^COPY (?!--from)(.+) \S+$", self.TEXT, re.MULTILINE):
            for name in line.split():
                assert (ROOT / name).exists()
                assert f"!{name}" in let_through

    def test_extras_exist(self) -> None:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        extras = re.search(r"ARG EXTRAS=(\S+)", self.TEXT)
        assert extras
        assert set(extras[1].split(",")) <= set(project["optional-dependencies"])
