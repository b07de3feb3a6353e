"""A warm node in a process of its own, whose duties use a directory in place of chain and blob store.

Arguments: address of the front, directory, name of the member, whose key is below the directory.
"""

import signal
import sys
import threading
from pathlib import Path

import numpy as np
from flwr.app import Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp

from flock.protocol.core.cid import digest_of
from flock.training.app import arrays_of, record_of
from flock.training.arrays import Update, decode_model, difference, encode_model, encode_update
from flock.training.flower.endpoint import coordinator_endpoint
from flock.training.flower.keys import NodeIdentity
from flock.training.mods import duty_mod
from flock.training.supernode import WarmNode

app = ClientApp()


@app.train()
def train(message: Message, _) -> Message:
    """Move every coordinate by one."""
    trained = {name: array + np.float32(1) for name, array in arrays_of(message.content["arrays"]).items()}
    metrics = MetricRecord({"num-examples": 10})
    return Message(RecordDict({"arrays": record_of(trained), "metrics": metrics}), reply_to=message)


@app.evaluate()
def evaluate(message: Message, _) -> Message:
    """The mean is the loss."""
    loss = float(arrays_of(message.content["arrays"])["w"].mean())
    return Message(
        RecordDict({"metrics": MetricRecord({"loss": loss, "num-examples": 10})}), reply_to=message
    )


class DirectoryDuties:
    """Proposes into, and votes from, files; round 99 is one that breaks the app."""

    def __init__(self, directory: Path, name: str) -> None:
        self.directory, self.name = directory, name

    def _model(self):
        return decode_model((self.directory / "model").read_bytes())

    def propose(self, task, round, train):  # noqa: A002
        if round == 99:
            raise ZeroDivisionError
        model = self._model()
        result = train(model, {"server-round": round})
        base = digest_of(encode_model(model))
        data = encode_update(Update(difference(result.arrays, model), base, result.examples))
        (self.directory / f"{round}-{self.name}").write_bytes(data)
        return {"task": task}

    def vote(self, task, round, evaluate):  # noqa: A002
        return {"loss": evaluate(self._model(), {}).loss}


def main() -> None:
    address, directory, name = sys.argv[1:]
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    mod = duty_mod(DirectoryDuties(Path(directory), name))
    endpoint, identity = coordinator_endpoint(address, None), NodeIdentity(Path(directory) / name)
    WarmNode(endpoint, identity, app, [mod]).run(stop)


if __name__ == "__main__":
    main()
