"""An evaluator of a package of its own, which does to its process what the artifact's metadata say."""

import os
import socket
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np

from flock.arena.scoring.artifact import Header
from flock.arena.scoring.evaluator import Evaluation, Evaluator, Submission
from flock.arena.scoring.run import Run
from flock.arena.scoring.task import Metric
from flock.errors import BadArrays

MIB = 1 << 20


class Rogue(Evaluator):
    metrics: ClassVar = {"loss": Metric(higher_is_better=False)}

    def probe(self, run: Run) -> None:
        if self.task.model["machine"] == "broken":
            os.abort()

    def require(self, header: Header) -> None:
        pass

    def evaluate(self, submission: Submission, examples: bytes, run: Run) -> Evaluation:
        metadata = submission.header.metadata
        DEEDS[metadata["do"]](metadata)
        loss = float(metadata.get("loss", 0.25))
        return Evaluation(float(metadata.get("score", loss)), np.array([loss, loss]))


def crash_once(metadata: Mapping[str, str]) -> None:
    """As the system's lack of memory would, which is over a moment later."""
    try:
        Path(metadata["marker"]).touch(exist_ok=False)
    except FileExistsError:
        return
    os.abort()


def hang(_: Mapping[str, str]) -> None:
    while True:
        time.sleep(3600)


def exhaust(_: Mapping[str, str]) -> None:
    held = [bytearray(MIB) for _ in range(1 << 20)]
    raise AssertionError(len(held))


def divide(_: Mapping[str, str]) -> None:
    raise ZeroDivisionError("a fault of the evaluator")


def refuse_the_set(_: Mapping[str, str]) -> None:
    raise BadArrays("The examples are no table.")


DEEDS: Mapping[str, Callable[[Mapping[str, str]], object]] = {
    "nothing": lambda _: None,
    "abort": lambda _: os.abort(),  # what a fault of a GPU does to the process
    "crash once": crash_once,
    "hang": hang,
    "exhaust": exhaust,
    "divide": divide,
    "refuse the set": refuse_the_set,
    "leave": lambda _: os._exit(0),
    "connect": lambda _: socket.create_connection(("127.0.0.1", 9), timeout=1),
}
