"""What competitions of a demo stand on: a chain with the contracts, a service, programs with keys of their own."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from flock.closing import Closing
from flock.devnet.devnet import Devnet
from flock.devnet.keys import DemoKeys
from flock.devnet.network import POLL_SECONDS, START_SECONDS, listens
from flock.devnet.processes import Processes
from flock.protocol.core.units import DAY

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

    from flock.arena.actor import Actor
    from flock.chain.contracts.deployed import Contracts
    from flock.protocol.arena.params import ArenaParameters
    from flock.store.database import Database

SIGN_INS_PER_MINUTE = "1200"
"""All members of the demo sign in from one address."""


class ArenaNetwork(Closing):
    """Everything that a demo's competitions share, in one folder. Processes end with ``processes``' block."""

    devnet: Devnet
    database: Database
    service: str

    def __init__(self, folder: Path, processes: Processes) -> None:
        self.folder = folder
        self.processes = processes
        self.keys = DemoKeys(folder)
        self._open = ExitStack()

    # ---- starting

    def start_chain(self) -> None:
        """Anvil with the contracts; each transaction is a block, so that nobody waits for one."""
        from flock.store.database import migrate, open_database

        self.keys.prepare()
        self.devnet = self._open.enter_context(Devnet(folder=self.folder))
        self.database = open_database(str(self.folder / "members.db"))
        self._open.callback(self.database.close)
        migrate(self.database)

    def start_service(self) -> None:
        """The Alliance service, which serves Arenas as well."""
        from flock.chain.deploy.anvil import free_port

        port = free_port()
        self.service = f"http://127.0.0.1:{port}"
        environment = {
            "FLOCK_RPC": self.devnet.rpc,
            "FLOCK_CHAIN_ID": str(self.contracts.chain_id),
            "FLOCK_ADDRESSES": str(self.devnet.addresses),
            "FLOCK_HOME": str(self.folder / "service"),
            "FLOCK_POLL_SECONDS": POLL_SECONDS,
            "FLOCK_SIGN_INS_PER_MINUTE": SIGN_INS_PER_MINUTE,
        }
        self.processes.start("service", "alliance", "start", "--port", str(port), environment=environment)
        self.processes.wait_until(lambda: listens(port), "The service", START_SECONDS)

    def close(self) -> None:
        """End the chain, and close what this process holds open."""
        self._open.close()

    # ---- who takes part

    @property
    def contracts(self) -> Contracts:
        """The bindings."""
        return self.devnet.contracts

    def actor(self, key: LocalAccount, task: int, parameters: ArenaParameters) -> Actor:
        """The account of ``key`` on a task."""
        from flock.arena.actor import Actor
        from flock.arena.client import ArenaClient
        from flock.store.signed_service import Identity

        identity = Identity(key.address, key, self.contracts.deployment_domain)
        client = self._open.enter_context(ArenaClient(self.service, identity))
        return Actor(self.contracts, self.devnet.sender(key), key.address, task, parameters, client)

    def start_program(self, role: str, name: str, **settings: object) -> None:
        """``flock node start`` for the key called ``name``; ``settings`` go into its file as they are."""
        home = self.folder / name
        home.mkdir(parents=True, exist_ok=True)
        shared = {
            "rpc": self.devnet.rpc,
            "chain_id": self.contracts.chain_id,
            "addresses": str(self.devnet.addresses),
            "keys": str(self.keys.keystore),
            "password_file": str(self.keys.password_file),
            "home": str(home),
            "alliance": self.service,
            "poll_seconds": float(POLL_SECONDS),
            "key": name,
            "keep": False,  # the demo is the keeper: it knows when everybody has done what is due
        }
        lines = [f"{field} = {json.dumps(value)}" for field, value in {**shared, **settings}.items()]
        config = home / "node.toml"
        config.write_text("\n".join([*lines, ""]))
        words = ("node", "start", "--role", role, "--config", str(config))
        self.processes.start(name, *words, environment={"OMP_NUM_THREADS": "1"})

    # ---- time

    def catch_up(self) -> None:
        """Wait until the service knows what is on the chain."""
        from flock.arena.client import ArenaClient

        with ArenaClient(self.service) as client:
            client.wait_for(self.devnet.client.block_number())

    def pass_to(self, moment: int) -> None:
        """Let the chain's time run to ``moment`` (Unix seconds), or mine a block if that is past."""
        ahead = moment - self.devnet.client.now()
        if ahead > 0:
            self.devnet.warp(ahead)
        else:
            self.devnet.mine()

    def pass_to_next_day(self, seconds: int) -> None:
        """Let the chain's time run to so many seconds past the next midnight (UTC)."""
        self.pass_to((self.devnet.client.now() // DAY + 1) * DAY + seconds)
