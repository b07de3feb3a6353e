"""What it costs a validator to score a submission, beside the bare evaluation under the same limits.

Ours is all of it: digests, the header, the process and back, finiteness, losses in millionths and the root over them.
The rival is the same model written with torch's own layers, loaded by safetensors, in a process with the same limits
and the same settings of torch, that gets nothing sent and sends one number back. Figures are processor time of both
processes a call, in milliseconds, since what others do on the machine lengthens every wait; the two sides take turns.
The ratio should stay below 1.10.
"""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import psutil
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from bench.result import Result
from flock.arena.recipes.training import Effort, Material, train
from flock.arena.scoring.compute.machine import settled
from flock.arena.scoring.results import Scored
from flock.arena.scoring.run import Run
from flock.arena.scoring.scorer import LARGEST_FILE, OPEN_FILES, Job, Scorer
from flock.arena.scoring.sets import TableSet, TextSet, table_in, texts_in
from flock.arena.scoring.specifications import START
from flock.arena.scoring.task import parse_task
from flock.protocol.core.cid import digest_of
from flock.workers.child import Handler
from flock.workers.frames import Frame
from flock.workers.limits import Limits
from flock.workers.worker import Worker

CALLS = 9
MEMORY = 4 << 30
RUN = Run(device="cpu", batch=32)
CONV = {"architecture": "conv", "image": [1, 28, 28], "channels": [32, 64], "outputs": 10}
WIDTH, CONTEXT = 128, 128
TRANSFORMER = {
    "architecture": "byte-transformer",
    "context": CONTEXT,
    "width": WIDTH,
    "heads": 4,
    "layers": 2,
}


def measure() -> Sequence[Result]:
    """A result for images and for text. Raises AssertionError if both sides do not find the same score."""
    rng = np.random.default_rng(0)
    images = TableSet(rng.integers(0, 256, (1_000, 1, 28, 28)).astype(np.uint8), rng.integers(0, 10, 1_000))
    texts = TextSet([rng.integers(97, 123, CONTEXT).astype(np.uint8).tobytes() for _ in range(200)])
    return [
        _measured("scoring-images", "image-classification", CONV, "loss", images.encoded()),
        _measured("scoring-text", "language-model", TRANSFORMER, "bits-per-byte", texts.encoded()),
    ]


def _measured(name: str, kind: str, model: Mapping[str, Any], metric: str, examples: bytes) -> Result:
    task = parse_task({"kind": kind, "model": model, "metric": metric, "bounds": {"memory_bytes": MEMORY}})
    artifact = train(task, Material(examples), Effort(1, run=RUN))
    with TemporaryDirectory() as folder:
        files = {"artifact": f"{folder}/model.safetensors", "examples": f"{folder}/examples"}
        Path(files["artifact"]).write_bytes(artifact)
        Path(files["examples"]).write_bytes(examples)
        limits = Limits(MEMORY, OPEN_FILES, LARGEST_FILE, network=False)
        with (
            Scorer(task, RUN) as scorer,
            Worker("the bare evaluation", "bench.scoring:open_bare", {"kind": kind, **files}, limits) as bare,
        ):
            ours = partial(_score, scorer, Job(artifact, examples, digest_of(examples)))
            rival = partial(_bare_score, bare)
            assert abs(ours() - rival()) < 1e-5  # both are warm now
            times = [(_milliseconds(ours, scorer.pid), _milliseconds(rival, bare.pid)) for _ in range(CALLS)]
            mine, others = (statistics.mean(of_one) for of_one in zip(*times, strict=True))
            return Result(name, mine, others, "bare evaluation", "ms")


def _score(scorer: Scorer, job: Job) -> float:
    result = scorer.score(job)
    assert isinstance(result, Scored)
    assert result.tree.root
    return result.score / 1e6


def _bare_score(worker: Worker) -> float:
    return float(worker.call(Frame({})).head["score"])


def _milliseconds(act: Callable[[], object], worker: int | None) -> float:
    """Of processor time, here and in the worker."""
    before = _processor_seconds(worker)
    act()
    return (_processor_seconds(worker) - before) * 1000


def _processor_seconds(worker: int | None) -> float:
    theirs = psutil.Process(worker).cpu_times()
    return time.process_time() + theirs.user + theirs.system


# --- The rival, in its own process ---


def open_bare(arguments: Mapping[str, Any]) -> Handler:
    """A handler that loads the artifact and the examples, and evaluates."""
    settled(RUN)
    evaluate = {"image-classification": _bare_images, "language-model": _bare_text}[arguments["kind"]]

    def answer(_: Frame) -> Frame:
        weights = load_file(arguments["artifact"])
        with torch.inference_mode():
            return Frame({"score": evaluate(weights, Path(arguments["examples"]).read_bytes())})

    return answer


def _bare_images(weights: Mapping[str, Tensor], examples: bytes) -> float:
    table = table_in(examples)
    model = nn.Sequential(
        *(nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(64 * 7 * 7, 10)),
    )
    places = {"convolutions.0": "0", "convolutions.1": "3", "output": "7"}
    model.load_state_dict(
        {places[_stem(name)] + name[len(_stem(name)) :]: each for name, each in weights.items()}
    )
    images, labels = torch.from_numpy(table.inputs.copy()) / 255, torch.from_numpy(table.labels.copy())
    losses = [
        nn.functional.cross_entropy(
            model(images[at : at + RUN.batch]), labels[at : at + RUN.batch], reduction="sum"
        )
        for at in range(0, len(labels), RUN.batch)
    ]
    return float(sum(losses)) / len(labels)


def _bare_text(weights: Mapping[str, Tensor], examples: bytes) -> float:
    """Texts of exactly one context, so one window each."""
    texts = torch.tensor([list(text) for text in texts_in(examples).texts])
    tokens = torch.cat([torch.full((len(texts), 1), START), texts[:, :-1]], dim=1)
    total = 0.0
    for at in range(0, len(texts), RUN.batch):
        logits = _bare_transformer(weights, tokens[at : at + RUN.batch])
        targets = texts[at : at + RUN.batch].flatten()
        total += float(nn.functional.cross_entropy(logits.flatten(0, 1), targets, reduction="sum"))
    return total / texts.numel() / float(np.log(2))


def _bare_transformer(weights: Mapping[str, Tensor], tokens: Tensor) -> Tensor:
    """As written for this one model: heads of WIDTH / 4."""
    functional = nn.functional
    hidden = weights["embedding.weight"][tokens] + weights["positions.weight"]
    for layer in ("blocks.0.", "blocks.1."):
        norms = [(weights[f"{layer}norm{i}.weight"], weights[f"{layer}norm{i}.bias"]) for i in (1, 2)]
        normed = functional.layer_norm(hidden, (WIDTH,), *norms[0])
        heads = [
            (normed @ weights[f"{layer}attention.{name}.weight"].T)
            .reshape(len(tokens), CONTEXT, 4, -1)
            .transpose(1, 2)
            for name in ("query", "key", "value")
        ]
        mixed = functional.scaled_dot_product_attention(heads[0], heads[1], heads[2], is_causal=True)
        hidden = hidden + mixed.transpose(1, 2).flatten(2) @ weights[f"{layer}attention.output.weight"].T
        normed = functional.layer_norm(hidden, (WIDTH,), *norms[1])
        up = functional.gelu(normed @ weights[f"{layer}mlp.up.weight"].T)
        hidden = hidden + up @ weights[f"{layer}mlp.down.weight"].T
    hidden = functional.layer_norm(hidden, (WIDTH,), weights["norm.weight"], weights["norm.bias"])
    return hidden @ weights["embedding.weight"][:256].T


def _stem(name: str) -> str:
    return name.rpartition(".")[0]
