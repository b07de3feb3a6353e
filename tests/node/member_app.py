"""A plain Flower ClientApp whose one optimum everybody knows, and one that cannot evaluate."""

import numpy as np
from flwr.app import Array, ArrayRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp

OPTIMUM = np.arange(6, dtype=np.float32).reshape(2, 3)
START = {"w": np.zeros((2, 3), np.float32)}
EXAMPLES = 10

app = ClientApp()
broken = ClientApp()


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


@broken.evaluate()
def fail(message: Message, context: Context) -> Message:
    raise ValueError("the column 'age' is missing")
