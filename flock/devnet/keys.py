"""The keys of a demo, in files as every program of flock reads them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

# These keys live as long as the demo; a real key's file is made to be slow to guess.
SCRYPT_COST = 2**12


@dataclass(frozen=True)
class DemoKeys:
    """Keys under ``folder``, all of one password."""

    folder: Path

    @property
    def keystore(self) -> Path:
        """Where the files of the keys are."""
        return self.folder / "keys"

    @property
    def password_file(self) -> Path:
        """The file with their password."""
        return self.folder / "password.txt"

    def prepare(self) -> None:
        """Choose a password."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.password_file.touch(mode=0o600)
        self.password_file.write_text(secrets.token_urlsafe(24) + "\n")

    def new(self, name: str) -> LocalAccount:
        """Make a key. Raises BadKey if there is one of that name."""
        from flock.chain.keys import KeyStore

        KeyStore(self.keystore, SCRYPT_COST).new(name, self._password)
        return self.unlocked(name)

    def unlocked(self, name: str) -> LocalAccount:
        """A key that was made."""
        from flock.chain.keys import KeyStore

        return KeyStore(self.keystore).unlock(name, self._password)

    @property
    def _password(self) -> str:
        return self.password_file.read_text().strip()
