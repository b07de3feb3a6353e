"""A Flower ClientApp that trains on the rows of a CSV file. It needs nothing of flock."""

import csv
from functools import cache
from pathlib import Path

import numpy as np
from flwr.app import Array, ArrayRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp

from .model import FEATURES, LABEL, Floats, probabilities, scaled

HELD_OUT = 4  # every fourth row is kept from training: a node votes by the loss on these

app = ClientApp()


@app.train()
def train(message: Message, context: Context) -> Message:
    """Gradient descent on this member's rows, from the weights in the message."""
    features, labels = _rows(context, held_out=False)
    weights, bias = _received(message)
    rate = float(context.run_config["lr"])
    for _ in range(int(context.run_config["local-epochs"])):
        error = probabilities(features, weights, bias) - labels
        weights = weights - rate * features.T @ error / len(labels)
        bias = bias - rate * error.mean()
    trained = {"weights": Array(weights.astype(np.float32)), "bias": Array(bias.astype(np.float32))}
    metrics = MetricRecord({"num-examples": len(labels)})
    return Message(RecordDict({"arrays": ArrayRecord(trained), "metrics": metrics}), reply_to=message)


@app.evaluate()
def evaluate(message: Message, context: Context) -> Message:
    """The loss on the rows that are kept from training, and the share of right answers."""
    features, labels = _rows(context, held_out=True)
    likely = np.clip(probabilities(features, *_received(message)), 1e-7, 1 - 1e-7)
    loss = -(labels * np.log(likely) + (1 - labels) * np.log(1 - likely)).mean()
    accuracy = ((likely > 0.5) == (labels > 0.5)).mean()
    metrics = MetricRecord({"loss": float(loss), "accuracy": float(accuracy), "num-examples": len(labels)})
    return Message(RecordDict({"metrics": metrics}), reply_to=message)


def _received(message: Message) -> tuple[Floats, Floats]:
    arrays = message.content.array_records["arrays"]
    return arrays["weights"].numpy().astype(np.float64), arrays["bias"].numpy().astype(np.float64)


def _rows(context: Context, *, held_out: bool) -> tuple[Floats, Floats]:
    """Scaled features and labels, of the file that ``data`` in node.toml's [app_config] names."""
    features, labels = _table(str(context.node_config["data"]))
    chosen = (np.arange(len(labels)) % HELD_OUT == 0) == held_out
    return features[chosen], labels[chosen]


@cache
def _table(file: str) -> tuple[Floats, Floats]:
    with Path(file).open(newline="", encoding="utf-8-sig") as opened:
        rows = list(csv.DictReader(opened))
    missing = [name for name in (*FEATURES, LABEL) if not rows or name not in rows[0]]
    if missing:
        raise ValueError(f"{file} has no rows with a column {', '.join(missing)}")
    features = np.array([[float(row[name]) for name in FEATURES] for row in rows])
    return scaled(features), np.array([float(row[LABEL]) for row in rows])
