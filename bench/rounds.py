"""A chain-coordinated round against the same app and strategy on the same Flower deployment without the chain.

Both sides: eight warm nodes as processes of their own, four train and four evaluate in a round, the same
local training, FedAvg on the coordinator. Ours adds what the chain is for: draw, commitments, attestation,
the voters' own aggregation, sealed votes, settlement. Blocks come every 0.1 s.
"""

import itertools
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from flwr.app import ArrayRecord, ConfigRecord
from flwr.serverapp import Grid
from flwr.serverapp.strategy import FedAvg

from bench.result import Result
from flock.coordinator.front import Front, FrontDoor
from flock.devnet.network import TASK, DemoNetwork, DemoTerms
from flock.devnet.processes import Processes
from flock.devnet.tasks import demo_task
from flock.training.app import record_of
from flock.training.flower.keys import NodeIdentity, compressed
from flock.training.server import FlowerServer

APP = "flock.training.apps:nmes1988"
MEMBERS = 8
SEATS = MEMBERS // 2
WARM_UP = 2
COUNTED = 6
BLOCK_SECONDS = 0.1
EPOCHS = {"trivial": 1, "seconds": 20}


def measure() -> Sequence[Result]:
    """One result for training that takes no time, one for training that takes seconds."""
    return [
        Result(
            f"round-{name}",
            _median(_ours(epochs)),
            _median(_flower(epochs)),
            "Flower alone",
            f"s ({epochs} local epochs)",
        )
        for name, epochs in EPOCHS.items()
    ]


def _median(seconds: Sequence[float]) -> float:
    return statistics.median(seconds[WARM_UP:])


def _ours(epochs: int) -> list[float]:
    """Seconds from one settlement to the next."""
    terms = DemoTerms(1000, SEATS, SEATS, phase_seconds=120, train={"local-epochs": epochs})
    with (
        tempfile.TemporaryDirectory() as folder,
        Processes(Path(folder) / "net" / "logs") as processes,
        DemoNetwork(Path(folder) / "net", processes, demo_task("nmes1988"), terms, BLOCK_SECONDS) as network,
    ):
        network.open(MEMBERS)
        rounds = network.contracts.alliance_rounds
        times: list[float] = []
        while len(times) <= WARM_UP + COUNTED:
            done = len(rounds.finalised_rounds(TASK))
            if done > len(times):
                times += [time.monotonic()] * (done - len(times))
            time.sleep(0.01)
        return [later - earlier for earlier, later in itertools.pairwise(times)]


def _flower(epochs: int) -> list[float]:
    """Seconds of a train and an evaluate exchange."""
    strategy = FedAvg(
        fraction_train=SEATS / MEMBERS,
        fraction_evaluate=SEATS / MEMBERS,
        min_train_nodes=SEATS,
        min_evaluate_nodes=SEATS,
        min_available_nodes=MEMBERS,
    )
    arrays = record_of(demo_task("nmes1988").problem.initial_arrays())
    times = []
    with (
        tempfile.TemporaryDirectory() as folder,
        FlowerServer(Path(folder) / "flower") as server,
        Front(FrontDoor("127.0.0.1", 0), server.endpoint) as front,
        _nodes(server, front.address, Path(folder)),
    ):
        grid = server.coordinated_grid()
        for number in range(1, WARM_UP + COUNTED + 1):
            begun = time.monotonic()
            arrays = _flower_round(strategy, grid, number, arrays, ConfigRecord({"local-epochs": epochs}))
            times.append(time.monotonic() - begun)
    return times


def _flower_round(
    strategy: FedAvg, grid: Grid, number: int, arrays: ArrayRecord, config: ConfigRecord
) -> ArrayRecord:
    trained = grid.send_and_receive(strategy.configure_train(number, arrays, config, grid))
    aggregated, _ = strategy.aggregate_train(number, trained)
    following = aggregated or arrays
    evaluated = grid.send_and_receive(strategy.configure_evaluate(number, following, config, grid))
    strategy.aggregate_evaluate(number, evaluated)
    return following


@contextmanager
def _nodes(server: FlowerServer, address: str, folder: Path) -> Iterator[None]:
    processes = []
    for place in range(MEMBERS):
        home = folder / f"node-{place}"
        server.register.admit(compressed(NodeIdentity(home).keys[1]))
        words = ["bench.flower_node", address, str(home), APP, str(place), str(MEMBERS)]
        processes.append(subprocess.Popen([sys.executable, "-m", *words]))
    try:
        yield
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()
