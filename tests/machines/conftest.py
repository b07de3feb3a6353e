"""A real SuperLink behind a real front with TLS, and nodes of several kinds."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from flwr.app import ConfigRecord, Message, RecordDict
from flwr.clientapp import ClientApp
from structlog.testing import capture_logs

from flock.coordinator.front import Front, FrontDoor
from flock.training.certificates import AUTHORITY, CERTIFICATE, KEY, make_certificate
from flock.training.flower.endpoint import Endpoint, coordinator_endpoint
from flock.training.flower.keys import NodeIdentity, compressed
from flock.training.server import FlowerServer
from flock.training.supernode import WarmNode
from tests import patience

echo = ClientApp()


@echo.query()
def answer(message: Message, _: object) -> Message:
    """What was said."""
    return Message(RecordDict({"said": message.content["said"]}), reply_to=message)


@dataclass(frozen=True)
class Site:
    """A SuperLink, its front with TLS, and the CA of that; ``folder`` is for nodes' homes."""

    server: FlowerServer
    front: Front
    folder: Path

    @property
    def endpoint(self) -> Endpoint:
        return coordinator_endpoint(f"https://{self.front.address}", self.ca)

    @property
    def ca(self) -> Path:
        return self.folder / "tls" / AUTHORITY

    def identity(self, name: str, *, is_admitted: bool = True) -> NodeIdentity:
        identity = NodeIdentity(self.folder / name)
        if is_admitted:
            assert self.server.register.admit(compressed(identity.keys[1]))
        return identity

    def ask(self, node: int, text: str) -> Message:
        """The node's reply to a message."""
        grid = self.server.coordinated_grid()
        content = RecordDict({"said": ConfigRecord({"text": text})})
        message = Message(content, dst_node_id=node, message_type="query")
        [reply] = grid.send_and_receive([message], timeout=patience.SECONDS)
        return reply


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    make_certificate(folder / "tls", ["127.0.0.1"], 1)
    door = FrontDoor("127.0.0.1", 0, folder / "tls" / CERTIFICATE, folder / "tls" / KEY)
    server = FlowerServer(folder / "flower")
    with Front(door, server.endpoint) as front, server:
        yield Site(server, front, folder)


@contextmanager
def running(node: WarmNode) -> Iterator[WarmNode]:
    """Serve the node's messages while the block runs."""
    stop = threading.Event()
    thread = threading.Thread(target=node.run, args=(stop,))
    thread.start()
    try:
        yield node
    finally:
        stop.set()
        thread.join()


def complaint_of(node: WarmNode) -> str:
    """Why a node is not connected, as it logs."""
    with capture_logs() as lines, running(node):
        patience.until(lambda: any(line["event"] == "coordinator_not_reached" for line in lines))
    return next(str(line["reason"]) for line in lines if line["event"] == "coordinator_not_reached")
