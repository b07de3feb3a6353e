"""Aggregating 64 updates of 1,000,000 float32, rule by rule, against Flower's strategies and byzfl's aggregators.

Each side is given the same numbers in the form its public interface takes: ours a mapping of updates,
Flower's strategies replies with ArrayRecords, byzfl a matrix of numpy or of torch (the faster counts). Ours
goes all the way to the next model. The best of a few runs, because others use the machine too. ``ratio``
is ours / rival: below one is faster; for the bandwidth, above one is better.
"""

import importlib
import importlib.util
import sys
import time
import tracemalloc
import types
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from flwr.app import Array, ArrayRecord, Message, MetricRecord, RecordDict
from flwr.serverapp.strategy import FedAvg, FedMedian, FedTrimmedAvg, MultiKrum
from flwr.serverapp.strategy.strategy import Strategy
from flwr.supercore.task_identity import TaskIdentity
from numpy.typing import NDArray

from bench.result import Result
from flock.protocol.alliance.params import MIXING, byzantine_count
from flock.training.aggregation import Rule, candidate
from flock.training.arrays import Update

UPDATES, SIZE = 64, 1_000_000
BYZANTINE_BPS = 2_500
EXAMPLES = 100
RUNS = 3
PATIENCE_SECONDS = 5.0
Call = Callable[[], object]


def measure() -> Sequence[Result]:
    """A result for each rule and rival, then bandwidth and memory."""
    rows = np.random.default_rng(0).standard_normal((UPDATES, SIZE), dtype=np.float32)
    model = {"w": np.zeros(SIZE, np.float32)}
    updates = {seat: Update({"w": row}, bytes(32), EXAMPLES) for seat, row in enumerate(rows)}

    def ours(rule: int) -> Call:
        return lambda: candidate(model, updates, rule, BYZANTINE_BPS)

    results = []
    for name, rule, rival_name, rivals in _rivals(rows):
        best = min(_best(rival) for rival in rivals)
        results.append(Result(f"{name}-{rival_name}", _best(ours(rule)), best, rival_name, "s"))
    return [*results, _bandwidth(rows, ours(Rule.FEDAVG)), *_memory(rows, ours)]


def _rivals(rows: NDArray[np.float32]) -> Iterator[tuple[str, int, str, list[Call]]]:
    f = byzantine_count(UPDATES, BYZANTINE_BPS)
    byzfl = _byzfl()
    matrices = (rows, torch.from_numpy(rows))
    for rule, aggregator in (
        (Rule.FEDAVG, lambda: byzfl.Average()),
        (Rule.MEDIAN, lambda: byzfl.Median()),
        (Rule.TRIMMED_MEAN, lambda: byzfl.TrMean(f=f)),
        (Rule.MULTI_KRUM, lambda: byzfl.MultiKrum(f=f)),
        (Rule.GEOMETRIC_MEDIAN, lambda: byzfl.GeometricMedian()),
        (Rule.CENTRED_CLIPPING, lambda: byzfl.CenteredClipping()),
    ):
        yield _name(rule), rule, "byzfl", [_byzfl_call(aggregator, matrix) for matrix in matrices]
    for rule, strategy in (
        (Rule.FEDAVG, FedAvg()),
        (Rule.FEDAVG_BY_EXAMPLES, FedAvg()),
        (Rule.MEDIAN, FedMedian()),
        (Rule.TRIMMED_MEAN, FedTrimmedAvg(beta=f / UPDATES)),
        (Rule.MULTI_KRUM, MultiKrum(num_malicious_nodes=f, num_nodes_to_select=UPDATES - f)),
    ):
        yield _name(rule), rule, "flower", [Prepared(strategy, rows)]
    mixed = [_byzfl_call(lambda: _Mixed(byzfl, f), matrices[1])]
    yield "mixed-trimmed-mean", Rule.TRIMMED_MEAN + MIXING, "byzfl", mixed


class _Mixed:
    """byzfl's nearest-neighbour mixing, then its trimmed mean."""

    def __init__(self, byzfl: types.ModuleType, f: int) -> None:
        self._mixing, self._mean = byzfl.NNM(f=f), byzfl.TrMean(f=f)

    def __call__(self, vectors: object) -> object:
        return self._mean(self._mixing(vectors))


def _byzfl_call(aggregator: Callable[[], Callable[[object], object]], vectors: object) -> Call:
    return lambda: aggregator()(vectors)


@dataclass(frozen=True)
class Prepared:
    """Makes the call to be timed, with replies of its own: a strategy empties those it is given."""

    strategy: Strategy
    rows: NDArray[np.float32]

    def __call__(self) -> Call:
        replies = _replies(self.rows)
        return lambda: self.strategy.aggregate_train(1, replies)


def _bandwidth(rows: NDArray[np.float32], fedavg: Call) -> Result:
    """Bytes of updates averaged a second, beside those that numpy copies a second."""
    copy = np.empty_like(rows)
    gigabytes = rows.nbytes / 1e9
    return Result(
        "fedavg-bandwidth",
        gigabytes / _best(fedavg, 5 * RUNS),
        gigabytes / _best(lambda: np.copyto(copy, rows), 5 * RUNS),
        "numpy copy",
        "GB/s",
    )


def _memory(rows: NDArray[np.float32], ours: Callable[[int], Call]) -> Iterator[Result]:
    """The most that is allocated on top of the updates."""
    for rule in (Rule.FEDAVG, Rule.TRIMMED_MEAN, Rule.TRIMMED_MEAN + MIXING, Rule.GEOMETRIC_MEDIAN):
        tracemalloc.start()
        ours(rule)()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        name = f"memory-{_name(rule)}"
        yield Result(name, (rows.nbytes + peak) / 1e6, rows.nbytes / 1e6, "the updates themselves", "MB")


def _best(call: Call, runs: int = RUNS) -> float:
    """Seconds; what takes long is not repeated."""
    times: list[float] = []
    while len(times) < runs and sum(times) < PATIENCE_SECONDS:
        prepared = call() if isinstance(call, Prepared) else call
        begun = time.perf_counter()
        prepared()
        times.append(time.perf_counter() - begun)
    return min(times)


def _name(rule: int) -> str:
    mixed = "mixed-" if rule & MIXING else ""
    return mixed + Rule(rule & ~MIXING).name.lower().replace("_", "-")


def _replies(rows: NDArray[np.float32]) -> list[Message]:
    TaskIdentity._task_id = TaskIdentity._run_id = TaskIdentity._node_id = 1
    replies = []
    for number, row in enumerate(rows, start=1):
        metrics = MetricRecord({"num-examples": EXAMPLES})
        content = RecordDict({"arrays": ArrayRecord({"w": Array(row)}), "metrics": metrics})
        replies.append(Message(content, dst_node_id=number, message_type="train"))
    return replies


def _byzfl() -> types.ModuleType:
    """Its aggregators, without the rest of the package, which needs torchvision."""
    found = importlib.util.find_spec("byzfl")
    if found is None or found.submodule_search_locations is None:
        raise SystemExit("This bench compares with byzfl: install it first.")
    package = types.ModuleType("byzfl")
    package.__path__ = list(found.submodule_search_locations)
    sys.modules["byzfl"] = package
    joined = types.ModuleType("byzfl_rules")
    for name in ("aggregators", "preaggregators"):
        vars(joined).update(vars(importlib.import_module(f"byzfl.aggregators.{name}")))
    return joined
