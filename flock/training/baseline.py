"""Plain federated averaging in one process: the baseline for training on chain."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from flock.training.app import AppRunner, Config, TrainResult
from flock.training.arrays import Arrays, trained_part
from flock.training.dtypes import rounded


def fedavg(
    members: Sequence[AppRunner], model: Arrays, drawn: Iterable[Sequence[int]], config: Config
) -> Iterator[Arrays]:
    """The model after each round, in which the members whose numbers are drawn train from the last one.

    Averages are weighted by examples (McMahan et al. 2017, arXiv:1602.05629). ``drawn`` may be endless.
    """
    for number, chosen in enumerate(drawn, start=1):
        told = {**config, "server-round": number}
        model = _average([members[member].train(model, told) for member in chosen], model)
        yield model


def _average(results: Sequence[TrainResult], model: Arrays) -> Arrays:
    """In the formats of ``model``, with its constants."""
    weights = [result.examples for result in results]
    averages = {
        name: rounded(
            np.average([result.arrays[name] for result in results], axis=0, weights=weights), array.dtype
        )
        for name, array in trained_part(model).items()
    }
    return {**model, **averages}
