"""Passwords: from a file or from the terminal, never from the command line or the environment."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path

from flock.errors import BadConfig
from flock.store.text_files import read_text


def password_for(name: str, file: Path | None) -> str:
    """The password of an existing key."""
    return _from_file(file) if file else _ask(f"Password of key {name}: ")


def new_password(name: str, file: Path | None) -> str:
    """A password for a new key, typed twice. Raises BadConfig if the two differ."""
    if file:
        return _from_file(file)
    first = _ask(f"New password for key {name}: ")
    if _ask("Repeat the password: ") != first:
        raise BadConfig("The two passwords differ. Nothing was written; try again.")
    return first


def secret(question: str, file: Path | None) -> str:
    """Any other secret, such as a bare private key."""
    return _from_file(file) if file else _ask(question)


def _from_file(file: Path) -> str:
    try:
        return read_text(file).removesuffix("\n").removesuffix("\r")
    except OSError as problem:
        raise BadConfig(f"The secret file {file} cannot be read ({type(problem).__name__}).") from None
    except ValueError as problem:
        raise BadConfig(f"The secret file {file} cannot be read: {problem}.") from None


def _ask(question: str) -> str:
    if not sys.stdin.isatty():
        raise BadConfig(
            "There is no terminal to enter a secret. Name a file that contains it: --password-file."
        )
    return getpass.getpass(question)
