"""A chain with contracts and an Alliance service, as the command line finds them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from safetensors.numpy import save

from flock import log
from flock.alliance.product import AllianceProduct
from flock.arena.flock_api.extension import FlockApiTerms
from flock.arena.product import ArenaProduct
from flock.chain.contracts.deployed import Contracts
from flock.chain.deploy.faucet import fund
from flock.chain.keys import KeyStore
from flock.chain.sending.sender import Sender
from flock.cli.node_template import node_toml
from flock.marketplace.product import MarketProduct
from flock.service.app import Operation, build
from flock.web.app import Exposure
from flock.web.serve import listen
from flock.web.uploads import Limits
from tests.cli.conftest import PASSWORD, Flock, Home
from tests.conftest import ETHER, FLOCK, fresh_database
from tests.node.member_app import START
from tests.web.conftest import serve_in_thread, url_of

CHEAP = 2**4  # these keys live as long as their test
MODEL_BYTES = 1 << 20
TERMS = """proposer_seats = 1
voter_seats = 2
strike_window = 8
strike_limit = 4
slash_bps = 1000
"""


@dataclass(frozen=True)
class Site:
    """Where a user sits: a folder of keys and files, a chain and a service that the environment names."""

    home: Home
    flock: Flock
    contracts: Contracts
    bank: Sender
    service: str

    def key(self, name: str, *, eth: int = 10, flock: int = 10_000) -> str:
        """A new key with so much money; its address."""
        address = KeyStore(self.home.folder / "keys", CHEAP).new(name, PASSWORD).address
        assert address is not None
        if eth or flock:
            fund(self.bank, self.contracts.token, address, eth * ETHER, flock * FLOCK)
        return address

    def file(self, name: str, content: str | bytes) -> Path:
        path = self.home.folder / name
        path.touch(mode=0o600)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def create_words(self, **changes: object) -> list[object]:
        """``flock task create`` with files that hold, and an option changed, or left out for None."""
        files = {
            "model": self.file("model.safetensors", save(START)),
            "metadata": self.file("metadata.json", json.dumps({"title": "A test", "train": {"lr": 0.1}})),
            "terms": self.file("terms.toml", TERMS),
        }
        options: dict[str, object] = {"key": "founder", **files, "bounty": "2400", **changes}
        given = {name: value for name, value in options.items() if value is not None}
        return [word for name, value in given.items() for word in (f"--{name}", value)]

    def create_task(self, **changes: object) -> int:
        made = self.flock("task", "create", *self.create_words(**changes), "--json")
        assert made.exit_code == 0, made.stderr
        task: int = json.loads(made.stdout)["task"]
        return task

    def node_toml(self, task: int, key: str, *lines: str, app: str = "tests.node.member_app:app") -> Path:
        """A node's configuration, without coordinator."""
        rpc, chain_id = self.contracts.client.rpc.url, self.contracts.chain_id
        head, table = node_toml(task=task, key=key, app=app, rpc=rpc, chain_id=chain_id).split("[app_config]")
        head = head.replace('coordinator = "127', '# coordinator = "127').replace(
            'alliance = "', '# alliance = "'
        )
        return self.file(f"{key}.toml", "\n".join([head, 'coordinator = ""', *lines, "[app_config]" + table]))


@contextmanager
def open_site(
    home: Home, flock: Flock, contracts: Contracts, bank: Sender, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Site]:
    log.configure("error")  # the service's thread must not write into the output of commands
    contracts.book.save(home.book)
    contracts.client.rpc.request("anvil_mine", "0x1")  # time passed in other tests shows in a new block
    rows = fresh_database(home.folder / "rows.db")
    fresh_database(home.folder / "home" / "flock.db").close()
    limits = Limits(blob=MODEL_BYTES, spare=0)
    listener = listen("127.0.0.1", 0)
    hub = FlockApiTerms(url_of(listener), home.folder / "hub", home.folder / "operated")
    products = [
        AllianceProduct(contracts, rows),
        ArenaProduct(contracts, rows, home.folder / "private", limits, flock_api=hub),
        MarketProduct(contracts, rows, home.folder / "blobs"),
    ]
    operation = Operation(limits, exposure=Exposure(url_of(listener)))
    served = build(products, contracts, rows, home.folder / "blobs", operation)
    with serve_in_thread(served.app, listener) as url:
        monkeypatch.setenv("FLOCK_RPC", contracts.client.rpc.url)
        monkeypatch.setenv("FLOCK_ALLIANCE", url)
        monkeypatch.setenv("FLOCK_PASSWORD_FILE", str(home.password_file))
        monkeypatch.setenv("FLOCK_HOME", str(home.folder / "home"))
        yield Site(home, flock, contracts, bank, url)
    rows.close()


def sentence(shown: Result) -> str:
    """What the command said was wrong: one line, no stack."""
    assert "Traceback" not in shown.stderr
    [line] = [line for line in shown.stderr.splitlines() if line.startswith("flock: ")]
    return line.removeprefix("flock: ")


def zeros(shape: tuple[int, ...], dtype: type = np.float32) -> bytes:
    return save({"w": np.zeros(shape, dtype)})
