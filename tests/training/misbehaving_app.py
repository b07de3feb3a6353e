"""A ClientApp that does to its process whatever the message's config says under "does"."""

import logging
import logging.config
import os
import signal
import sys
import time
from collections.abc import Callable

import numpy as np
from flwr.app import Array, ArrayRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp

DISABLED = {"version": 1, "disable_existing_loggers": True, "root": {"level": "DEBUG", "handlers": []}}

app = ClientApp()


def hang() -> None:
    while True:
        time.sleep(3600)


def flush_to_zero() -> None:
    import torch

    torch.set_flush_denormal(True)


DEEDS: dict[str, Callable[[], object]] = {
    "nothing": lambda: None,
    "exit": lambda: sys.exit("the scanner's export is not mounted"),
    "raise": lambda: {}["age"],
    "end": lambda: os._exit(3),
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "hang": hang,
    "folder": lambda: os.chdir("/"),
    "signals": lambda: signal.signal(signal.SIGTERM, signal.SIG_IGN),
    "loggers": lambda: logging.config.dictConfig(DISABLED),
    "numpy": lambda: np.seterr(all="raise"),
    "flush": flush_to_zero,
    "print": lambda: sys.stdout.write("an epoch\n"),
    "close": lambda: os.closerange(1, 3),
    "memory": lambda: np.ones(1 << 32),
}


def misbehave(message: Message) -> None:
    DEEDS[str(message.content.config_records["config"].get("does", "nothing"))]()


def counted(context: Context) -> int:
    """How often the app was called with this state, which also holds an array."""
    calls = context.state.metric_records.setdefault("calls", MetricRecord({"number": 0}))
    calls["number"] += 1
    number = int(calls["number"])
    context.state["kept"] = ArrayRecord({"number": Array(np.full(3, number))})
    assert context.state.array_records["kept"]["number"].numpy().sum() == 3 * number
    return number


@app.train()
def train(message: Message, context: Context) -> Message:
    number = counted(context)
    misbehave(message)
    given = message.content.array_records["arrays"]
    arrays = ArrayRecord({name: Array(array.numpy() / np.float32(2)) for name, array in given.items()})
    metrics = MetricRecord({"num-examples": 7, "calls": number, "lr": context.run_config["lr"]})
    return Message(RecordDict({"arrays": arrays, "metrics": metrics}), reply_to=message)


@app.evaluate()
def evaluate(message: Message, context: Context) -> Message:
    number = counted(context)
    misbehave(message)
    metrics = MetricRecord({"num-examples": 5, "loss": 0.5, "calls": number, "pid": os.getpid()})
    return Message(RecordDict({"metrics": metrics}), reply_to=message)


silent = ClientApp()
silent.train()(lambda *_: None)
silent.evaluate()(evaluate)
