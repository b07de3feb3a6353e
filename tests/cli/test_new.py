"""``flock new app``: one command, and what it writes takes part in a task of its own."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from tests.cli.network import Site, sentence

NEXT = (("key", "new"), ("chain", "fund"), ("task", "create"), ("node", "doctor"), ("node", "start"))


@pytest.fixture
def begun(site: Site, tmp_path: Path) -> Path:
    """A new app's folder."""
    folder = tmp_path / "Lung-Clinic"
    shown = site.flock("new", "app", folder, "--key", "hospital")
    assert shown.exit_code == 0, shown.stderr
    return folder


def create(site: Site, folder: Path) -> int:
    """A task of the files as they were written; its number."""
    files = {"model": "model.safetensors", "metadata": "metadata.json", "terms": "terms.toml"}
    return site.create_task(**{name: folder / file for name, file in files.items()})


def in_folder(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Python there, as a process of its own: what the app imports stays out of the tests'."""
    return subprocess.run([sys.executable, *words], cwd=folder, capture_output=True, text=True, check=False)


class TestWhatItWrites:
    def test_a_task_is_made_of_it_and_a_node_can_take_part(
        self, site: Site, begun: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        site.key("founder")
        site.key("hospital")
        monkeypatch.setenv("FLOCK_TASK", str(create(site, begun)))
        monkeypatch.setenv("FLOCK_COORDINATOR", "")
        shown = in_folder(begun, "-m", "flock", "node", "doctor", "--json")
        assert shown.returncode == 0, shown.stdout + shown.stderr
        results = {each["check"]: each["result"] for each in json.loads(shown.stdout)["checks"]}
        assert results["data set"] == "PASSED"
        assert "FAILED" not in results.values()

    def test_training_lowers_the_loss(self, begun: Path) -> None:
        program = (
            "import json\n"
            "from flock.training.app import AppRunner\n"
            "from flock.training.loading import load_app\n"
            "from lung_clinic.model import first_model\n"
            "train = json.load(open('metadata.json'))['train']\n"
            "runner = AppRunner(load_app('lung_clinic.client:app'), {'data': 'data.csv'}, train)\n"
            "trained = runner.train(first_model(), {}).arrays\n"
            "print(*(runner.evaluate(each, {}).loss for each in (first_model(), trained)))\n"
        )
        said = in_folder(begun, "-c", program)
        assert said.returncode == 0, said.stderr
        before, after = map(float, said.stdout.split())
        assert before == pytest.approx(np.log(2))
        assert after < before - 0.05

    def test_the_app_needs_nothing_of_flock(self, begun: Path) -> None:
        for module in (begun / "lung_clinic").glob("*.py"):
            assert "import flock" not in module.read_text()
            assert "from flock" not in module.read_text()

    def test_the_first_model_is_written_again_after_a_change_of_the_columns(self, begun: Path) -> None:
        model = begun / "lung_clinic" / "model.py"
        model.write_text(model.read_text().replace("FEATURES = {", 'FEATURES = {"height": (170.0, 10.0), '))
        assert in_folder(begun, "-m", "lung_clinic.model").returncode == 0
        assert load_file(begun / "model.safetensors")["weights"].shape == (4,)

    def test_it_prints_the_commands_that_come_next(self, site: Site, tmp_path: Path) -> None:
        shown = site.flock("new", "app", tmp_path / "a clinic")
        commands = shown.stdout.split("\n\n")[2].splitlines()
        assert commands[0] == f"cd '{tmp_path / 'a clinic'}'"
        assert [line.split()[:3] for line in commands[1:]] == [
            ["flock", *words]
            for words in (
                ("key", "new"),
                ("chain", "fund"),
                ("task", "create"),
                ("node", "doctor"),
                ("node", "start"),
            )
        ]

    def test_programs_read_json(self, site: Site, tmp_path: Path) -> None:
        said = json.loads(site.flock("new", "app", tmp_path / "clinic", "--json").stdout)
        assert said["folder"] == str(tmp_path / "clinic")
        assert all((tmp_path / "clinic" / name).is_file() for name in said["files"])
        assert said["next"][1] == "flock key new clinic"


class TestRefusals:
    def test_a_folder_with_files_is_left_as_it_is(self, site: Site, tmp_path: Path) -> None:
        own = tmp_path / "own"
        own.mkdir()
        (own / "thesis.txt").write_text("mine")
        shown = site.flock("new", "app", own)
        assert (shown.exit_code, [each.name for each in own.iterdir()]) == (78, ["thesis.txt"])
        assert "exists already and is not an empty folder" in sentence(shown)

    @pytest.mark.parametrize("name", ["1st", "a+b", "class"])
    def test_a_name_that_is_none_of_a_package(self, site: Site, tmp_path: Path, name: str) -> None:
        shown = site.flock("new", "app", tmp_path / name)
        assert shown.exit_code == 78
        assert f"{name!r} does not do for the name of a Python package" in sentence(shown)

    def test_a_name_that_another_module_has(self, site: Site, tmp_path: Path) -> None:
        shown = site.flock("new", "app", tmp_path / "numpy")
        assert shown.exit_code == 78
        assert "another Python module 'numpy'" in sentence(shown)
        assert not (tmp_path / "numpy").exists()

    def test_a_place_that_cannot_be_written(self, site: Site, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        shown = site.flock("new", "app", tmp_path / "file" / "clinic")
        assert shown.exit_code == 78
        assert "cannot be written" in sentence(shown)
