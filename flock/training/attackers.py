"""Misbehaving members for the demo, tests and robustness studies; never run them on a real task.

Each is a built-in app under a Flower mod: the rest of the node is an honest one, so that what the
protocol sees is exactly what a dishonest operator could make it see.
"""

from itertools import count

import numpy as np
from flwr.app import Context, Message, MetricRecord

from flock.training.app import arrays_of, record_of
from flock.training.apps import PROBLEMS, client_app
from flock.training.calls import Call
from flock.training.mods import Mod

SIGN_FLIP_FACTOR = 3


def sign_flip(message: Message, context: Context, app: Call) -> Message:
    """Train honestly, then push the model three times as far in the opposite direction."""
    if message.metadata.message_type != "train":
        return app(message, context)
    base = arrays_of(message.content.array_records["arrays"])
    reply = app(message, context)
    trained = arrays_of(reply.content.array_records["arrays"])
    flipped = {
        name: base[name] - np.float32(SIGN_FLIP_FACTOR) * (trained[name] - base[name]) for name in base
    }
    reply.content["arrays"] = record_of(flipped)
    return reply


def lying_voter() -> Mod:
    """Report that every model is far worse than the one before, and so vote against all."""
    lies = count(1)

    def lie(message: Message, context: Context, app: Call) -> Message:
        reply = app(message, context)
        if message.metadata.message_type == "evaluate":
            honest = reply.content.metric_records["metrics"]
            reply.content["metrics"] = MetricRecord({**honest, "loss": float(next(lies)) ** 2})
        return reply

    return lie


nmes1988_sign_flip = client_app(PROBLEMS["nmes1988"], [sign_flip])
nmes1988_lying_voter = client_app(PROBLEMS["nmes1988"], [lying_voter()])
breast_cancer_sign_flip = client_app(PROBLEMS["breast_cancer"], [sign_flip])
breast_cancer_lying_voter = client_app(PROBLEMS["breast_cancer"], [lying_voter()])
digits_sign_flip = client_app(PROBLEMS["digits"], [sign_flip])
digits_lying_voter = client_app(PROBLEMS["digits"], [lying_voter()])
