"""A plain Flower ClientApp: softmax regression in numpy on scikit-learn's wines."""

import numpy as np
from flwr.app import ArrayRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from numpy.typing import NDArray
from sklearn.datasets import load_wine

Floats = NDArray[np.float64]
SIZES = [13, 2, 2.5, 20, 100, 2.5, 2, 0.4, 1.6, 5, 1, 2.6, 750]  # typical values, to scale the measures by
LEARNING_RATE = 0.3
STEPS = 10

app = ClientApp()


@app.train()
def train(message: Message, context: Context) -> Message:
    """A few steps of gradient descent from the weights in the message."""
    weights, bias = _model(message)
    features, labels = _data(context, held_out=False)
    for _ in range(STEPS):
        error = _probabilities(features, weights, bias) - np.eye(3)[labels]
        weights -= LEARNING_RATE * features.T @ error / len(labels)
        bias -= LEARNING_RATE * error.mean(axis=0)
    arrays = ArrayRecord([weights.astype(np.float32), bias.astype(np.float32)])
    metrics = MetricRecord({"num-examples": len(labels)})
    return Message(RecordDict({"arrays": arrays, "metrics": metrics}), reply_to=message)


@app.evaluate()
def evaluate(message: Message, context: Context) -> Message:
    """Cross-entropy and accuracy on the wines that were kept apart."""
    features, labels = _data(context, held_out=True)
    probabilities = _probabilities(features, *_model(message))
    loss = -np.log(probabilities[np.arange(len(labels)), labels]).mean()
    accuracy = (probabilities.argmax(axis=1) == labels).mean()
    metrics = MetricRecord({"loss": float(loss), "accuracy": float(accuracy), "num-examples": len(labels)})
    return Message(RecordDict({"metrics": metrics}), reply_to=message)


def _model(message: Message) -> tuple[Floats, Floats]:
    weights, bias = message.content.array_records["arrays"].to_numpy_ndarrays()
    return weights.astype(np.float64), bias.astype(np.float64)


def _data(context: Context, *, held_out: bool) -> tuple[Floats, NDArray[np.int64]]:
    """This node's wines: every ``num-partitions``-th of a fixed shuffle, a quarter of them held out."""
    features, labels = load_wine(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(labels))
    rows = order[int(context.node_config["partition-id"]) :: int(context.node_config["num-partitions"])]
    rows = rows[: len(rows) // 4] if held_out else rows[len(rows) // 4 :]
    return features[rows] / SIZES - 1, labels[rows]


def _probabilities(features: Floats, weights: Floats, bias: Floats) -> Floats:
    scores = features @ weights + bias
    exponents = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(exponents / exponents.sum(axis=1, keepdims=True))
