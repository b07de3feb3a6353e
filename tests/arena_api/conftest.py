"""An Arena whose service speaks to FLock.io's clients, and wallets that have named its key as their operator."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from eth_account.signers.local import LocalAccount

from flock.arena.flock_api.extension import FlockApiTerms
from flock.arena.flock_api.spending import SpendingLimit
from flock.arena.scoring.scorer import Scorer
from flock.chain.contracts.deployed import Contracts
from flock.economy.operations.putting_up import put_up_stake
from flock.store.database import Database
from tests import patience
from tests.alliance.signed_in import signed_in
from tests.arena.field import STAKE, Field, open_field, scorer
from tests.conftest import SenderOf

__all__ = ["scorer"]

SCRIPT = Path(__file__).with_name("hub_user.py")


@dataclass(frozen=True)
class ApiWallet:
    """Who has a key to the door; its own program sends nothing on chain."""

    account: LocalAccount
    key: str
    url: str

    def get(self, path: str, **params: Any) -> httpx.Response:
        """With the key."""
        return patience.get(f"{self.url}/api/v1{path}", params=params or None, headers=self._headers)

    def post(self, path: str, json: Any = None) -> httpx.Response:
        return patience.post(f"{self.url}/api/v1{path}", json=json, headers=self._headers)

    @property
    def _headers(self) -> dict[str, str]:
        return {"flock-api-key": self.key}

    def hub(self, folder: Path, *words: object) -> list[str]:
        """What the stock huggingface_hub says, pointed here."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "PYTEST"))}
        environment = {
            **kept,
            "HF_ENDPOINT": self.url,
            "HF_TOKEN": self.key,
            "HF_HOME": str(folder / "hf-home"),
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        }
        ran = subprocess.run(
            [sys.executable, SCRIPT, *map(str, words)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=patience.SECONDS,
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.split()


@dataclass(frozen=True)
class Door:
    """An Arena, and its service's door."""

    arena: Field
    operator: LocalAccount

    @property
    def url(self) -> str:
        return self.arena.service

    def wallet(self) -> ApiWallet:
        """A new wallet with its stake on the task, which has named the operator and made a key."""
        key = self.arena.rich()
        staking, sender = self.arena.contracts.staking, self.arena.sender_of(key)
        put_up_stake(self.arena.contracts, sender, key.address, self.arena.task, wanted=STAKE, lock_days=30)
        staking.set_operator(sender, self.operator.address)
        since = staking.operator_of(key.address).since
        if since:
            self.arena.pass_until(since)
        return self.stranger(key)

    def stranger(self, key: LocalAccount | None = None) -> ApiWallet:
        """A wallet with a key to the door, and nothing else."""
        key = key or self.arena.rich()
        with signed_in(self.url, key) as client:
            made = client.post("/api-keys", json={"label": "test"})
        assert made.is_success, made.text
        return ApiWallet(key, made.json()["key"], self.url)

    def ask(self, path: str) -> httpx.Response:
        """Without a key."""
        return patience.get(f"{self.url}{path}")


@pytest.fixture
def limit() -> SpendingLimit:
    return SpendingLimit(gas=10**18)


@pytest.fixture
def hold_seconds() -> float:
    """How long a validator waits to hear that there is nothing to do."""
    return 0.5


@pytest.fixture
def door(
    contracts: Contracts,
    database: Database,
    sender_of: SenderOf,
    rich: Callable[[], LocalAccount],
    admin: LocalAccount,
    tmp_path: Path,
    scorer: Scorer,
    limit: SpendingLimit,
    hold_seconds: float,
) -> Iterator[Door]:
    operator = rich()

    def terms(url: str) -> FlockApiTerms:
        return FlockApiTerms(
            url,
            tmp_path / "hub",
            tmp_path / "operated",
            key=operator,
            limit=limit,
            hold_seconds=hold_seconds,
        )

    with open_field(contracts, database, sender_of, rich, admin, tmp_path, scorer, terms) as arena:
        yield Door(arena, operator)
