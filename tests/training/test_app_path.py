"""An app is found where its owner keeps it: in the working directory, or beside the node's configuration."""

import subprocess
import sys
from pathlib import Path

import pytest

APP = """
from flwr.clientapp import ClientApp
app = ClientApp()

@app.train()
def train(message, context):
    return message

@app.evaluate()
def evaluate(message, context):
    return message
"""
LOAD = """
import sys
from pathlib import Path
from flock.errors import BadConfig
from flock.training.loading import load_app
from flock.training.app_path import look_beside
look_beside(Path(sys.argv[1]))
try:
    print(type(load_app("our_hospital.client:app")).__name__)
except BadConfig as error:
    print(error)
"""


def load_in(folder: Path, config: Path) -> str:
    """What a node started in ``folder`` says of the app, its command being installed elsewhere."""
    words = [sys.executable, "-P", "-c", LOAD, str(config)]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def hospital(tmp_path: Path) -> Path:
    package = tmp_path / "hospital" / "our_hospital"
    package.mkdir(parents=True)
    (package / "client.py").write_text(APP)
    return package.parent


def test_in_the_working_directory(hospital: Path, tmp_path: Path) -> None:
    assert load_in(hospital, tmp_path / "node.toml") == "ClientApp\n"


def test_beside_the_configuration(hospital: Path, tmp_path: Path) -> None:
    assert load_in(tmp_path, hospital / "node.toml") == "ClientApp\n"
    assert load_in(tmp_path, Path("hospital/node.toml")) == "ClientApp\n"


def test_elsewhere_it_is_not_found_and_the_error_names_the_folders_searched(
    hospital: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    said = load_in(elsewhere, tmp_path / "node.toml")
    assert "No module named 'our_hospital'" in said
    assert f"{elsewhere}, {tmp_path}. Put its module beside" in said
    assert str(hospital) not in said
    assert "site-packages" not in said
