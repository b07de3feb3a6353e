"""A round of warm nodes against one of Flower's own SuperNodes, through the same SuperLink and the same front.

Both kinds run the same app, examples/wine, and answer the same messages: train, then evaluate. A stock
SuperNode starts a process for each message; a warm node is one process that stays.
"""

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from flwr.app import ArrayRecord, ConfigRecord, Message, RecordDict
from flwr.serverapp import Grid

from bench.result import Result
from flock.coordinator.front import Front, FrontDoor
from flock.training import FLOWER_ENVIRONMENT
from flock.training.certificates import AUTHORITY, CERTIFICATE, KEY, make_certificate
from flock.training.flower.keys import KEY_FILE, NodeIdentity, compressed, compressed_from_flower
from flock.training.server import FlowerServer

EXAMPLES = Path(__file__).parents[1] / "examples"
BIN = Path(sys.executable).parent
APP = "examples.wine.client:app"
NODES = 3
WARM_ROUNDS, STOCK_ROUNDS = 8, 3  # after one of each that does not count
PATIENCE_SECONDS = 300.0
Command = Callable[[str, Path, int], list[str]]


def measure() -> Sequence[Result]:
    """Seconds of a train and an evaluate exchange with all nodes of a kind."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_certificate(folder / "tls", ["127.0.0.1"], 1)
        door = FrontDoor("127.0.0.1", 0, folder / "tls" / CERTIFICATE, folder / "tls" / KEY)
        server = FlowerServer(folder / "flower", bundle=_bundle(folder))
        with Front(door, server.endpoint) as front, server:
            ours = _median_round(server, folder, front.address, _warm, WARM_ROUNDS)
            rival = _median_round(server, folder, front.address, _stock, STOCK_ROUNDS)
    return [Result("round-warm-node", ours, rival, "stock SuperNodes", f"s ({NODES} nodes)")]


def _bundle(folder: Path) -> bytes:
    command = [str(BIN / "flwr"), "build", "--app", str(EXAMPLES)]
    subprocess.run(command, cwd=folder, env=_environment(folder), check=True, stdout=subprocess.DEVNULL)
    return next(folder.glob("*.fab")).read_bytes()


def _environment(folder: Path) -> dict[str, str]:
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, **FLOWER_ENVIRONMENT, "PATH": path, "FLWR_HOME": str(folder / "flwr")}


def _warm(address: str, home: Path, place: int) -> list[str]:
    words = [f"https://{address}", str(home), APP, str(place), str(NODES)]
    return [sys.executable, "-m", "bench.flower_node", *words]


def _stock(address: str, home: Path, place: int) -> list[str]:
    return [
        str(BIN / "flower-supernode"),
        *("--superlink", address, "--root-certificates", str(home.parent / "tls" / AUTHORITY)),
        *("--auth-supernode-private-key", str(home / KEY_FILE), "--port", str(_free_port())),
        *("--node-config", f"partition-id={place} num-partitions={NODES}"),
    ]


def _median_round(server: FlowerServer, folder: Path, address: str, command: Command, counted: int) -> float:
    with _nodes(server, folder, address, command) as nodes:
        grid = server.coordinated_grid()
        times = [_round(grid, nodes, number) for number in range(counted + 1)]
    return statistics.median(times[1:])


def _round(grid: Grid, nodes: Sequence[int], number: int) -> float:
    """Seconds until all have trained and evaluated."""
    begun = time.monotonic()
    for kind in ("train", "evaluate"):
        arrays = ArrayRecord([np.full((13, 3), number, np.float32), np.zeros(3, np.float32)])
        content = RecordDict({"arrays": arrays, "config": ConfigRecord({"server-round": number})})
        messages = [Message(content, dst_node_id=node, message_type=kind) for node in nodes]
        replies = list(grid.send_and_receive(messages, timeout=PATIENCE_SECONDS))
        assert [reply.has_error() for reply in replies] == [False] * NODES
    return time.monotonic() - begun


@contextmanager
def _nodes(server: FlowerServer, folder: Path, address: str, command: Command) -> Iterator[Sequence[int]]:
    """The ids of all nodes that ``command`` starts, once they are connected."""
    kind = command.__name__
    homes = [folder / f"{kind}{place}" for place in range(NODES)]
    keys = {compressed(NodeIdentity(home).keys[1]) for home in homes}
    for key in keys:
        server.register.admit(key)
    processes = [
        subprocess.Popen(
            command(address, home, place),
            env=_environment(folder),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for place, home in enumerate(homes)
    ]
    try:
        yield _connected(server.coordinated_grid(), keys)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()


def _connected(grid: Grid, keys: set[bytes]) -> Sequence[int]:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        nodes = [node.node_id for node in grid.get_nodes() if compressed_from_flower(node.public_key) in keys]
        if len(nodes) == len(keys):
            return nodes
        time.sleep(0.1)
    raise TimeoutError


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
