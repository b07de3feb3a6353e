"""``flock node init``: the file says what the command line and the environment say."""

import tomllib
from pathlib import Path

import pytest

from flock.programs.settings import NodeSettings, TrainerSettings, ValidatorSettings, load
from tests.cli.conftest import Flock

TAKE_PART = ("--task", 3, "--key", "hospital", "--app", "hospital.client:app")


def initialised(flock: Flock, folder: Path, *words: object) -> dict[str, object]:
    config = folder / "node.toml"
    shown = flock("node", "init", "--config", config, *TAKE_PART, *words)
    assert shown.exit_code == 0, shown.stderr
    load(NodeSettings, config)
    return tomllib.loads(config.read_text())


def test_with_nothing_else_said_it_is_for_a_local_chain(
    flock: Flock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FLOCK_ADDRESSES")
    assert initialised(flock, tmp_path) == {
        "rpc": "http://127.0.0.1:8545",
        "chain_id": 31337,
        "key": "hospital",
        "task": 3,
        "app": "hospital.client:app",
        "alliance": "http://127.0.0.1:8700",
        "coordinator": "127.0.0.1:9092",
        "app_config": {},
    }


def test_the_environment_goes_into_the_file(
    flock: Flock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {
        "rpc": "http://127.0.0.1:12345",
        "addresses": str(tmp_path / "book.json"),
        "alliance": "http://127.0.0.1:12346",
        "coordinator": "127.0.0.1:12347",
        "home": str(tmp_path / "home"),
    }
    for name, value in said.items():
        monkeypatch.setenv(f"FLOCK_{name.upper()}", value)
    monkeypatch.setenv("FLOCK_CHAIN_ID", "8453")
    written = initialised(flock, tmp_path)
    assert {name: written[name] for name in (*said, "chain_id")} == {**said, "chain_id": 8453}


def test_options_come_before_the_environment(
    flock: Flock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLOCK_RPC", "http://127.0.0.1:1")
    words = ("--rpc", "http://127.0.0.1:2", "--alliance", "http://127.0.0.1:3", "--coordinator", "")
    written = initialised(flock, tmp_path, *words)
    assert (written["rpc"], written["alliance"], written["coordinator"]) == (*words[1:4:2], "")


def test_paths_hold_from_any_folder_and_keep_their_characters(
    flock: Flock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written = initialised(flock, tmp_path, "--home", 'Müller "A"\\1', "--addresses", "book #1.json")
    assert written["home"] == str(tmp_path / 'Müller "A"\\1')
    assert written["addresses"] == str(tmp_path / "book #1.json")


@pytest.mark.parametrize(("role", "kind"), [("validator", ValidatorSettings), ("trainer", TrainerSettings)])
def test_a_file_for_arenas_loads_as_it_is(
    flock: Flock, tmp_path: Path, role: str, kind: type[ValidatorSettings] | type[TrainerSettings]
) -> None:
    config = tmp_path / f"{role}.toml"
    written = flock("node", "init", "--role", role, "--task", 7, "--key", "alice", "--config", config)
    assert written.exit_code == 0, written.stderr
    assert f"flock node start --role {role}" in written.stdout
    settings = load(kind, config)
    assert settings.key == "alice"
    assert settings.tasks == (7,) if isinstance(settings, ValidatorSettings) else settings.task == 7


def test_a_member_needs_an_app_and_a_validator_none(flock: Flock, tmp_path: Path) -> None:
    common = ("node", "init", "--task", 7, "--key", "alice", "--config", tmp_path / "node.toml")
    assert flock(*common).exit_code == 2
    assert flock(*common, "--role", "validator", "--app", "a.b:app").exit_code == 2
