"""Passwords: from a file or from the terminal, never from the command line or the environment."""

from __future__ import annotations

import getpass
import os
import stat
import sys
from pathlib import Path

from flock.errors import BadConfig
from flock.store.text_files import read_text

OTHERS = stat.S_IRWXG | stat.S_IRWXO
# Where a container's runtime mounts secrets: their mode is the runtime's (often 444), and no other program sees them.
MOUNTED_SECRETS = Path("/run/secrets")


def password_for(name: str, file: Path | None) -> str:
    """The password of an existing key."""
    return _from_file(file) if file else _ask(f"Password of key {name}: ")


def new_password(what: str, file: Path | None) -> str:
    """A password for something new, typed twice. Raises BadConfig if the two differ or are empty."""
    if file:
        return _from_file(file)
    first = _ask(f"New password for {what}: ")
    if not first:
        raise BadConfig("An empty password would protect nothing. Nothing was written; try again.")
    if _ask("Repeat the password: ") != first:
        raise BadConfig("The two passwords differ. Nothing was written; try again.")
    return first


def secret(question: str, file: Path | None) -> str:
    """Any other secret, such as a bare private key."""
    return _from_file(file) if file else _ask(question)


def is_open_to_others(file: Path) -> bool:
    """Whether another user of this machine can read or replace a secret file, by its mode.

    As with ssh, only a file of one's own counts, whose mode one can change: systemd's credentials may be root's.
    """
    status = file.stat()
    own = stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid()
    return own and bool(status.st_mode & OTHERS) and MOUNTED_SECRETS not in file.resolve().parents


def _from_file(file: Path) -> str:
    try:
        is_open, text = is_open_to_others(file), read_text(file)
    except OSError as problem:
        raise BadConfig(f"The secret file {file} cannot be read ({type(problem).__name__}).") from None
    except ValueError as problem:
        raise BadConfig(f"The secret file {file} cannot be read: {problem}.") from None
    if is_open:
        raise BadConfig(
            f"Other users of this machine can read or replace the secret file {file}. Run: chmod 600 {file}"
        )
    found = text.removesuffix("\n").removesuffix("\r")
    if not found:
        raise BadConfig(f"The secret file {file} is empty. Write the secret into it.")
    return found


def _ask(question: str) -> str:
    if not sys.stdin.isatty():
        raise BadConfig(
            "There is no terminal to enter a secret. Name a file that contains it: --password-file."
        )
    return getpass.getpass(question)
