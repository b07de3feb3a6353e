"""What the demo sells: two models that tell irises apart, the second made from the first and more flowers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

FIRST_FLOWERS, ALL_FLOWERS = 12, 100
"""How many flowers each model was trained on, of 150; the last 50 are for measuring."""
FEATURES = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
KINDS = ["setosa", "versicolor", "virginica"]


@dataclass(frozen=True)
class SoldModel:
    """A linear model in safetensors, and the document that says what it is."""

    name: str
    artifact: bytes
    document: Mapping[str, Any]

    @property
    def accuracy(self) -> float:
        """On the flowers that neither model was trained on."""
        found: float = self.document["metrics"]["accuracy"]
        return found

    def labels(self, flowers: Sequence[Sequence[float]]) -> Sequence[str]:
        """What its owner finds that it says of ``flowers``."""
        import numpy as np
        from safetensors.numpy import load

        weights = load(self.artifact)
        scores = np.array(flowers) @ weights["weight"].T + weights["bias"]
        return [KINDS[best] for best in scores.argmax(axis=1)]


def first_model() -> SoldModel:
    """Of few flowers."""
    return _trained("irises", "Irises", FIRST_FLOWERS)


def better_model() -> SoldModel:
    """Of many more."""
    return _trained("irises-better", "Irises, refined", ALL_FLOWERS)


def unseen_flowers(count: int) -> Sequence[Sequence[float]]:
    """Measurements to ask about, in centimetres."""
    measurements, _ = _flowers()
    return [[float(value) for value in row] for row in measurements[ALL_FLOWERS : ALL_FLOWERS + count]]


def _trained(name: str, title: str, count: int) -> SoldModel:
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    from flock.training.arrays import encode

    measurements, kinds = _flowers()
    found = LogisticRegression(max_iter=1_000).fit(measurements[:count], kinds[:count])
    accuracy = found.score(measurements[ALL_FLOWERS:], kinds[ALL_FLOWERS:])
    weights = {"weight": found.coef_.astype(np.float32), "bias": found.intercept_.astype(np.float32)}
    document = {
        "title": title,
        "kind": "tabular",
        "licence": "Apache-2.0",
        "metrics": {"accuracy": round(float(accuracy), 4), "trained on": count},
        "open": True,
        "model": {"architecture": "linear", "inputs": len(FEATURES), "outputs": len(KINDS)},
        "features": FEATURES,
        "classes": KINDS,
    }
    return SoldModel(name, encode(weights, {}), document)


@cache
def _flowers() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Measurements and kinds, in an order that is the same each time."""
    import numpy as np
    from sklearn.datasets import load_iris

    flowers = load_iris()
    order = np.random.default_rng(1).permutation(len(flowers.target))
    return flowers.data[order], flowers.target[order]
