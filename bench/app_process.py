"""What it costs to call an app in a process of its own, beside calling the same app in this one.

The app does next to nothing, so a call is what it takes to bring a model there and back. The two sides take turns,
because others use the machine too; figures are medians, in milliseconds.
"""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
from flwr.app import Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp

from bench.result import Result
from flock.training.app import AppRunner
from flock.training.app_process import AppProcess

SIZES = {"1-mb": 1_000_000, "100-mb": 100_000_000}  # bytes
CALLS = {"1-mb": 101, "100-mb": 5}
PATIENCE_SECONDS = 600.0

app = ClientApp()


@app.train()
def train(message: Message, context: Context) -> Message:  # noqa: ARG001
    """The model as it came."""
    metrics = MetricRecord({"num-examples": 1})
    content = RecordDict({"arrays": message.content.array_records["arrays"], "metrics": metrics})
    return Message(content, reply_to=message)


@app.evaluate()
def evaluate(message: Message, context: Context) -> Message:  # noqa: ARG001
    """Looks at nothing."""
    return Message(RecordDict({"metrics": MetricRecord({"num-examples": 1, "loss": 0.5})}), reply_to=message)


def measure() -> Sequence[Result]:
    """A result for training and evaluating a model of each size."""
    with AppProcess("bench.app_process:app", PATIENCE_SECONDS) as process:
        process.start()
        return list(_results(AppRunner(process), AppRunner(app)))


def _results(apart: AppRunner, here: AppRunner) -> Iterator[Result]:
    for name, size in SIZES.items():
        model = {"w": np.random.default_rng(0).standard_normal(size // 4, np.float32)}
        for kind in ("train", "evaluate"):
            ours, rival = _in_turns(
                [partial(getattr(runner, kind), model, {}) for runner in (apart, here)], CALLS[name]
            )
            yield Result(f"app-{kind}-{name}", ours, rival, "in-process", "ms")


def _in_turns(acts: Sequence[Callable[[], object]], calls: int) -> list[float]:
    """The median of each, after a first call that is not counted."""
    times = [[_milliseconds(act) for act in acts] for _ in range(1 + calls)]
    return [statistics.median(of_one) for of_one in zip(*times[1:], strict=True)]


def _milliseconds(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return (time.perf_counter() - begun) * 1000
