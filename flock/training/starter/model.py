"""The model: a logistic regression that tells from a few columns how likely the label is.

Run this module to write the model that the task starts from, whenever you changed the columns:

    python -m PACKAGE.model
"""

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

Floats = NDArray[np.float64]

LABEL = "ill"  # the column to predict: 0 or 1

# Column → its typical value and its typical deviation. All members scale by these, not by their own data.
FEATURES = {"age": (50.0, 18.0), "blood_pressure": (130.0, 20.0), "cholesterol": (210.0, 40.0)}


def first_model() -> dict[str, NDArray[np.float32]]:
    """What round 1 starts from: floating-point arrays by name. They keep these names and shapes in every round."""
    return {"weights": np.zeros(len(FEATURES), np.float32), "bias": np.zeros(1, np.float32)}


def scaled(rows: Floats) -> Floats:
    """A row for each example and a column for each feature, around 0 and about as wide as 1."""
    centres, widths = np.array(list(FEATURES.values())).T
    return np.asarray((rows - centres) / widths)


def probabilities(features: Floats, weights: Floats, bias: Floats) -> Floats:
    """How likely the label is 1, for each row."""
    return np.asarray(1 / (1 + np.exp(-np.clip(features @ weights + bias, -30, 30))))


if __name__ == "__main__":
    save_file(first_model(), "model.safetensors")
