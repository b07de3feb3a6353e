"""Apps of Flower's older API, run as those of the newer one."""

import sys
import types

import numpy as np
import pytest
from flwr.app import ConfigRecord, Context, RecordDict
from flwr.client import NumPyClient
from flwr.clientapp import ClientApp

from flock import mod
from flock.errors import BadArrays, Refused
from flock.training.app import AppRunner
from flock.training.evaluation import Evaluation
from flock.training.flower.messages import local_message
from flock.training.loading import load_app
from flock.training.mods import INSTRUCTION, RESULT, TRAINER
from flock.training.ties import NO_TIES

MODEL = {str(i): np.full((i + 1,), i, np.float32) for i in range(12)}


class Site(NumPyClient):
    """Adds 1 to each array; the loss is the first number of the last one."""

    def __init__(self, context):
        self.step = context.run_config.get("step", 1)
        self.seen = context.node_config

    def fit(self, parameters, config):
        trained = [array + self.step for array in parameters]
        return trained, 10, {"accuracy": 0.5, "note": "text", "rate": config["lr"]}

    def evaluate(self, parameters, config):
        return float(parameters[-1][0]), 4, {"accuracy": 0.5}


class Forgetful(Site):
    def fit(self, parameters, config):
        return parameters[1:], 10, {}


class Untrained(NumPyClient):
    pass


@pytest.fixture
def run(monkeypatch):
    """A runner of the app whose ``client_fn`` makes ``client(context)``."""

    def runner(client, mods=(), **run_config):
        module = types.ModuleType("hospital")
        module.app = ClientApp(client_fn=lambda context: client(context).to_client(), mods=list(mods))
        monkeypatch.setitem(sys.modules, "hospital", module)
        return AppRunner(load_app("hospital:app"), {}, run_config, "hospital:app")

    return runner


def test_a_client_gets_the_arrays_as_a_list_in_their_order_and_its_config(run):
    result = run(Site, step=2).train(MODEL, {"lr": 0.25})
    assert list(result.arrays) == list(MODEL)
    assert all((result.arrays[name] == array + 2).all() for name, array in MODEL.items())
    assert (result.examples, result.metrics) == (10, {"accuracy": 0.5, "rate": 0.25})


def test_its_mods_find_the_round_where_flower_has_it(run):
    seen = []

    def mod(message, context, app):
        seen.append(int(message.metadata.group_id))
        return app(message, context)

    runner = run(Site, [mod])
    runner.train(MODEL, {"lr": 1.0, "server-round": 3})
    runner.evaluate(MODEL, {"server-round": 4})
    assert seen == [3, 4]


def test_its_loss_is_the_loss(run):
    result = run(Site).evaluate(MODEL, {})
    assert (result.loss, result.examples, result.metrics["accuracy"]) == (11.0, 4, 0.5)


def test_arrays_with_names_come_back_under_them(run):
    model = {"conv.weight": np.float32([[1, 2]]), "conv.bias": np.float32([3])}
    result = run(Site).train(model, {"lr": 1.0})
    assert {name: array.tolist() for name, array in result.arrays.items()} == {
        "conv.weight": [[2, 3]],
        "conv.bias": [4],
    }


def test_another_number_of_arrays_is_refused(run):
    with pytest.raises(BadArrays, match="fit returned 11 arrays, but the model has 12"):
        run(Forgetful).train(MODEL, {"lr": 1.0})


def test_a_setting_that_a_client_misses_is_named(run):
    with pytest.raises(Refused, match="failed to train: there is no 'lr' in the message's config"):
        run(Site).train(MODEL, {})


def test_it_works_in_a_stock_supernode_too(monkeypatch):
    class Member:
        evaluation = Evaluation()
        ties = NO_TIES

        def propose(self, task, number, train):
            return {"examples": train(MODEL, {"lr": 1.0}).examples}

    monkeypatch.setattr(mod, "_duties", lambda _: Member())
    app = mod.in_flock(ClientApp(client_fn=lambda context: Site(context).to_client()))
    context = Context(1, 42, {}, RecordDict(), {})
    content = RecordDict({INSTRUCTION: ConfigRecord({"task": 3, "round": 8})})
    assert dict(app(local_message(content, TRAINER, context), context).content[RESULT]) == {"examples": 10}


class Judged(Untrained):
    def fit(self, parameters, config):
        return parameters, 10, {"trained": True, "skipped": False, "note": "text", "epochs": 2}


class Ordered(Site):
    """Takes the arrays in an order of its own, as torch's ``state_dict`` has it."""

    def fit(self, parameters, config):
        weight, bias = parameters
        return [weight @ np.ones((2, 1), np.float32), bias], 10, {}


def test_truth_values_among_its_metrics_are_numbers(run):
    assert run(lambda _: Judged()).train(MODEL, {}).metrics == {"trained": 1.0, "skipped": 0.0, "epochs": 2.0}


def test_a_client_without_a_function_is_told_what_to_add(run):
    with pytest.raises(Refused, match="has no `evaluate`; add one, or name an app that has one as `judge`"):
        run(lambda _: Judged()).evaluate(MODEL, {})
    with pytest.raises(Refused, match="has no `fit`; a member trains, so add one"):
        run(lambda _: Untrained()).train(MODEL, {})


def test_a_client_that_wants_its_arrays_in_another_order_is_told_of_it(run):
    weight, bias = np.float32([[1, 2]]), np.float32([3])
    with pytest.raises(Refused, match=r"failed to train: ValueError.*; .* saved as a list"):
        run(Ordered).train({"conv.weight": weight, "conv.bias": bias}, {})
    with pytest.raises(Refused) as of_a_list:
        run(Ordered).train({"0": bias, "1": weight}, {})
    assert "saved as a list" not in str(of_a_list.value)
