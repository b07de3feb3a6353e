"""Losses by example, a batch at a time, in float64 once they leave the model."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from torch import Tensor

from flock.arena.scoring.compute.machine import Machine, Tensors
from flock.arena.scoring.compute.models import byte_logits, outputs
from flock.arena.scoring.compute.windows import NOT_COUNTED, Text, Windows, windows_of
from flock.arena.scoring.sets import TableSet
from flock.arena.scoring.specifications import ByteTransformer, Conv, Linear, Mlp
from flock.training.reproducible import blocks

Floats = NDArray[np.float64]
LARGEST_BYTE = 255


class Judged(NamedTuple):
    """By example."""

    losses: Floats
    correct: NDArray[np.bool_]


def class_losses(spec: Linear | Mlp | Conv, weights: Tensors, table: TableSet, machine: Machine) -> Judged:
    """Cross-entropy in nats, and whether the likeliest class is the label; labels are int64 below the outputs."""
    losses, correct = [], []
    for rows in blocks(len(table), machine.run.batch):
        scores = _outputs(spec, weights, table.take(rows), machine)
        labels = machine.integers(table.labels[rows])
        losses.append(_numbers(F.cross_entropy(scores, labels, reduction="none")))
        correct.append((scores.argmax(1) == labels).cpu().numpy())
    return Judged(np.concatenate(losses), np.concatenate(correct))


def squared_errors(spec: Linear | Mlp | Conv, weights: Tensors, table: TableSet, machine: Machine) -> Floats:
    """Of one output, from float32 targets."""
    errors = []
    for rows in blocks(len(table), machine.run.batch):
        given = _numbers(_outputs(spec, weights, table.take(rows), machine)[:, 0])
        errors.append((given - table.labels[rows]) ** 2)
    return np.concatenate(errors)


def text_losses(spec: ByteTransformer, weights: Tensors, texts: Sequence[Text], machine: Machine) -> Floats:
    """Nats for all that is to be predicted of each text."""
    windows = windows_of(texts, spec.context)
    nats = np.zeros(len(texts))
    for rows in blocks(len(windows.text), machine.run.batch):
        np.add.at(nats, windows.text[rows], _window_losses(spec, weights, windows, rows, machine))
    return nats


def _outputs(spec: Linear | Mlp | Conv, weights: Tensors, table: TableSet, machine: Machine) -> Tensor:
    with torch.inference_mode():
        return _widened(outputs(spec, weights, machine.floats(real(table.inputs))))


def _window_losses(
    spec: ByteTransformer, weights: Tensors, windows: Windows, rows: slice, machine: Machine
) -> Floats:
    with torch.inference_mode():
        logits = _widened(byte_logits(spec, weights, machine.integers(windows.tokens[rows])))
        targets = machine.integers(windows.targets[rows])
        losses = F.cross_entropy(
            logits.flatten(0, 1), targets.flatten(), ignore_index=NOT_COUNTED, reduction="none"
        )
    return np.asarray(_numbers(losses).reshape(targets.shape).sum(axis=1))


def real(inputs: NDArray[np.generic]) -> NDArray[np.float32]:
    """As the models take them: bytes as fractions of 255."""
    if inputs.dtype == np.uint8:
        return inputs.astype(np.float32) / np.float32(LARGEST_BYTE)
    return inputs.astype(np.float32, copy=False)


def _widened(scores: Tensor) -> Tensor:
    """To float32 at least: logarithms of sums need it."""
    return scores if scores.dtype == torch.float64 else scores.float()


def _numbers(tensor: Tensor) -> Floats:
    return np.asarray(tensor.double().cpu().numpy())
