"""A service of both products on a real chain. Its Arena's rows are fed by hand, at the chain's time."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from eth_account.signers.local import LocalAccount
from safetensors.numpy import save

from flock.alliance.product import AllianceProduct
from flock.arena.product import ArenaProduct
from flock.chain.client import Client
from flock.chain.contracts.deployed import Contracts
from flock.protocol.arena.stages import Role
from flock.protocol.core.cid import cid_of, digest_of
from flock.service.app import Operation, build
from flock.store.database import Database
from flock.store.uploads import Uploader
from flock.web.uploads import Limits
from tests import patience
from tests.alliance.signed_in import signed_in
from tests.arena_service.event_script import CREATOR, ArenaScript, parameters, trainer, validator
from tests.web.conftest import serve_in_thread

NEVER = 1e6
MODEL = {"architecture": "linear", "inputs": 4, "outputs": 2}
METADATA = json.dumps(
    {"kind": "tabular", "metric": "loss", "model": MODEL, "limits": {"parameters": 100}}
).encode()
SALT = b"\x05" * 32
TRAINERS = [trainer(number) for number in range(3)]
VALIDATORS = [validator(number) for number in range(6)]


def artifact(seed: int = 0, *, inputs: int = 4) -> bytes:
    """A submission to the task of ``METADATA``."""
    rng = np.random.default_rng(seed)
    weights = {
        "weight": rng.standard_normal((2, inputs)).astype(np.float32),
        "bias": rng.standard_normal(2).astype(np.float32),
    }
    return bytes(save(weights))


@dataclass
class LiveScript(ArenaScript):
    """Waits on the chain as well, whose time the service goes by."""

    client: Client | None = None

    def wait(self, seconds: int) -> None:
        super().wait(seconds)
        assert self.client is not None
        self.client.rpc.request("evm_setNextBlockTimestamp", self.now)
        self.client.rpc.request("anvil_mine", "0x1")


@dataclass(frozen=True)
class Served:
    """The service at ``url``, and who asks it."""

    url: str
    contracts: Contracts
    script: LiveScript
    sessions: dict[str, str] = field(default_factory=dict)

    def headers_of(self, who: LocalAccount) -> dict[str, str]:
        """The session of ``who``, which signs in once."""
        if who.address not in self.sessions:
            with signed_in(self.url, who) as client:
                self.sessions[who.address] = client.headers["Authorization"]
        return {"Authorization": self.sessions[who.address]}

    def ask(self, path: str, who: LocalAccount | None = None, **params: Any) -> httpx.Response:
        """GET as ``who``, who signs in, or as a stranger."""
        headers = {} if who is None else self.headers_of(who)
        return patience.get(self.url + path, params=params or None, headers=headers)

    def get(self, path: str, **params: Any) -> Any:
        """What a stranger is told."""
        answer = self.ask(path, **params)
        assert answer.is_success, answer.text
        return answer.json()

    def put(self, path: str, who: LocalAccount, json: object) -> httpx.Response:
        return patience.put(self.url + path, json=json, headers=self.headers_of(who))

    def bring(
        self, path: str, who: LocalAccount, data: bytes, named: bytes | None = None, task: int | None = None
    ) -> httpx.Response:
        """Upload ``data``, signed as the blob ``named``."""
        digest = digest_of(data if named is None else named)
        task = task or self.script.task
        signer = Uploader(
            self.contracts.deployment_domain, task, who.address, who, clock=self.contracts.client.now
        )
        headers = signer.headers(digest, len(data))
        return patience.put(self.url + path, params={"account": who.address}, content=data, headers=headers)

    def bring_artifact(self, who: LocalAccount, data: bytes) -> httpx.Response:
        return self.bring(f"/arena/tasks/1/artifacts/{cid_of(digest_of(data))}", who, data)

    def open(self, submission: int, who: LocalAccount, data: bytes) -> httpx.Response:
        given = {"digest": digest_of(data).hex(), "salt": SALT.hex()}
        return self.put(f"/arena/tasks/1/submissions/{submission}/opening", who, given)


@pytest.fixture
def script(contracts: Contracts, database: Database) -> LiveScript:
    """An Arena that runs, with three trainers and six validators."""
    now = contracts.client.now() + 10
    made = LiveScript(
        database,
        terms=parameters(starts_at=now, start_by=now + 1_000, ends_at=now + 100_000),
        now=now,
        board=contracts.arena_board.address,
        client=contracts.client,
    )
    made.wait(10)
    made.create(METADATA)
    for account in VALIDATORS:
        made.enrol(account.address, Role.VALIDATOR)
    for account in TRAINERS:
        made.enrol(account.address, Role.TRAINER)
    made.begin()
    return made


@pytest.fixture
def served(script: LiveScript, contracts: Contracts, database: Database, tmp_path: Path) -> Iterator[Served]:
    limits = Limits(blob=1 << 20, spare=0, drafts=1 << 20)
    products = [
        AllianceProduct(contracts, database),
        ArenaProduct(contracts, database, tmp_path / "private", limits, clock_seconds=0),
    ]
    made = build(products, contracts, database, tmp_path / "blobs", Operation(limits, poll_seconds=NEVER))
    with serve_in_thread(made.app) as url:
        with signed_in(url, CREATOR) as client:
            assert client.put(f"/drafts/{cid_of(digest_of(METADATA))}", content=METADATA).is_success
        yield Served(url, contracts, script)
