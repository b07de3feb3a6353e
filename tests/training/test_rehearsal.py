"""An app is tried whole before it stakes: it evaluates and trains, in time for the phases."""

import re

import numpy as np
import pytest
from flwr.app import Array, ArrayRecord, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp

from flock.errors import BadArrays, Refused
from flock.training import rehearsal
from flock.training.app import AppRunner, arrays_of, record_of
from flock.training.rehearsal import Phases, rehearse, rehearsed_round

MODEL = {"w": np.float32([[1, 2], [3, 4]])}
HOUR = Phases(propose_seconds=3600, commit_seconds=3600)


def app_of(train, evaluate=lambda _: {}):
    """An app that returns the arrays of ``train(context)``, and measures their squares and ``evaluate(context)``."""
    app = ClientApp()

    @app.train()
    def _(message, context):
        metrics = MetricRecord({"num-examples": 7})
        content = RecordDict({"arrays": record_of(train(context)), "metrics": metrics})
        return Message(content, reply_to=message)

    @app.evaluate()
    def _(message, context):
        loss = float(np.square(arrays_of(message.content["arrays"])["w"]).mean())
        metrics = MetricRecord({"num-examples": 5, "loss": loss, **evaluate(context)})
        return Message(RecordDict({"metrics": metrics}), reply_to=message)

    return AppRunner(app, {"data": "x.csv"}, {"lr": 0.5}, "hospital:app")


def test_it_says_what_the_app_made_of_the_model():
    found = rehearse(app_of(lambda _: MODEL), MODEL, {}, HOUR)
    assert (found.evaluated.loss, found.evaluated.examples, found.trained.examples) == (7.5, 5, 7)
    assert found.slowness == ""


def test_an_app_whose_training_alone_fails_is_found_out():
    def fail(_):
        raise ValueError("the column 'age' is missing")

    with pytest.raises(Refused, match="hospital:app failed to train: ValueError"):
        rehearse(app_of(fail), MODEL, {}, HOUR)


def test_an_app_that_returns_other_arrays_is_found_out():
    with pytest.raises(BadArrays, match=r"'w' is \(2,\), not \(2, 2\)"):
        rehearse(app_of(lambda _: {"w": np.float32([1, 2])}), MODEL, {}, HOUR)


def measuring_nothing(train):
    """An app that fails to evaluate, as one for another kind of model does."""
    app = app_of(train).call

    def call(message, context):
        if message.metadata.message_type == "evaluate":
            raise ValueError("no such tree")
        return app(message, context)

    return AppRunner(call, name="hospital:app")


def test_an_app_for_another_kind_of_model_is_known_by_what_it_trains():
    trees = np.frombuffer(b"{}", np.uint8)
    record = ArrayRecord({"w": Array(trees)})
    app = ClientApp()

    @app.train()
    def _(message, context):
        if message.content["config"]["server-round"] > 1:
            raise ValueError("the model is no tree")
        metrics = MetricRecord({"num-examples": 7})
        return Message(RecordDict({"arrays": record, "metrics": metrics}), reply_to=message)

    for number in (1, 7):
        with pytest.raises(BadArrays, match=r"'w' of hospital:app is uint8, .* trees as bytes, is no model"):
            rehearse(AppRunner(app, name="hospital:app"), MODEL, {"server-round": number}, HOUR)
    with pytest.raises(BadArrays, match=r"'w' is \(2,\), not \(2, 2\)"):
        rehearse(measuring_nothing(lambda _: {"w": np.float32([1, 2])}), MODEL, {}, HOUR)


def test_an_evaluation_that_fails_is_named_whatever_becomes_of_the_training():
    def fail(_):
        raise KeyError("age")

    for train in (fail, lambda _: MODEL):
        with pytest.raises(Refused, match=r"failed to evaluate: ValueError\('no such tree'\)"):
            rehearse(measuring_nothing(train), MODEL, {}, HOUR)


@pytest.mark.parametrize(("current", "rehearsed"), [(0, 1), (1, 1), (7, 7)])
def test_it_is_in_the_round_that_the_task_is_in_and_never_in_round_0(current, rehearsed):
    assert rehearsed_round(current) == rehearsed


def test_it_leaves_no_trace_in_the_apps_state():
    def counted(context):
        calls = context.state.metric_records.setdefault("calls", MetricRecord({"n": 0}))
        calls["n"] += 1
        return {"w": MODEL["w"] * np.float32(calls["n"])}

    app = app_of(counted)
    for trained in (*(rehearse(app, MODEL, {}, HOUR).trained for _ in range(2)), app.train(MODEL, {})):
        assert trained.arrays["w"].tolist() == MODEL["w"].tolist()


@pytest.mark.parametrize(
    ("train_takes", "evaluation_takes", "words"),
    [
        ((5, 5), (1,), r"Training takes 5\.0 s, and the phase for it is 10 s\."),
        ((1,), (6, 6), r"two evaluations of 6\.0 s each, and the phase for it is 20 s\."),
        ((5, 1), (6, 1), ""),  # only the first time, which reads the data
        ((4,), (4,), ""),
    ],
)
def test_both_are_timed_against_their_phases(monkeypatch, train_takes, evaluation_takes, words):
    now = [0.0]
    training, evaluating = iter(train_takes), iter(evaluation_takes)

    def pass_time(takes, result):
        now[0] += next(takes, 0)
        return result

    monkeypatch.setattr(rehearsal.time, "monotonic", lambda: now[0])
    app = app_of(lambda _: pass_time(training, MODEL), lambda _: pass_time(evaluating, {}))
    found = rehearse(app, MODEL, {}, Phases(propose_seconds=10, commit_seconds=20))
    assert re.fullmatch(f".*{words}" if words else "", found.slowness)


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (
            lambda context: context.run_config["batch-size"],
            "there is no 'batch-size' in context.run_config; it belongs in the `train` object of the task's metadata",
        ),
        (
            lambda context: context.node_config["batch-size"],
            r"there is no 'batch-size' in context.node_config; it belongs in \[app_config\] of the node's",
        ),
    ],
)
def test_a_setting_that_is_missing_is_named_with_where_it_belongs(ask, sentence):
    with pytest.raises(Refused, match=f"hospital:app failed to train: {sentence}"):
        rehearse(app_of(ask), MODEL, {}, HOUR)


def test_settings_are_those_of_the_node():
    seen = {}

    def look(context):
        seen.update(context.node_config)
        seen.update(context.run_config)
        seen["batch-size"] = context.run_config.get("batch-size", 32)
        return MODEL

    rehearse(app_of(look), MODEL, {}, HOUR)
    assert seen == {"data": "x.csv", "lr": 0.5, "batch-size": 32}
