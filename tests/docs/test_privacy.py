"""The programs and the configuration of docs/privacy.md do what the page says."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flock.errors import BadConfig
from flock.programs.settings import NodeSettings, load
from flock.training.app import AppRunner
from flock.training.arrays import Privacy, Update, encode_update
from flock.training.privacy import Mechanism, protection_in

PAGE = (Path(__file__).parents[2] / "docs/privacy.md").read_text()


def fenced(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)


def run(text: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(text, "docs/privacy.md", "exec"), names)  # noqa: S102 - it is our own page
    return names


TRYING, APP, READING = fenced("python")


def test_the_configuration_is_one_that_a_node_takes(tmp_path: Path) -> None:
    file = tmp_path / "node.toml"
    file.write_text(f'task = 1\nkey = "k"\napp = "flock.training.apps:nmes1988"\n{fenced("toml")[0]}')
    settings = load(NodeSettings, file)
    assert (settings.max_epsilon, settings.update_norm) == (8.0, None)
    protection = protection_in(settings.app_config)
    assert protection is not None
    assert protection.noise_multiplier == 2.0


@pytest.mark.parametrize("value", ["-1.0", "0", "inf", "nan"])
@pytest.mark.parametrize("name", ["max_epsilon", "update_norm"])
def test_a_limit_that_is_none_is_refused_by_name(tmp_path: Path, name: str, value: str) -> None:
    file = tmp_path / "node.toml"
    file.write_text(f'task = 1\nkey = "k"\napp = "a:b"\n{name} = {value}\n')
    with pytest.raises(BadConfig, match=name):
        load(NodeSettings, file)


def test_settings_can_be_tried(capsys: pytest.CaptureFixture[str]) -> None:
    run(TRYING)
    spent = [float(line.split()[1]) for line in capsys.readouterr().out.splitlines()]
    assert len(spent) == 3
    assert spent == sorted(spent)


def test_an_app_of_ones_own_reports_what_the_node_counts() -> None:
    app = AppRunner(run(APP)["app"], {"seed": 3})
    result = app.train({"weight": np.zeros((2, 3), np.float32), "bias": np.zeros(2, np.float32)}, {})
    assert (result.mechanism, result.examples) == (Mechanism(1.2, 0.1, 20), 200)


def test_a_proposals_total_is_read_from_its_header(tmp_path: Path) -> None:
    read = run(READING)["privacy_of"]
    for privacy, told in [(Privacy(3_214_000, 10_000_000), (3.214, 1e-5)), (None, None)]:
        path = tmp_path / f"{told is None}.safetensors"
        path.write_bytes(encode_update(Update({"w": np.ones(3, np.float32)}, bytes(32), 7, privacy)))
        assert read(path) == told
