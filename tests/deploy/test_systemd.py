"""The units in deploy/systemd: what they start exists, exit codes are heeded, little is allowed."""

import shlex
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest

from flock.errors import EXIT_MISCONFIGURED, EXIT_REFUSED, EXIT_TRANSIENT
from flock.programs.settings import CoordinatorSettings, NodeSettings, ServiceSettings
from tests.deploy.commands import unknown_words

FOLDER = Path(__file__).parents[2] / "deploy/systemd"
UNITS = {"node": NodeSettings, "coordinator": CoordinatorSettings, "alliance": ServiceSettings}
HARDENED = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "CapabilityBoundingSet": "",
    "UMask": "0077",
}
pytestmark = pytest.mark.filterwarnings("ignore:.*Click 9:DeprecationWarning")


def unit(kind: str) -> ConfigParser:
    parser = ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(without_repeats((FOLDER / f"flock-{kind}.service").read_text()))
    return parser


def without_repeats(text: str) -> str:
    """Environment= may stand several times; one line of it for the parser."""
    lines, variables = [], []
    for line in text.splitlines():
        if line.startswith("Environment="):
            variables.append(line.partition("=")[2])
        else:
            lines.append(line)
    place = lines.index("[Service]") + 1
    return "\n".join([*lines[:place], f"Environment={' '.join(variables)}", *lines[place:]])


@pytest.mark.parametrize("kind", UNITS)
class TestUnit:
    def test_it_starts_a_command_that_exists(self, kind: str) -> None:
        program, *words = shlex.split(unit(kind)["Service"]["ExecStart"])
        assert Path(program).name == "flock"
        assert words[:2] == [kind, "start"]
        assert unknown_words(words) == []

    def test_it_is_not_started_again_when_that_would_not_help(self, kind: str) -> None:
        service = unit(kind)["Service"]
        kept_down = {int(code) for code in service["RestartPreventExitStatus"].split()}
        assert service["Restart"] == "on-failure"
        assert kept_down == {EXIT_REFUSED, 2, EXIT_MISCONFIGURED}
        assert EXIT_TRANSIENT not in kept_down

    def test_an_endpoint_that_is_away_for_hours_does_not_end_it(self, kind: str) -> None:
        assert unit(kind)["Unit"]["StartLimitIntervalSec"] == "0"

    def test_it_runs_as_nobody_special(self, kind: str) -> None:
        service = unit(kind)["Service"]
        assert service["User"] == service["Group"] == "flock"
        assert {name: service.get(name) for name in HARDENED} == HARDENED

    def test_what_it_sets_are_settings(self, kind: str) -> None:
        variables = dict(pair.split("=", 1) for pair in shlex.split(unit(kind)["Service"]["Environment"]))
        fields = {f"FLOCK_{field.upper()}" for field in UNITS[kind].model_fields}
        assert variables.keys() <= fields

    def test_it_can_write_its_home(self, kind: str) -> None:
        service = unit(kind)["Service"]
        assert f"flock/{kind}" in service["StateDirectory"].split()
        assert f"FLOCK_HOME=%S/flock/{kind}" in service["Environment"]

    def test_systemd_takes_it(self, kind: str, tmp_path: Path) -> None:
        """Where systemd is installed, it has the last word; the program and the user it names are not here."""
        text = (FOLDER / f"flock-{kind}.service").read_text()
        for old, new in (
            ("/opt/flock/bin/flock", "/bin/true"),
            ("User=flock", "User=root"),
            ("Group=flock", "Group=root"),
        ):
            text = text.replace(old, new)
        copy = tmp_path / f"flock-{kind}.service"
        copy.write_text(text)
        analyze = shutil.which("systemd-analyze")
        said = subprocess.run([analyze, "verify", copy], capture_output=True, text=True) if analyze else None
        assert said is None or (said.returncode, said.stderr) == (0, "")


@pytest.mark.parametrize("kind", ["node", "coordinator"])
def test_a_password_is_handed_over_as_a_credential(kind: str) -> None:
    service = unit(kind)["Service"]
    assert service["LoadCredential"] == "password:/etc/flock/password"
    assert "FLOCK_PASSWORD_FILE=%d/password" in service["Environment"]
