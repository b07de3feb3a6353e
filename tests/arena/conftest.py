"""What the tests of the Arena share: tiny tasks, and submissions that train in a moment."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from flock.arena.scoring.sets import TableSet, TextSet
from flock.arena.scoring.task import ScoringTask, parse_task

CLASSES, INPUTS = 4, 12
MLP = {"architecture": "mlp", "inputs": INPUTS, "hidden": [16], "outputs": CLASSES}
TRANSFORMER = {"architecture": "byte-transformer", "context": 16, "width": 16, "heads": 2, "layers": 1}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Tests share the processors; what computes in this process says how, and that is taken back."""
    threads, mode = torch.get_num_threads(), torch.get_deterministic_debug_mode()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
    torch.set_deterministic_debug_mode(mode)


def task_of(kind: str, model: dict[str, object], metric: str, **bounds: int) -> ScoringTask:
    limits = {"memory_bytes": 4 << 30, "seconds": 600, **bounds}
    return parse_task({"kind": kind, "model": model, "metric": metric, "bounds": limits})


def table_of(examples: int, seed: int = 0) -> TableSet:
    """Classes as clouds that overlap, the same clouds whatever the seed."""
    centres = np.random.default_rng(0).standard_normal((CLASSES, INPUTS))
    rng = np.random.default_rng(seed + 1)
    labels = rng.integers(0, CLASSES, examples)
    inputs = centres[labels] + 1.2 * rng.standard_normal((examples, INPUTS))
    return TableSet(inputs.astype(np.float32), labels.astype(np.int64))


def text_of(examples: int, seed: int = 0) -> TextSet:
    """Sentences of a few words, so that a little training shows."""
    rng = np.random.default_rng(seed)
    words = ["block", "chain", "stake", "score", "panel", "median"]
    return TextSet([" ".join(rng.choice(words, 6)).encode() for _ in range(examples)])
