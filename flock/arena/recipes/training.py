"""Trains honest submissions to the built-in kinds of tasks. More ``steps`` are more skill.

Equal efforts on equal examples give equal bytes on one machine, so that a trainer that is killed submits what it has
committed to.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from flock.arena.recipes.descent import Descent
from flock.arena.scoring.artifact import read_weights
from flock.arena.scoring.compute.losses import real
from flock.arena.scoring.compute.machine import Machine, Tensors, settled
from flock.arena.scoring.compute.models import PREFIX, A, B, byte_logits, outputs, with_adapters
from flock.arena.scoring.compute.windows import NOT_COUNTED, Text, windows_of
from flock.arena.scoring.evaluators.text_models import BASE
from flock.arena.scoring.process import OF_A_BASE
from flock.arena.scoring.run import Run
from flock.arena.scoring.sets import table_in, texts_in
from flock.arena.scoring.specifications import (
    ByteTransformer,
    Lora,
    Shapes,
    parse_classifier,
    parse_text_model,
)
from flock.arena.scoring.task import ScoringTask
from flock.errors import BadConfig
from flock.training.arrays import encode


class Loss(Protocol):
    """The mean loss of weights on the examples with these numbers."""

    def __call__(self, weights: Tensors, rows: Tensor) -> Tensor: ...


@dataclass(frozen=True)
class Effort:
    """``steps`` of Adam on ``batch`` examples each."""

    steps: int
    seed: int = 0
    learning_rate: float = 0.003
    batch: int = 32
    run: Run = field(default_factory=Run)


@dataclass(frozen=True)
class Material:
    """The published examples (canonical bytes of a set), and base models by SHA-256 in hex."""

    examples: bytes
    bases: Mapping[str, bytes] = field(default_factory=dict)


def train(task: ScoringTask, material: Material, effort: Effort) -> bytes:
    """A submission to ``task``: a safetensors file.

    Sets how this process computes, as ``flock.arena.scoring.compute.machine.settled`` says. Raises BadConfig for a
    kind that no recipe is for, or a base that is missing; BadArrays for examples of another kind.
    """
    if task.kind not in RECIPES:
        raise BadConfig(f"There is no recipe for tasks of kind {task.kind!r}, but for {', '.join(RECIPES)}.")
    if effort.steps < 0 or effort.batch < 1:
        raise BadConfig(
            f"{effort.steps} steps of {effort.batch} examples are none: use 0 or more of 1 or more."
        )
    return RECIPES[task.kind](task, material, effort)


def _classifier(task: ScoringTask, material: Material, effort: Effort) -> bytes:
    spec, table = parse_classifier(task.model), table_in(material.examples)
    machine = Machine(settled(effort.run))
    inputs = machine.floats(real(table.inputs))
    labels = (machine.floats if task.metric == "mse" else machine.integers)(table.labels)

    def loss(weights: Tensors, rows: Tensor) -> Tensor:
        given = outputs(spec, weights, inputs[rows])
        if task.metric == "mse":
            return F.mse_loss(given[:, 0], labels[rows])
        return F.cross_entropy(given, labels[rows])

    return _submission(_descended(loss, _initial(spec.shapes, effort, machine), len(table), effort), {})


def _language_model(task: ScoringTask, material: Material, effort: Effort) -> bytes:
    spec, machine = parse_text_model(task.model), Machine(settled(effort.run))
    if isinstance(spec, Lora):
        return _adapters(spec, material, effort, machine)
    loss, count = _text_loss(spec, material.examples, machine)
    return _submission(_descended(loss, _initial(spec.shapes, effort, machine), count, effort), {})


def _adapters(spec: Lora, material: Material, effort: Effort, machine: Machine) -> bytes:
    """On the first base that is at hand, for every matrix that may be adapted; B begins at zero, so as the base."""
    digest = next((digest for digest in spec.bases if digest in material.bases), None)
    if digest is None:
        raise BadConfig(f"None of the task's bases is here: fetch one of {', '.join(spec.bases)}.")
    model = spec.bases[digest]
    base = machine.weights(read_weights(material.bases[digest], OF_A_BASE)[1])
    text_loss, count = _text_loss(model, material.examples, machine)

    def loss(weights: Tensors, rows: Tensor) -> Tensor:
        return text_loss(with_adapters(spec, base, weights), rows=rows)

    shapes: dict[str, tuple[int, ...]] = {}
    for name, (after, before) in spec.adapted(model).items():
        matrix = PREFIX + name.removesuffix(".weight")
        shapes |= {matrix + A: (spec.largest_rank, before), matrix + B: (after, spec.largest_rank)}
    start = {
        name: torch.zeros_like(each) if name.endswith(B) else each
        for name, each in _initial(shapes, effort, machine).items()
    }
    return _submission(_descended(loss, start, count, effort), {BASE: digest})


def _text_loss(spec: ByteTransformer, examples: bytes, machine: Machine) -> tuple[Loss, int]:
    """Nats a byte over windows of the examples, and how many windows there are."""
    windows = windows_of([Text(text) for text in texts_in(examples).texts], spec.context)
    tokens, targets = machine.integers(windows.tokens), machine.integers(windows.targets)

    def loss(weights: Tensors, rows: Tensor) -> Tensor:
        logits = byte_logits(spec, weights, tokens[rows])
        return F.cross_entropy(logits.flatten(0, 1), targets[rows].flatten(), ignore_index=NOT_COUNTED)

    return loss, len(windows.text)


def _initial(shapes: Shapes, effort: Effort, machine: Machine) -> Tensors:
    """Norms at one, biases at zero, all else normal with variance one over the inputs."""
    generator = torch.Generator().manual_seed(effort.seed)
    tensors = {}
    for name, shape in shapes.items():
        if len(shape) == 1:
            tensor = torch.full(shape, 1.0 if "norm" in name and name.endswith("weight") else 0.0)
        else:
            tensor = torch.randn(shape, generator=generator) / float(np.prod(shape[1:])) ** 0.5
        tensors[name] = tensor.to(machine.run.device, machine.dtype)
    return tensors


def _descended(loss: Loss, start: Tensors, examples: int, effort: Effort) -> Tensors:
    descent = Descent(start, effort.learning_rate)
    generator = torch.Generator().manual_seed(effort.seed + 1)
    for _ in range(effort.steps):
        descent.step(partial(loss, rows=torch.randint(examples, (effort.batch,), generator=generator)))
    return descent.weights


def _submission(weights: Tensors, metadata: Mapping[str, str]) -> bytes:
    arrays = {name: each.detach().float().cpu().numpy() for name, each in weights.items()}
    return encode(arrays, metadata)


RECIPES: Mapping[str, Callable[[ScoringTask, Material, Effort], bytes]] = {
    "image-classification": _classifier,
    "tabular": _classifier,
    "language-model": _language_model,
    "lora": _language_model,
    "multiple-choice": _language_model,
}
"""Questions are answered by a model of texts, so for those the examples are texts as well."""
