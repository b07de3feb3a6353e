"""``flock key``."""

import json
from pathlib import Path

import pytest
from eth_account import Account

from flock.programs import passwords
from flock.programs.passwords import is_open_to_others
from tests.cli.conftest import PASSWORD, Flock, Home

PRIVATE_KEY = "0x" + "11" * 32
ADDRESS = Account.from_key(PRIVATE_KEY).address


def new(flock: Flock, home: Home, name: str) -> str:
    shown = flock("key", "new", name, "--password-file", home.password_file, "--json")
    assert shown.exit_code == 0, shown.output
    address: str = json.loads(shown.output)["address"]
    return address


def test_a_key_is_made_listed_and_shown(flock: Flock, home: Home) -> None:
    address = new(flock, home, "hospital")
    assert address in flock("key", "list").output
    shown = json.loads(flock("key", "show", "hospital", "--json").output)
    assert shown == {"name": "hospital", "address": address, "file": str(home.folder / "keys" / "hospital")}


def test_its_password_is_in_the_file_that_the_environment_names(
    flock: Flock, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLOCK_PASSWORD_FILE", str(home.password_file))
    assert flock("key", "new", "hospital").exit_code == 0
    copied = flock("key", "import", "copy", "--file", home.folder / "keys" / "hospital")
    assert copied.exit_code == 0, copied.output


def test_no_keys_are_not_an_error(flock: Flock) -> None:
    assert "flock key new" in flock("key", "list").output
    assert json.loads(flock("key", "list", "--json").output) == []


def test_a_bare_private_key_is_imported_from_a_file(flock: Flock, home: Home) -> None:
    bare = home.folder / "bare"
    bare.touch(mode=0o600)
    bare.write_text(PRIVATE_KEY + "\n")
    words = ("--private-key-file", bare, "--password-file", home.password_file)
    shown = flock("key", "import", "hospital", *words)
    assert ADDRESS in shown.output
    assert "11" * 32 not in shown.output


def test_a_keystore_file_is_imported(flock: Flock, home: Home) -> None:
    address = new(flock, home, "hospital")
    source = home.folder / "keys" / "hospital"
    shown = flock("key", "import", "copy", "--file", source, "--password-file", home.password_file)
    assert address in shown.output


def test_a_wrong_password_is_one_sentence(flock: Flock, home: Home, tmp_path: Path) -> None:
    new(flock, home, "hospital")
    wrong = tmp_path / "wrong"
    wrong.touch(mode=0o600)
    wrong.write_text("guess")
    source = home.folder / "keys" / "hospital"
    shown = flock("key", "import", "copy", "--file", source, "--password-file", wrong)
    assert shown.exit_code == 78
    assert "The password does not open" in shown.stderr
    assert "guess" not in shown.stderr


def test_without_a_terminal_or_file_the_password_is_asked_for_in_a_sentence(flock: Flock) -> None:
    shown = flock("key", "new", "hospital")
    assert shown.exit_code == 78
    assert "--password-file" in shown.stderr


def test_a_password_file_that_is_not_there_is_named(flock: Flock, tmp_path: Path) -> None:
    shown = flock("key", "new", "hospital", "--password-file", tmp_path / "nowhere")
    assert shown.exit_code == 78
    assert "nowhere cannot be read" in shown.stderr


def test_no_password_is_ever_printed(flock: Flock, home: Home) -> None:
    shown = flock("key", "new", "hospital", "--password-file", home.password_file)
    assert PASSWORD not in shown.output + shown.stderr


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o622])
def test_a_password_file_of_others_is_refused(flock: Flock, home: Home, mode: int) -> None:
    file = home.password_file
    file.chmod(mode)
    shown = flock("key", "new", "hospital", "--password-file", file)
    assert shown.exit_code == 78
    assert f"chmod 600 {file}" in shown.stderr
    assert PASSWORD not in shown.stderr
    assert json.loads(flock("key", "list", "--json").output) == []


def test_a_private_key_that_others_can_read_is_refused(flock: Flock, home: Home) -> None:
    bare = home.folder / "bare"
    bare.touch(mode=0o644)
    bare.write_text(PRIVATE_KEY + "\n")
    words = ("--private-key-file", bare, "--password-file", home.password_file)
    shown = flock("key", "import", "hospital", *words)
    assert shown.exit_code == 78
    assert "11" * 32 not in shown.stderr


@pytest.mark.parametrize("content", ["", "\n", "\r\n"])
def test_an_empty_password_file_is_refused(flock: Flock, home: Home, content: str) -> None:
    file = home.password_file
    file.write_text(content)
    shown = flock("key", "new", "hospital", "--password-file", file)
    assert shown.exit_code == 78
    assert f"{file} is empty" in shown.stderr


def test_a_secret_that_a_container_mounts_has_the_mode_that_its_runtime_gave_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "password"
    file.touch()
    file.chmod(0o444)
    assert is_open_to_others(file)
    monkeypatch.setattr(passwords, "MOUNTED_SECRETS", tmp_path)
    assert not is_open_to_others(file)


def test_only_the_mode_of_files_counts() -> None:
    assert not is_open_to_others(Path("/dev/null"))
