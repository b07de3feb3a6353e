"""Keys: there, readable by nobody else, opened by the password, and allowed to act."""

from __future__ import annotations

import stat
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from flock.diagnostics.doctor.report import Finding, failed, passed, skipped, warning

if TYPE_CHECKING:
    from flock.diagnostics.doctor.node_under_test import NodeUnderTest

OTHERS = stat.S_IRWXG | stat.S_IRWXO


def signing_key(node: NodeUnderTest) -> Finding:
    """The key that signs: its file, and whether the password opens it."""
    node.operator()
    return _key(node, node.settings.key)


def salt_key(node: NodeUnderTest) -> Finding:
    """The key that vote salts derive from."""
    name = node.settings.salt_key
    if name is None:
        return passed("The signing key makes the vote salts too. Set salt_key before you replace it.")
    return _key(node, name)


def password_file(node: NodeUnderTest) -> Finding:
    """The file that holds the password, if one is named."""
    from flock.programs.passwords import is_open_to_others

    file = node.settings.password_file
    if file is None:
        return warning(
            "No password_file is set: the node asks for the password, and cannot be started unattended.",
            "Put the password into a file of mode 600 and name it in password_file.",
        )
    if not file.is_file():
        return failed(f"There is no file {file}.", "Correct password_file.", node.at_risk())
    if is_open_to_others(file):
        return _open_to_others(file)
    return passed(f"{file}, which only its owner can read")


def operator(node: NodeUnderTest) -> Finding:
    """Whether the signing key may act for the account that holds the stake."""
    key, owner = node.operator(), node.owner()
    if key == owner:
        return passed(
            f"{owner} is its own owner. A second key as operator would keep the stake's key offline."
        )
    staking = node.contracts().staking
    if staking.acts_for(owner, key):
        return passed(f"{key} acts for {owner}")
    named = staking.operator_of(owner)
    if named.key == key:
        return warning(
            f"{key} acts for {owner} from {_moment(named.since)} on: it replaces another operator.",
            "Nothing to do but wait.",
            node.at_risk(),
        )
    return failed(
        f"{key} may not act for {owner}, the owner in the configuration.",
        f"With the owner's key: flock node enrol --config {node.config} --key OWNER",
        node.at_risk(),
    )


def open_to_others(file: Path) -> bool:
    return bool(file.stat().st_mode & OTHERS)


def _key(node: NodeUnderTest, name: str) -> Finding:
    from flock.chain.keys import KeyStore

    settings = node.settings
    store = KeyStore(settings.keys)
    info = store.show(name)
    if open_to_others(info.path):
        return _open_to_others(info.path)
    who = f"{name}, {info.address or 'of unknown address'}"
    password = _password(node, name)
    if password is None:
        return skipped(f"{who}. Its password was not tried: there is no password_file and no terminal.")
    store.unlock(name, password)
    return passed(f"{who}; the password opens it")


def _password(node: NodeUnderTest, name: str) -> str | None:
    from flock.programs.passwords import password_for

    file = node.settings.password_file
    if file is None and not sys.stdin.isatty():
        return None
    return password_for(name, file)


def _open_to_others(file: Path) -> Finding:
    mode = stat.S_IMODE(file.stat().st_mode)
    return failed(
        f"{file} has mode {mode:03o}: other users of this machine can read it or replace it.",
        f"chmod 600 {file}",
        "A copy of the key and its password can act for you until the owner names another operator.",
    )


def _moment(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
