"""Small torch models for the built-in apps, and how they are trained and evaluated."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from flock.errors import BadConfig
from flock.training.arrays import Arrays
from flock.training.data import DataTable


@dataclass(frozen=True)
class Recipe:
    """Local training: plain SGD over ``epochs`` passes, shuffled by ``seed``."""

    epochs: int
    lr: float
    batch_size: int
    seed: int


def logistic(features: int, classes: int) -> nn.Module:
    """Softmax regression."""
    return nn.Sequential(nn.Linear(features, classes))


def perceptron(features: int, classes: int, hidden: int = 32) -> nn.Module:
    """One hidden layer of ``hidden`` rectified units."""
    return nn.Sequential(nn.Linear(features, hidden), nn.ReLU(), nn.Linear(hidden, classes))


def arrays_from(model: nn.Module) -> Arrays:
    """The model's parameters as arrays."""
    return {name: value.detach().numpy().copy() for name, value in model.state_dict().items()}


def load_arrays(model: nn.Module, arrays: Arrays) -> None:
    """Put ``arrays`` into the model. Raises BadConfig if they are not its own."""
    own = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    given = {name: tuple(array.shape) for name, array in arrays.items()}
    if given != own:
        raise BadConfig(f"The task's model has arrays {given}, but the app's model has {own}; use its app.")
    model.load_state_dict({name: torch.from_numpy(np.array(array)) for name, array in arrays.items()})


def fit(model: nn.Module, table: DataTable, recipe: Recipe) -> float:
    """Train in place; the mean loss of the last pass."""
    features, labels = _tensors(table)
    order = torch.Generator().manual_seed(recipe.seed)
    total = 0.0
    for _ in range(recipe.epochs):
        total = 0.0
        for batch in torch.split(torch.randperm(len(labels), generator=order), recipe.batch_size):
            model.zero_grad()
            loss = nn.functional.cross_entropy(model(features[batch]), labels[batch])
            loss.backward()  # type: ignore[no-untyped-call]
            _descend(model, recipe.lr)
            total += float(loss.detach()) * len(batch)
    return total / len(labels)


def _descend(model: nn.Module, lr: float) -> None:
    """One step of plain SGD; torch.optim would load torch's compiler, seconds of start and 150 MiB."""
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.grad is not None:
                parameter.add_(parameter.grad, alpha=-lr)


def measure(model: nn.Module, table: DataTable) -> dict[str, float]:
    """Mean cross-entropy ``loss`` and ``accuracy``, and for two classes the area under the ROC, ``auc``."""
    features, labels = _tensors(table)
    with torch.no_grad():
        scores = model(features)
        loss = float(nn.functional.cross_entropy(scores, labels))
    accuracy = float((scores.argmax(1) == labels).float().mean())
    measured = {"loss": loss, "accuracy": accuracy}
    if table.classes == 2:
        measured["auc"] = area_under_roc((scores[:, 1] - scores[:, 0]).numpy(), table.labels)
    return measured


def area_under_roc(scores: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """The chance that a positive outranks a negative, ties counting half (Mann and Whitney 1947).

    0.5 where only one class is present.
    """
    values, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    positives = int(labels.sum())
    negatives = len(labels) - positives
    if not positives or not negatives or not len(values):
        return 0.5
    u = float(ranks[labels == 1].sum()) - positives * (positives + 1) / 2
    return u / (positives * negatives)


def _tensors(table: DataTable) -> Iterator[Tensor]:
    return iter((torch.from_numpy(table.features), torch.from_numpy(table.labels)))
