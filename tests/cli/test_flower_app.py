"""A task can be made of what a Flower app's pyproject.toml says."""

import json
from pathlib import Path

import numpy as np
import pytest

from flock.cli.flower_app import read_flower_app
from flock.cli.task_files import TaskFiles
from flock.errors import BadConfig
from flock.protocol.core.units import WAD, Wei
from flock.training.arrays import encode_model
from tests.cli.network import Site

NOW = 1_900_000_000
PROJECT = """\
[project]
name = "wards"

[tool.flwr.app]
publisher = "hospital"

[tool.flwr.app.components]
serverapp = "wards.server_app:app"
clientapp = "wards.client_app:app"

[tool.flwr.app.config]
num-server-rounds = 3
lr = 0.1
optimiser = "sgd"
frozen = false

[tool.flwr.app.config.data]
image.size = 32
"""
CONFIG = {"num-server-rounds": 3, "lr": 0.1, "optimiser": "sgd", "frozen": False, "data.image.size": 32}


def project(folder: Path, text: str = PROJECT) -> Path:
    file = folder / "pyproject.toml"
    file.write_text(text)
    return file


def files(folder: Path, metadata: dict[str, object] | None) -> TaskFiles:
    written = folder / "metadata.json"
    if metadata is not None:
        written.write_text(json.dumps(metadata))
    return TaskFiles(folder / "model", written if metadata is not None else None, app=project(folder))


def test_its_settings_are_what_flower_would_give_it(tmp_path: Path) -> None:
    for place in (project(tmp_path), tmp_path):
        app = read_flower_app(place)
        assert (app.clientapp, app.config) == ("wards.client_app:app", CONFIG)


def test_the_metadata_have_them_and_the_name_of_its_client_app(tmp_path: Path) -> None:
    assert files(tmp_path, None).read_metadata() == {"clientapp": "wards.client_app:app", "train": CONFIG}


def test_what_the_file_of_metadata_says_prevails(tmp_path: Path) -> None:
    said = {
        "title": "Wards",
        "clientapp": "wards.v2:app",
        "train": {"lr": {"1": 0.1, "5": 0.05}, "epochs": 2},
    }
    assert files(tmp_path, said).read_metadata() == {
        "title": "Wards",
        "clientapp": "wards.v2:app",
        "train": {**CONFIG, "lr": {"1": 0.1, "5": 0.05}, "epochs": 2},
    }


def test_an_app_without_settings_has_none(tmp_path: Path) -> None:
    text = '[tool.flwr.app.components]\nclientapp = "wards:app"\n'
    assert read_flower_app(project(tmp_path, text)).config == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "[project]\nname = 'wards'\n",
            r"pyproject\.toml describes no Flower app: it needs \[tool\.flwr\.app\.comp",
        ),
        ("[tool.flwr]\napp = 3\n", "describes no Flower app"),
        ("[tool.flwr.app.components]\nclientapp = 3\n", "describes no Flower app"),
        (
            PROJECT.replace("lr = 0.1", "lr = [0.1]"),
            r"lr in \[tool\.flwr\.app\.config\] of .* is \[0\.1\]; Flower takes",
        ),
        (PROJECT.replace("size = 32", "size = 2026-01-01"), r"data\.image\.size in .* is datetime"),
        ("[tool", r"The app's file .*pyproject\.toml cannot be read"),
    ],
)
def test_what_is_wrong_with_it_is_said(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(BadConfig, match=words):
        read_flower_app(project(tmp_path, text))


def test_one_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match=r"The app's file .*absent\.toml cannot be read"):
        read_flower_app(tmp_path / "absent.toml")


def test_numbers_that_no_task_can_have_are_said_to_be_the_apps(tmp_path: Path) -> None:
    given = files(tmp_path, None)
    project(tmp_path, PROJECT.replace("lr = 0.1", "lr = 9223372036854775808"))
    with pytest.raises(BadConfig, match=r"The app .*pyproject\.toml: train\.lr: .* more than 64 bits"):
        given.read_offer(Wei(2_400 * WAD), encode_model({"w": np.ones(2, np.float32)}), NOW)


def test_a_task_is_made_of_it(site: Site) -> None:
    site.key("founder")
    app = site.file("pyproject.toml", PROJECT)
    shown = json.loads(
        site.flock("task", "create", *site.create_words(metadata=None, app=app), "--json").stdout
    )
    told = json.loads(site.flock("task", "show", str(shown["task"]), "--json").stdout)
    assert told["metadata"] == {"clientapp": "wards.client_app:app", "train": CONFIG}
