"""Flower ClientApps with one known optimum: plain, unable to evaluate, unable to train, and with noise."""

import sys

import numpy as np
from flwr.app import Array, ArrayRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp

OPTIMUM = np.arange(6, dtype=np.float32).reshape(2, 3)
START = {"w": np.zeros((2, 3), np.float32)}
EXAMPLES = 10

app = ClientApp()
broken = ClientApp()
untrained = ClientApp()
private = ClientApp()


@app.train()
def train(message: Message, context: Context) -> Message:
    """Half the way to the optimum."""
    weights = message.content.array_records["arrays"]["w"].numpy()
    trained = ArrayRecord({"w": Array((weights + (OPTIMUM - weights) / 2).astype(np.float32))})
    metrics = MetricRecord({"num-examples": EXAMPLES})
    return Message(RecordDict({"arrays": trained, "metrics": metrics}), reply_to=message)


@app.evaluate()
def evaluate(message: Message, context: Context) -> Message:
    """The mean squared distance to the optimum."""
    weights = message.content.array_records["arrays"]["w"].numpy()
    loss = float(((weights - OPTIMUM) ** 2).mean())
    metrics = MetricRecord({"loss": loss, "num-examples": EXAMPLES})
    return Message(RecordDict({"metrics": metrics}), reply_to=message)


broken.train()(train)
untrained.evaluate()(evaluate)
private.train()(train)


@broken.evaluate()
def fail(message: Message, context: Context) -> Message:
    raise ValueError("the column 'age' is missing")


@untrained.train()
def end(message: Message, context: Context) -> Message:
    sys.exit("the export of this week is not mounted")


@private.evaluate()
def announce(message: Message, context: Context) -> Message:
    """Like the other, with the mechanism that training would use."""
    reply = evaluate(message, context)
    told = {"dp-noise-multiplier": 1.0, "dp-sample-rate": 0.1, "dp-steps": 20}
    metrics = MetricRecord({**reply.content.metric_records["metrics"], **told})
    return Message(RecordDict({"metrics": metrics}), reply_to=message)
