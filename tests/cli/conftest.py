"""The command line as a user has it: a folder of its own, the session's chain, nothing of the machine's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import Result
from typer.testing import CliRunner

from flock.chain.deploy.anvil import Anvil
from flock.cli.main import app

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

    from flock.chain.contracts.deployed import Contracts
    from tests.cli.network import Site
    from tests.conftest import SenderOf

PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class Home:
    """Where the commands of one test keep their things."""

    folder: Path

    @property
    def book(self) -> Path:
        return self.folder / "book.json"

    @property
    def password_file(self) -> Path:
        path = self.folder / "password"
        path.touch(mode=0o600)
        path.write_text(PASSWORD + "\n")
        return path


Flock = Callable[..., Result]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    return settle_in(tmp_path, monkeypatch)


def settle_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Let commands keep their things in ``folder``."""
    found = Home(folder)
    monkeypatch.setenv("FLOCK_KEYS", str(folder / "keys"))
    monkeypatch.setenv("FLOCK_ADDRESSES", str(found.book))
    monkeypatch.setenv("COLUMNS", "200")
    return found


@pytest.fixture
def flock(home: Home) -> Flock:
    """Run ``flock`` with these words."""
    return commands()


def commands() -> Flock:
    """What runs ``flock`` in this process, as the environment says."""
    runner = CliRunner()
    return lambda *words: runner.invoke(app, [str(word) for word in words])


@pytest.fixture
def on_chain(flock: Flock, own_anvil: Anvil, monkeypatch: pytest.MonkeyPatch) -> Flock:
    """Run ``flock`` against an Anvil of this test's own."""
    monkeypatch.setenv("FLOCK_RPC", own_anvil.url)
    return flock


@pytest.fixture
def site(
    home: Home,
    flock: Flock,
    contracts: Contracts,
    sender_of: SenderOf,
    admin: LocalAccount,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Site]:
    """The session's chain with contracts on it, and a service for them."""
    from tests.cli.network import open_site

    with open_site(home, flock, contracts, sender_of(admin), monkeypatch) as opened:
        yield opened
