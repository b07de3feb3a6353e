"""Every command, walked from the root: it explains itself, speaks JSON where it says something, is completed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from flock.chain.contracts.deployed import Contracts
from flock.chain.keys import KeyStore
from flock.cli import completion
from tests.cli.conftest import PASSWORD, Flock, Home
from tests.cli.every_command import all_commands
from tests.cli.network import CHEAP

# These run until stopped, or write one file, and print no result.
SILENT = {
    ("chain", "up"),
    ("node", "start"),
    ("node", "init"),
    ("coordinator", "start"),
    ("coordinator", "certificate"),
    ("alliance", "start"),
    ("market", "host"),
}


@pytest.mark.filterwarnings("ignore:.*Click 9:DeprecationWarning")
class TestEveryCommand:
    def test_it_has_an_example_that_is_valid(self) -> None:
        for words, command in all_commands():
            example = command.epilog or ""
            assert example.startswith(f"Example: flock {' '.join(words)}"), words
            options = {option for parameter in command.params for option in parameter.opts}
            assert {word for word in example.split() if word.startswith("--")} <= options, words

    def test_every_option_and_argument_is_explained(self) -> None:
        for words, command in all_commands():
            silent = [parameter.name for parameter in command.params if not getattr(parameter, "help", None)]
            assert silent == [], words

    def test_what_it_prints_programs_can_read(self) -> None:
        without = {
            words
            for words, command in all_commands()
            if not any("--json" in parameter.opts for parameter in command.params)
        }
        assert without <= SILENT

    def test_it_says_what_it_does_in_a_sentence(self) -> None:
        for words, command in all_commands():
            assert (command.help or "").strip().partition("\n")[0].endswith("."), words


def test_the_version_stands_alone(flock: Flock) -> None:
    shown = flock("--version")
    assert (shown.exit_code, shown.output) == (0, "0.1.0\n")


def test_help_names_the_exit_codes(flock: Flock) -> None:
    said = " ".join(flock("--help").output.split())
    assert all(f"{code} " in said for code in (1, 2, 70, 75, 78))


class TestCompletion:
    def test_the_shell_is_given_a_script(self) -> None:
        shown = complete({"_FLOCK_COMPLETE": "source_bash"})
        assert "complete -o default" in shown

    def test_groups_and_commands_are_offered(self, tmp_path: Path) -> None:
        assert "explain" in offered("flock ex", 1, tmp_path)
        assert offered("flock key re", 2, tmp_path) == ["restore"]

    def test_names_of_keys_are_offered(self, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        KeyStore(home.folder / "keys", CHEAP).new("hospital", PASSWORD)
        (home.folder / "keys" / ".hidden").touch()
        assert completion.complete_key("") == ["hospital"]
        assert completion.complete_key("x") == []

    def test_numbers_of_tasks_are_offered(
        self, home: Home, contracts: Contracts, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        contracts.book.save(home.book)
        monkeypatch.setenv("FLOCK_RPC", contracts.client.rpc.url)
        assert len(completion.complete_task("")) == min(20, contracts.task_manager.task_count())

    @pytest.mark.parametrize("rpc", ["http://127.0.0.1:1", "nonsense"])
    def test_a_chain_that_is_dead_offers_nothing_and_says_nothing(
        self, home: Home, monkeypatch: pytest.MonkeyPatch, rpc: str
    ) -> None:
        monkeypatch.setenv("FLOCK_RPC", rpc)
        assert completion.complete_subject("") == []

    def test_a_folder_that_is_not_there_offers_nothing(self, home: Home) -> None:
        assert completion.complete_key("") == []


def complete(variables: dict[str, str]) -> str:
    """What the shell gets."""
    run = subprocess.run(
        [sys.executable, "-c", "import sys; sys.argv[0] = 'flock'; from flock.cli.main import main; main()"],
        capture_output=True,
        text=True,
        env={**os.environ, **variables},
        check=False,
    )
    assert run.stderr == ""
    return run.stdout


def offered(line: str, word: int, keys: Path) -> list[str]:
    variables = {"_FLOCK_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(word)}
    return complete({**variables, "FLOCK_KEYS": str(keys)}).split()
