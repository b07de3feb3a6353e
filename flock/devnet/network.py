"""A whole flock network on this machine: chain, contracts, service, task, coordinator, members."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from flock.amounts import plain
from flock.closing import Closing
from flock.devnet.devnet import Devnet
from flock.devnet.keys import DemoKeys
from flock.devnet.processes import Processes
from flock.devnet.tasks import DemoTask
from flock.protocol.alliance.params import AllianceParameters
from flock.protocol.core.units import WAD, Gm, Wei

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

    from flock.chain.contracts.deployed import Contracts
    from flock.store.http_blobs import HttpBlobs

BLOCK_SECONDS = 0.5
POLL_SECONDS = "0.15"
# Programs that end are noticed at once; these are for one that hangs, on a machine that may do other work.
START_SECONDS = 300.0
JOIN_SECONDS = 600.0
TASK = 1
FAUCET = 100_000 * WAD
OPEN_TASK_ROUNDS = 24


@dataclass(frozen=True)
class DemoTerms:
    """What the demo's task is made of; ``stake`` is what each member puts up, in gmFLOCK wei."""

    planned_rounds: int
    proposer_seats: int
    voter_seats: int
    bounty: int = 2_400 * WAD
    minimum_stake: int = 100 * WAD
    stake: int = 200 * WAD
    strike_window: int = 8
    strike_limit: int = 3
    slash_bps: int = 1_000
    vote_tolerance_bps: int = 300
    phase_seconds: int = 20
    task_seconds: int = 24 * 3600
    train: Mapping[str, bool | int | float | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Participant:
    """One member's node: ``attack`` is ``None`` for an honest one."""

    name: str
    address: str
    partition: int
    attack: str | None
    config: Path


class DemoNetwork(Closing):
    """Everything a demo runs, in one folder. Processes end with ``processes``' block.

    ``rpc``, ``alliance`` and ``front`` are where chain, service and coordinator listen once they are up.
    """

    def __init__(
        self,
        folder: Path,
        processes: Processes,
        task: DemoTask,
        terms: DemoTerms,
        block_seconds: float = BLOCK_SECONDS,
    ) -> None:
        self.folder = folder
        self.processes = processes
        self.task = task
        self.terms = terms
        self.block_seconds = block_seconds
        self.rpc_port, self.alliance_port, self.front_port = _free_ports(3)
        self.rpc = f"http://127.0.0.1:{self.rpc_port}"
        self.alliance = f"http://127.0.0.1:{self.alliance_port}"
        self.front = f"127.0.0.1:{self.front_port}"
        self.participants: list[Participant] = []
        self.keys = DemoKeys(folder)
        self.coordinator: str | None = None
        self.current_task = TASK
        self._open = ExitStack()
        self._devnet: Devnet

    # ---- starting

    def open(self, members: int) -> None:
        """All of it, with ``members`` honest members."""
        self.start_chain()
        self.deploy()
        self.start_service()
        self.create_task()
        self.start_coordinator()
        for index in range(members):
            self.start_member(self.add_member(f"member-{index + 1}", index, members))

    def start_chain(self) -> None:
        """Anvil with a fresh chain."""
        self.keys.prepare()
        self.processes.start(
            "chain", "chain", "up", "--port", str(self.rpc_port), "--block-time", str(self.block_seconds)
        )
        self.processes.wait_until(lambda: listens(self.rpc_port), "The chain", START_SECONDS)

    def deploy(self) -> Contracts:
        """The contracts, by an account that keeps nothing but FLOCK to give away."""
        self._devnet = self._open.enter_context(Devnet(rpc=self.rpc, folder=self.folder))
        self.client, self.contracts = self._devnet.client, self._devnet.contracts
        return self.contracts

    def start_service(self) -> None:
        """The Alliance service: blobs and rows."""
        self.processes.start(
            "alliance",
            "alliance",
            "start",
            "--port",
            str(self.alliance_port),
            environment=self._environment("alliance"),
        )
        self.processes.wait_until(lambda: listens(self.alliance_port), "The Alliance service", START_SECONDS)

    def create_task(self) -> int:
        """The funded task, with its metadata and first model in the service."""
        self.creator = self._devnet.sender(self._fund(self.keys.new("creator"), flock=0))
        return self._create_task(self.terms)

    def _create_task(self, terms: DemoTerms) -> int:
        from flock.protocol.core.cid import digest_of
        from flock.tasks.documents import canonical_metadata
        from flock.training.arrays import encode_model

        self._devnet.fund(self.creator.address, terms.bounty)
        model = encode_model(self.task.problem.initial_arrays())
        metadata = canonical_metadata(
            {"title": self.task.title, "app": self.task.app(), "train": dict(terms.train)}
        )
        number = self.contracts.task_manager.create(
            self.creator,
            self.contracts.token,
            self._parameters(terms, digest_of(model)),
            digest_of(metadata),
            terms.bounty,
        )
        self.blobs = self._open.enter_context(self._creator_blobs(number))
        self.blobs.put(model)
        self.blobs.put(metadata)
        return number

    def start_coordinator(self) -> None:
        """Start it, or start it again."""
        if self.coordinator is None:
            self.coordinator = self._fund(self.keys.new("coordinator"), flock=0).address
        self.processes.start(
            "coordinator",
            *("coordinator", "start", "--task", str(self.current_task), "--key", "coordinator"),
            *("--front-port", str(self.front_port)),
            environment=self._environment("coordinator"),
        )

    def add_member(
        self, name: str, partition: int, partitions: int, attack: str | None = None
    ) -> Participant:
        """A member with a key, a stake's worth of FLOCK and a configuration of its own; not yet running."""
        account = self._fund(self.keys.new(name), flock=self.terms.stake)
        config = self.folder / name / "node.toml"
        config.parent.mkdir(parents=True)
        config.write_text(self._node_toml(name, partition, partitions, attack))
        member = Participant(name, account.address, partition, attack, config)
        self.participants.append(member)
        return member

    def start_member(self, member: Participant) -> None:
        self.processes.start(
            member.name, "node", "start", "--config", str(member.config), environment={"OMP_NUM_THREADS": "1"}
        )

    # ---- running

    def close(self) -> None:
        """Close what this process holds open; the network's own processes go on."""
        self._open.close()

    @property
    def book(self) -> Path:
        """The file of the address book."""
        return self._devnet.addresses

    def end_task(self) -> None:
        """Let the chain's time run past the task's end: what a local chain can do and a year would."""
        parameters = self.contracts.task_manager.parameters_of(TASK)
        seconds = max(0, parameters.ends_at - self.client.now()) + 1
        self._devnet.warp(seconds)

    def open_another_task(self) -> Participant:
        """Open a funded task for a newcomer, who is all it waits for, and fill the faucet of ``flock chain fund``.

        Returns the honest member who waits in it. The first task has to be over.
        """
        from eth_account import Account

        from flock.chain.deploy.anvil import DEVELOPMENT_KEY

        self._devnet.fund(Account.from_key(DEVELOPMENT_KEY).address, FAUCET)
        self.current_task = self._create_task(
            replace(self.terms, planned_rounds=OPEN_TASK_ROUNDS, proposer_seats=1, voter_seats=1)
        )
        self.processes.stop("coordinator")
        self.start_coordinator()
        colleague = next(each for each in self.participants if each.attack is None)
        self.processes.stop(colleague.name)
        self._devnet.fund(colleague.address, self.terms.stake)
        settings = colleague.config.read_text()
        colleague.config.write_text(settings.replace(f"task = {TASK}\n", f"task = {self.current_task}\n"))
        self.start_member(colleague)
        return colleague

    # ---- pieces

    def _environment(self, name: str) -> Mapping[str, str]:
        return {
            "FLOCK_RPC": self.rpc,
            "FLOCK_CHAIN_ID": str(self.client.chain_id),
            "FLOCK_ADDRESSES": str(self.book),
            "FLOCK_KEYS": str(self.keys.keystore),
            "FLOCK_HOME": str(self.folder / name),
            "FLOCK_PASSWORD_FILE": str(self.keys.password_file),
            "FLOCK_ALLIANCE": self.alliance,
            "FLOCK_POLL_SECONDS": POLL_SECONDS,
            "OMP_NUM_THREADS": "1",
        }

    def _node_toml(self, name: str, partition: int, partitions: int, attack: str | None) -> str:
        settings: dict[str, object] = {
            "rpc": self.rpc,
            "chain_id": self.client.chain_id,
            "addresses": str(self.book),
            "keys": str(self.keys.keystore),
            "home": str(self.folder / name),
            "password_file": str(self.keys.password_file),
            "alliance": self.alliance,
            "coordinator": self.front,
            "poll_seconds": float(POLL_SECONDS),
            "key": name,
            "task": TASK,
            "app": self.task.app(attack),
            "stake": plain(self.terms.stake),
            "claim_above": plain(self.terms.bounty),
        }
        lines = [f"{field} = {json.dumps(value)}" for field, value in settings.items()]
        shares = {"partition-id": partition, "num-partitions": partitions}
        return "\n".join([*lines, "", "[app_config]", *(f"{k} = {v}" for k, v in shares.items()), ""])

    def _parameters(self, terms: DemoTerms, model: bytes) -> AllianceParameters:
        from flock.protocol.alliance.terms import default_keeper_fee

        now = self.client.now()
        return AllianceParameters(
            planned_rounds=terms.planned_rounds,
            proposer_seats=terms.proposer_seats,
            voter_seats=terms.voter_seats,
            minimum_members=terms.proposer_seats + terms.voter_seats,
            max_members=max(64, terms.proposer_seats + terms.voter_seats),
            propose_seconds=terms.phase_seconds,
            attest_seconds=terms.phase_seconds,
            commit_seconds=terms.phase_seconds,
            reveal_seconds=terms.phase_seconds,
            starts_at=now,
            start_by=now + terms.task_seconds // 2,
            ends_at=now + terms.task_seconds,
            minimum_stake=Gm(terms.minimum_stake),
            keeper_fee=default_keeper_fee(Wei(terms.bounty), terms.planned_rounds),
            vote_tolerance_bps=terms.vote_tolerance_bps,
            strike_window=terms.strike_window,
            strike_limit=terms.strike_limit,
            slash_bps=terms.slash_bps,
            initial_model=model,
        )

    def _fund(self, account: LocalAccount, flock: int) -> LocalAccount:
        self._devnet.fund(account.address, flock)
        return account

    def _creator_blobs(self, task: int) -> HttpBlobs:
        from flock.store.http_blobs import HttpBlobs
        from flock.store.uploads import Uploader

        account, key = self.creator.address, self.keys.unlocked("creator")
        domain = self.contracts.deployment_domain
        uploader = Uploader(domain, task, account, key, clock=self.client.now)
        return HttpBlobs(self.alliance, uploader)


def _free_ports(count: int) -> list[int]:
    """Different ports that are free now, and likely still are when the network's programs take them."""
    from flock.chain.deploy.anvil import free_port

    ports: set[int] = set()
    while len(ports) < count:
        ports.add(free_port())
    return sorted(ports)


def listens(port: int) -> bool:
    """Whether something listens at ``port`` of this machine."""
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0
