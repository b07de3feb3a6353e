"""What the demo's market stands on: a chain with the contracts, accounts, and a host in a process of its own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from flock.closing import Closing
from flock.devnet.devnet import Devnet
from flock.devnet.keys import DemoKeys
from flock.devnet.market.flowers import SoldModel
from flock.devnet.network import POLL_SECONDS, START_SECONDS
from flock.devnet.processes import Processes

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

    from flock.chain.contracts.deployed import Contracts
    from flock.chain.contracts.model_market import NewVersion
    from flock.protocol.market.prices import Price

COMMITTED_SECONDS = 10
"""An upload is committed to so long before it is published."""
LOCK_DAYS = 30
HOST, OWNER, REFINER = "hugo", "olga", "paul"


@dataclass(frozen=True)
class Sold:
    """A published version, what it is, and the version it was made from."""

    version: int
    model: SoldModel
    parent: int | None = None


class MarketNetwork(Closing):
    """Everything the demo runs, in one folder. Processes end with ``processes``' block.

    ``url`` is where the host listens once it serves.
    """

    devnet: Devnet
    url: str

    def __init__(self, folder: Path, processes: Processes) -> None:
        self.folder = folder
        self.processes = processes
        self.keys = DemoKeys(folder)
        self._open = ExitStack()

    @property
    def contracts(self) -> Contracts:
        """The bindings."""
        return self.devnet.contracts

    @cached_property
    def host(self) -> LocalAccount:
        """Who serves."""
        return self.account(HOST)

    def close(self) -> None:
        """End the chain, and close what this process holds open."""
        self._open.close()

    def start_chain(self) -> None:
        """Anvil with the contracts and x402's stand-ins; each transaction is a block."""
        from flock.chain.deploy.x402 import place_stand_ins

        self.keys.prepare()
        self.devnet = self._open.enter_context(Devnet(folder=self.folder))
        place_stand_ins(self.devnet.client)

    def account(self, name: str, flock: int = 0) -> LocalAccount:
        """A new account with a key in the keystore, ETH for gas, and so much FLOCK in wei."""
        made = self.keys.new(name)
        self.devnet.fund(made.address, flock)
        return made

    def publish(self, owner: LocalAccount, terms: NewVersion, price: Price) -> int:
        """Commit to an upload, publish it as a model of ``owner`` and name its price in FLOCK; the version."""
        from flock.protocol.core.commitments import Domain
        from flock.protocol.market.signed_types import upload_commitment

        market, sender, salt = self.contracts.model_market, self.devnet.sender(owner), bytes(32)
        domain = Domain(self.contracts.chain_id, market.address)
        market.commit(sender, upload_commitment(domain, owner.address, terms.digest, salt))
        self.devnet.warp(COMMITTED_SECONDS)
        market.publish(sender, 0, terms, salt)
        version = market.upload_of(terms.digest)
        market.set_price(sender, version, self.contracts.token.address, price)
        return version

    def become_host(self) -> None:
        """Bond the host, with as much FLOCK locked as that takes."""
        from flock.economy.operations.putting_up import put_up_stake

        contracts, bonds, sender = self.contracts, self.contracts.host_bonds, self.devnet.sender(self.host)
        bonds.open_bonds(sender)
        bond = bonds.minimum_bond()
        self.devnet.fund(self.host.address, bond * 2)
        put_up_stake(contracts, sender, self.host.address, bonds.task(), wanted=bond, lock_days=LOCK_DAYS)
        bonds.bond(sender, self.host.address)

    def serve(self, sold: Sequence[Sold]) -> None:
        """Register the versions and start ``flock market host``."""
        from flock.chain.deploy.anvil import free_port

        for each in sold:
            self.contracts.model_market.serve(self.devnet.sender(self.host), each.version, self.host.address)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        config = self.folder / "host.toml"
        config.write_text("\n\n".join([self._settings(port), *map(self._table, sold)]) + "\n")
        self.processes.start("host", "market", "host", "--config", str(config))
        self.processes.wait_until(self._is_up, "The host", START_SECONDS)

    def _settings(self, port: int) -> str:
        settings = {
            "rpc": self.devnet.rpc,
            "chain_id": self.contracts.chain_id,
            "addresses": str(self.devnet.addresses),
            "keys": str(self.keys.keystore),
            "password_file": str(self.keys.password_file),
            "key": HOST,
            "home": str(self.folder / "host"),
            "port": port,
            "poll_seconds": float(POLL_SECONDS),
            "device": "cpu",
        }
        return _lines(settings)

    def _table(self, sold: Sold) -> str:
        artifact = self.folder / f"{sold.model.name}.safetensors"
        document = self.folder / f"{sold.model.name}.json"
        artifact.write_bytes(sold.model.artifact)
        document.write_text(json.dumps(sold.model.document, indent=2))
        table = {
            "version": sold.version,
            "name": sold.model.name,
            "kind": "builtin",
            "artifact": str(artifact),
            "metadata": str(document),
        }
        return "[[models]]\n" + _lines(table)

    def _is_up(self) -> bool:
        import httpx

        try:
            return httpx.get(f"{self.url}/health", timeout=5).is_success
        except httpx.TransportError:
            return False


def _lines(settings: dict[str, object]) -> str:
    return "\n".join(f"{name} = {json.dumps(value)}" for name, value in settings.items())
