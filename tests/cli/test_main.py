"""The command line starts fast, explains itself, and says every error in one sentence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from flock.errors import BadConfig, Refused, RpcUnavailable
from tests.cli.conftest import Flock, Home
from tests.cli.every_command import all_commands

HEAVY = ("torch", "flwr", "web3", "sqlalchemy", "eth_account", "pydantic", "fastapi", "numpy")


def test_help_loads_nothing_heavy() -> None:
    script = (
        "import sys; from typer.testing import CliRunner; from flock.cli.main import app; "
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0; print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not set(HEAVY) & set(loaded.stdout.split())


def test_every_command_has_an_example(flock: Flock) -> None:
    for words, _ in all_commands():
        shown = flock(*words, "--help").output
        assert f"Example: flock {' '.join(words)}" in " ".join(shown.split()), words


@pytest.mark.parametrize(
    "words",
    [
        ("key", "new", "hot", "--password-file", "{password}"),
        ("coordinator", "certificate", "--host", "[::1]", "--folder", "{folder}"),
        ("chain", "up", "--port", "0", "--state", "{folder}/chain.json"),
    ],
)
def test_a_folder_that_cannot_be_written_is_the_operators_to_mend(
    flock: Flock, home: Home, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    (home.folder / "file").write_text("no folder")
    folder = home.folder / "file/inside"
    monkeypatch.setenv("FLOCK_KEYS", str(folder))
    shown = flock(*(word.format(folder=folder, password=home.password_file) for word in words))
    assert (shown.exit_code, "cannot be used (Not a directory)" in shown.stderr) == (78, True)


def test_an_unknown_group_is_a_usage_error(flock: Flock) -> None:
    assert flock("chian").exit_code == 2


def test_the_version_is_shown(flock: Flock) -> None:
    assert flock("--version", "chain").output == "0.1.0\n"


@pytest.mark.parametrize(
    ("error", "code"), [(RpcUnavailable("Away."), 75), (Refused("No."), 1), (BadConfig("Mend it."), 78)]
)
def test_an_error_is_one_sentence_and_its_exit_code(
    flock: Flock, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int
) -> None:
    raises(monkeypatch, error)
    shown = flock("chain", "status")
    assert (shown.exit_code, shown.stderr) == (code, f"flock: {error}\n")


def test_a_fault_of_our_own_shows_no_stack_either(flock: Flock, monkeypatch: pytest.MonkeyPatch) -> None:
    raises(monkeypatch, ZeroDivisionError("by zero"))
    shown = flock("chain", "status")
    assert shown.exit_code == 70
    assert "a bug in flock (ZeroDivisionError: by zero)" in shown.stderr
    assert "Traceback" not in shown.stderr


def test_debug_shows_the_stack(flock: Flock, monkeypatch: pytest.MonkeyPatch) -> None:
    raises(monkeypatch, BadConfig("Mend it."))
    assert isinstance(flock("--debug", "chain", "status").exception, BadConfig)


def raises(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("flock.cli.chain_actions.status", fail)


def test_a_reader_that_leaves_early_is_no_fault(tmp_path: Path) -> None:
    """As in ``flock … | head -1``: the pipe is closed before anything is written to it."""
    reader, writer = os.pipe()
    os.close(reader)
    ended = subprocess.run(
        [sys.executable, "-m", "flock", "key", "list", "--json"],
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "FLOCK_KEYS": str(tmp_path)},
        check=False,
    )
    os.close(writer)
    assert (ended.returncode, ended.stderr) == (141, "")


def test_an_interruption_while_the_command_line_is_loaded_leaves_no_stack_trace() -> None:
    program = (
        "import sys\n"
        "class Interrupted:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'typer': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupted())\n"
        "from flock.__main__ import main\n"
        "main()\n"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (shown.returncode, shown.stdout, shown.stderr) == (130, "", "")
