"""What runs on the near host: chain, service, coordinator with a TLS front, one member; the other is far away.

Arguments: a folder, the near host's address, and the words that run a command on the far host. tests and
tests/node must be on PYTHONPATH. Writes as JSON what the far member did until a round was accepted in which
the coordinator knew it, and how far the far host got when it tried more than the front.
"""

import json
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import patience
from member_app import START

from flock.chain.deploy.anvil import AnvilOptions, find_anvil
from flock.devnet.network import TASK, DemoNetwork, DemoTerms, Participant
from flock.devnet.processes import Processes
from flock.devnet.tasks import DemoTask
from flock.protocol.alliance.votes import Outcome
from flock.training.arrays import Arrays
from flock.training.certificates import AUTHORITY, CERTIFICATE, KEY, make_certificate

PROBE = Path(__file__).with_name("far_probe.py")
FAR = "far"


class SmallProblem:
    """A model of six numbers."""

    @staticmethod
    def initial_arrays() -> Arrays:
        return START


class SmallTask(DemoTask):
    """Trained by an app that needs no more than numpy."""

    @property
    def problem(self) -> Any:
        return SmallProblem

    def app(self, attack: str | None = None) -> str:
        return "member_app:app"


class TwoHosts(DemoNetwork):
    """The demo's network with chain, service and front on an address that the other host reaches."""

    def __init__(self, folder: Path, processes: Processes, host: str, on_far: Sequence[str]) -> None:
        terms = DemoTerms(planned_rounds=50, proposer_seats=1, voter_seats=1, phase_seconds=60)
        super().__init__(folder, processes, SmallTask("small", "A small task", "loss"), terms)
        self.host, self.on_far = host, on_far
        self.rpc, self.alliance = f"http://{host}:{self.rpc_port}", f"http://{host}:{self.alliance_port}"
        self.tls = folder / "tls"
        self.spawned: list[subprocess.Popen[bytes]] = []

    def start_chain(self) -> None:
        self.keys.prepare()
        options = AnvilOptions(block_time=self.block_seconds).arguments(self.rpc_port)
        self._spawn(
            "chain",
            [str(find_anvil()), *options, "--host", self.host, "--cache-path", str(self.folder / "states")],
        )
        self._await_port(self.rpc_port)

    def start_service(self) -> None:
        words = ("alliance", "start", "--host", self.host, "--port", str(self.alliance_port))
        self.processes.start("alliance", *words, environment=self._environment("alliance"))
        self._await_port(self.alliance_port)

    def start_coordinator(self) -> None:
        make_certificate(self.tls, [self.host], 1)
        self._fund(self.keys.new("coordinator"), flock=0)
        self.processes.start(
            "coordinator",
            *("coordinator", "start", "--task", str(TASK), "--key", "coordinator"),
            *("--front-host", self.host, "--front-port", str(self.front_port)),
            *("--tls-certificate", str(self.tls / CERTIFICATE), "--tls-key", str(self.tls / KEY)),
            environment=self._environment("coordinator"),
        )

    def start_member(self, member: Participant) -> None:
        if member.name != FAR:
            super().start_member(member)
            return
        command = [sys.executable, "-m", "flock", "node", "start", "--config", str(member.config)]
        self._spawn(FAR, [*self.on_far, *command])

    def probe(self) -> dict[str, Any]:
        """What the far host sees of the front and of the SuperLink behind it."""
        superlink = int((self.folder / "coordinator" / "flower" / "port").read_text())
        words = [self.host, str(self.front_port), str(superlink), str(self.tls / AUTHORITY)]
        said = subprocess.run(
            [*self.on_far, sys.executable, str(PROBE), *words], check=True, capture_output=True
        )
        found: dict[str, Any] = json.loads(said.stdout)
        return found

    def close(self) -> None:
        super().close()
        for process in self.spawned:
            process.terminate()
        for process in self.spawned:
            process.wait()

    def _node_toml(self, name: str, partition: int, partitions: int, attack: str | None) -> str:
        text = super()._node_toml(name, partition, partitions, attack)
        near, safe = f'"127.0.0.1:{self.front_port}"', f'"https://{self.host}:{self.front_port}"'
        return text.replace(near, f'{safe}\ncoordinator_ca = "{self.tls / AUTHORITY}"')

    def _spawn(self, name: str, words: Sequence[str]) -> None:
        with (self.folder / "logs" / f"{name}.log").open("ab") as log:
            self.spawned.append(subprocess.Popen(words, stdout=log, stderr=subprocess.STDOUT))

    def _await_port(self, port: int) -> None:
        def listens() -> bool:
            with socket.socket() as probe:
                return probe.connect_ex((self.host, port)) == 0

        patience.until(listens)


def events(log: Path) -> list[dict[str, Any]]:
    lines = log.read_text().splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def story(network: TwoHosts) -> dict[str, Any]:
    """From the start to a round that was accepted while the coordinator knew the far member's node."""
    for start in (network.start_chain, network.deploy, network.start_service, network.create_task):
        start()
    network.start_coordinator()
    for index, name in enumerate(("near", FAR)):
        network.start_member(network.add_member(name, index, 2))
    rounds, account = network.contracts.alliance_rounds, network.participants[-1].address
    patience.until(lambda: rounds.member_count(TASK) == 2)
    logs = network.folder / "logs"
    known = ("node_identified", account)
    patience.until(
        lambda: known in [(each["event"], each.get("account")) for each in events(logs / "coordinator.log")]
    )
    before = len(rounds.finalised_rounds(TASK)) + 1
    patience.until(lambda: any(r.outcome is Outcome.ACCEPTED for r in rounds.finalised_rounds(TASK)[before:]))
    return {
        "did": sorted({str(each["event"]) for each in events(logs / f"{FAR}.log")}),
        **network.probe(),
    }


def main(folder: str, host: str, *on_far: str) -> None:
    home = Path(folder) / "net"
    with Processes(home / "logs") as processes, TwoHosts(home, processes, host, on_far) as network:
        sys.stdout.write(json.dumps(story(network)))


if __name__ == "__main__":
    main(*sys.argv[1:])
