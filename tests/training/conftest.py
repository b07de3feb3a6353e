"""What the tests of training share: random updates, and byzfl as an oracle."""

import importlib
import importlib.util
import sys
import types

import numpy as np
import pytest

from flock.training.arrays import Update


@pytest.fixture(scope="session")
def byzfl_aggregators():
    """``byzfl.aggregators``, without the rest of byzfl, which needs torchvision."""
    package = types.ModuleType("byzfl")
    package.__path__ = list(importlib.util.find_spec("byzfl").submodule_search_locations)
    sys.modules["byzfl"] = package
    return importlib.import_module("byzfl.aggregators")


@pytest.fixture
def updates_of():
    """A maker of updates by seat, one of each row."""
    return updates_from


def updates_from(rows, seats=None):
    """Updates of two arrays by seat, one of each row."""
    seats = range(len(rows)) if seats is None else seats
    split = len(rows[0]) // 2
    return {
        seat: Update({"b": np.float32(row[split:]), "a": np.float32(row[:split])}, bytes(32), 10)
        for seat, row in zip(seats, rows, strict=True)
    }
