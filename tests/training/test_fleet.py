# ruff: noqa: A002 - a round is a round, as in flock.training.strategy.Floor
"""A real SuperLink, real warm nodes in processes of their own, and a run coordinated from here."""

import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil
import pytest
from flwr.app import ArrayRecord, ConfigRecord, Message, RecordDict
from flwr.serverapp.strategy import FedAvg

from flock.coordinator.front import Front, FrontDoor
from flock.errors import ServiceUnavailable
from flock.protocol.core.cid import digest_of
from flock.training.arrays import decode_model, encode_model
from flock.training.flower import fleet as fleet_module
from flock.training.flower.fleet import FleetSession
from flock.training.flower.keys import NodeIdentity, compressed, compressed_from_flower
from flock.training.mods import INSTRUCTION, RESULT, TRAINER
from flock.training.server import FlowerServer
from flock.training.strategy import ChainCoordinated
from tests import patience

NODE = Path(__file__).with_name("fleet_node.py")
MEMBERS = ("north", "east", "south")


class DirectoryFloor:
    """All members propose in every round, and all vote."""

    task = 1

    def __init__(self, directory, names):
        self.directory, self.names = directory, names

    def proposers(self, round):
        return list(self.names)

    voters = proposers

    def model(self, round):
        return decode_model((self.directory / "model").read_bytes())

    def proposal(self, round, node_id):
        return (self.directory / f"{round}-{self.names[node_id]}").read_bytes()

    def committed(self, round, node_id, digest):
        return digest == digest_of(self.proposal(round, node_id))


class Fleet:
    """A server and its nodes on one directory."""

    def __init__(self, directory):
        self.directory = directory
        self.server = FlowerServer(directory / "flower")
        self.front = Front(FrontDoor("127.0.0.1", 0), self.server.endpoint)
        self.nodes = {}
        self.keys = {compressed(NodeIdentity(directory / name).keys[1]): name for name in MEMBERS}
        (directory / "model").write_bytes(encode_model({"w": np.zeros((4, 5), np.float32)}))

    def start_node(self, name):
        command = [sys.executable, str(NODE), self.front.address, str(self.directory), name]
        self.nodes[name] = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def names(self, wanted):
        """Node id → name of the nodes that are connected, once all ``wanted`` are."""

        def names():
            nodes = self.server.coordinated_grid().get_nodes()
            return {node.node_id: self.keys[compressed_from_flower(node.public_key)] for node in nodes}

        patience.until(lambda: set(names().values()) == set(wanted))
        return names()

    def play(self, names, rounds):
        """Train ``rounds`` rounds under the wrapped FedAvg."""
        strategy = ChainCoordinated(FedAvg(), DirectoryFloor(self.directory, names))
        return strategy.start(self.server.coordinated_grid(), ArrayRecord(), rounds, timeout=patience.SECONDS)

    def stop(self):
        for node in self.nodes.values():
            node.terminate()
        for node in self.nodes.values():
            node.wait(timeout=patience.SECONDS)
        self.front.__exit__(None, None, None)
        self.server.stop()


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    """One fleet for all tests; each leaves it with all its nodes alive."""
    running = Fleet(tmp_path_factory.mktemp("fleet"))
    try:
        running.server.start()
        running.front.__enter__()
        for key in running.keys:
            assert running.server.register.admit(key)
        for name in MEMBERS:
            running.start_node(name)
        yield running
    finally:
        running.stop()


def test_two_rounds_then_the_superlink_is_killed_and_the_same_nodes_play_on(fleet):
    names = fleet.names(MEMBERS)
    result = fleet.play(names, 2)
    assert result.train_metrics_clientapp.keys() == {1, 2}
    assert result.evaluate_metrics_clientapp[2]["loss"] == 0.0
    assert result.arrays["w"].numpy().tolist() == np.ones((4, 5)).tolist()

    superlink = psutil.Process(fleet.server.pid())
    superlink.kill()
    superlink.wait()
    assert fleet.names(MEMBERS) == names
    assert fleet.play(names, 1).train_metrics_clientapp.keys() == {1}


def test_a_coordinator_that_starts_again_finds_its_nodes_at_the_same_address(fleet):
    names = fleet.names(MEMBERS)
    endpoint = fleet.server.endpoint
    fleet.server.stop()
    fleet.server = FlowerServer(fleet.directory / "flower")
    assert fleet.server.endpoint.address == endpoint.address
    assert fleet.names(MEMBERS) == names


def test_a_duty_that_fails_is_told_and_the_node_lives_on(fleet):
    names = fleet.names(MEMBERS)
    strategy = ChainCoordinated(FedAvg(), DirectoryFloor(fleet.directory, names))
    grid = fleet.server.coordinated_grid()
    messages = list(strategy.configure_train(99, ArrayRecord(), ConfigRecord(), grid))
    assert {message.metadata.message_type for message in messages} == {TRAINER}
    replies = list(grid.send_and_receive(messages, timeout=patience.SECONDS))
    assert {reply.metadata.src_node_id for reply in replies} == set(names)
    assert all("ZeroDivisionError" in reply.error.reason for reply in replies)
    assert fleet.names(MEMBERS) == names


def test_a_silent_node_does_not_hold_up_the_others(fleet):
    names = fleet.names(MEMBERS)
    fleet.nodes["south"].send_signal(signal.SIGSTOP)
    strategy = ChainCoordinated(FedAvg(), DirectoryFloor(fleet.directory, names))
    grid = fleet.server.coordinated_grid()

    def answered():
        messages = strategy.configure_train(1, ArrayRecord(), ConfigRecord(), grid)
        return {names[reply.metadata.src_node_id] for reply in grid.send_and_receive(messages, timeout=5)}

    try:
        patience.until(lambda: answered() == {"north", "east"})
    finally:
        fleet.nodes["south"].send_signal(signal.SIGCONT)


def test_a_reply_whose_content_never_comes_does_not_hold_up_the_others(fleet, tmp_path):
    """Its sender was killed between the two, or wants the coordinator to wait: Flower would, for 80 minutes."""
    names = fleet.names(MEMBERS)
    identity = NodeIdentity(tmp_path / "west")
    assert fleet.server.register.admit(compressed(identity.keys[1]))
    west = FleetSession(fleet.server.endpoint, identity.keys)
    try:
        grid = fleet.server.coordinated_grid()
        told = {west.node.node_id, *names}
        instruction = RecordDict({INSTRUCTION: ConfigRecord({"task": 1, "round": 1})})
        calls = [Message(instruction, dst_node_id=node, message_type=TRAINER) for node in told]
        waiting = list(grid.push_messages(calls))
        announce(west, received(west))
        heard = set()

        def all_others() -> bool:
            heard.update(reply.metadata.src_node_id for reply in grid.pull_messages(waiting))
            return heard >= set(names)

        patience.until(all_others)
    finally:
        west.leave()
        west.close()


def received(session):
    """The next message for this node."""
    messages = []
    patience.until(lambda: messages.append(session.receive()) or messages[-1] is not None)
    return messages[-1]


def announce(session, message):
    """Push the reply to ``message`` as a node does, but nothing that it consists of."""
    reply = Message(RecordDict({RESULT: ConfigRecord({"loss": 1.0})}), reply_to=message)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fleet_module, "push_objects", lambda *_, **__: None)
        session.send(reply, 0.1)


def test_a_port_that_is_taken_is_named_with_the_way_out(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        server = FlowerServer(tmp_path, stranger.getsockname()[1])
        with pytest.raises(ServiceUnavailable, match=r"Port \d+ .* is taken .* removing .*port"):
            server.start()


def test_a_superlink_that_is_gone_is_said_to_be_unavailable(fleet):
    grid = fleet.server.coordinated_grid()
    fleet.server.stop()
    with pytest.raises(ServiceUnavailable, match="does not answer"):
        grid.get_node_ids()
    with pytest.raises(ServiceUnavailable, match="does not answer"):
        grid.send_and_receive([Message(RecordDict(), 1, TRAINER)])


def test_the_superlink_of_a_killed_coordinator_ends_by_itself(tmp_path):
    code = (
        "import os, sys, pathlib; from flock.training.server import FlowerServer;"
        "server = FlowerServer(pathlib.Path(sys.argv[1])); server.start();"
        "print(server.pid(), flush=True); os.kill(os.getpid(), 9)"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert killed.returncode == -signal.SIGKILL
    with suppress(psutil.NoSuchProcess):
        psutil.Process(int(killed.stdout)).wait(timeout=patience.SECONDS)


def test_a_server_leaves_nothing_running_and_its_secrets_to_its_owner_alone(tmp_path):
    with FlowerServer(tmp_path) as server:
        process = psutil.Process(server.pid())
        family = [process, *process.children(recursive=True)]
    assert not any(member.is_running() for member in family)
    assert (tmp_path / "secret").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("variable", "proxy"), [("HTTPS_PROXY", "http://127.0.0.1:9"), ("ALL_PROXY", "socks5://127.0.0.1:9")]
)
def test_a_superlink_on_this_machine_is_asked_without_a_proxy(tmp_path, monkeypatch, variable, proxy):
    monkeypatch.setitem(sys.modules, "socksio", None)
    monkeypatch.setenv(variable, proxy)
    with FlowerServer(tmp_path) as server:
        assert list(server.coordinated_grid().get_nodes()) == []
        assert server.register.nodes() == {}


def test_a_home_may_be_called_what_means_something_in_a_url(tmp_path):
    home = tmp_path / "50% of what?a=b #1 é"
    with FlowerServer(home) as server:
        assert server.register.nodes() == {}
    assert [path.parent for path in tmp_path.rglob("superlink.sqlite")] == [home]
