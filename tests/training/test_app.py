"""A Flower ClientApp as a function, and what is said of one that does not play its part."""

import sys
import types

import numpy as np
import pytest
from flwr.app import Array as FlowerArray
from flwr.app import ArrayRecord, Message, MetricRecord, RecordDict
from flwr.client.mod.secure_aggregation.secaggplus_mod import secaggplus_mod
from flwr.clientapp import ClientApp

from flock.errors import BadArrays, BadConfig, Refused
from flock.training.app import AppRunner, arrays_of, record_of
from flock.training.arrays import difference, spec_of
from flock.training.dtypes import BFLOAT16
from flock.training.evaluation import Evaluation
from flock.training.flower.messages import FLOWER_VERSION
from flock.training.loading import load_app

MODEL = {"w": np.float32([[1, 2], [3, 4]]), "b": np.float32([0.5])}


def app_that(answer, mods=()):
    """A ClientApp whose train and evaluate return ``answer(message, context)``."""
    app = ClientApp(mods=list(mods))
    app.train()(answer)
    app.evaluate()(answer)
    return app


def replying(**records):
    return app_that(lambda message, _: Message(RecordDict(records), reply_to=message))


def runner(app):
    return AppRunner(app, name="hospital:app")


def test_an_app_is_given_the_model_the_config_and_its_nodes_config():
    seen = {}

    def train(message, context):
        seen.update(context.node_config)
        seen.update(context.run_config)
        seen.update(message.content["config"])
        trained = {name: array + 1 for name, array in arrays_of(message.content["arrays"]).items()}
        metrics = MetricRecord({"num-examples": 7, "train_loss": 0.25})
        return Message(RecordDict({"arrays": record_of(trained), "metrics": metrics}), reply_to=message)

    app = AppRunner(app_that(train), {"partition-id": 3}, {"lr": 0.5})
    result = app.train(MODEL, {"server-round": 9})
    assert seen == {"partition-id": 3, "lr": 0.5, "server-round": 9}
    assert (result.arrays["w"] == MODEL["w"] + 1).all()
    assert (result.examples, result.metrics) == (7, {"train_loss": 0.25})


@pytest.mark.parametrize("key", ["loss", "eval_loss"])
def test_an_evaluation_is_a_loss_and_the_number_of_examples(key):
    result = runner(replying(metrics=MetricRecord({key: 0.5, "auc": 0.75, "num-examples": 4}))).evaluate(
        MODEL, {}
    )
    assert (result.loss, result.examples, result.metrics["auc"]) == (0.5, 4, 0.75)


def test_an_apps_own_mods_and_state_are_kept():
    counted = runner(counting())
    assert [counted.train(MODEL, {}).metrics["calls"] for _ in range(3)] == [1, 2, 3]


def test_an_evaluation_sees_no_state_unless_the_task_is_personalised():
    plain, own = (AppRunner(counting(), evaluation=Evaluation(personalised=p)) for p in (False, True))
    for app in (plain, own):
        app.train(MODEL, {})
    assert [plain.evaluate(MODEL, {}).loss for _ in range(2)] == [1, 1]
    assert [own.evaluate(MODEL, {}).loss for _ in range(2)] == [2, 3]


def counting():
    """An app with a mod that counts its calls in the state, and reports the count."""

    def count(message, context, call):
        calls = context.state.metric_records.setdefault("calls", MetricRecord({"n": 0}))
        calls["n"] += 1
        reply = call(message, context)
        reply.content["metrics"] = MetricRecord({"loss": calls["n"], "calls": calls["n"], "num-examples": 1})
        return reply

    return app_that(
        lambda message, _: Message(RecordDict({"arrays": record_of(MODEL)}), reply_to=message), [count]
    )


def test_a_model_kept_as_a_list_comes_back_in_its_order():
    arrays = {str(i): np.float32([i]) for i in range(12)}
    assert [float(a[0]) for a in record_of(arrays).to_numpy_ndarrays()] == list(range(12))
    assert arrays_of(ArrayRecord([np.float32([i]) for i in range(12)])) == arrays


def test_an_app_gets_float16_as_it_is_and_bfloat16_as_float32():
    model = {"b": np.ones(2, BFLOAT16), "h": np.ones(2, np.float16)}
    seen = {}

    def train(message, context):
        seen.update(arrays_of(message.content["arrays"]))
        trained = {name: array + array.dtype.type(2**-8) for name, array in seen.items()}
        return Message(RecordDict({"arrays": record_of(trained), "metrics": ONE}), reply_to=message)

    result = runner(app_that(train)).train(model, {})
    assert {name: array.dtype for name, array in seen.items()} == {"b": np.float32, "h": np.float16}
    step = difference(result.arrays, model)
    assert spec_of(step) == spec_of(model)
    assert all(array.astype(float).tolist() == [2**-8, 2**-8] for array in step.values())


def test_wider_floats_become_float32():
    trained = ArrayRecord(
        {"w": ArrayRecord([MODEL["w"].astype(np.float64)])["0"], "b": ArrayRecord([MODEL["b"]])["0"]}
    )
    result = runner(replying(arrays=trained, metrics=MetricRecord({"num-examples": 1}))).train(MODEL, {})
    assert {array.dtype for array in result.arrays.values()} == {np.dtype(np.float32)}
    assert spec_of(result.arrays) == spec_of(MODEL)


ONE = MetricRecord({"num-examples": 1})


@pytest.mark.parametrize(
    ("records", "sentence"),
    [
        ({"metrics": ONE}, "returned 0 ArrayRecords from train; it must return one"),
        ({"a": record_of(MODEL), "b": record_of(MODEL), "m": ONE}, "returned 2 ArrayRecords"),
        ({"arrays": record_of(MODEL)}, "no MetricRecord from train"),
        ({"arrays": record_of(MODEL), "metrics": MetricRecord({"x": 1})}, "no 'num-examples' from train"),
        (
            {"arrays": record_of(MODEL), "metrics": MetricRecord({"num-examples": 0})},
            "found no examples to train",
        ),
        ({"arrays": record_of(MODEL), "metrics": MetricRecord({"num-examples": -2})}, "-2.0 examples"),
        ({"arrays": record_of(MODEL), "metrics": MetricRecord({"num-examples": 1.5})}, "1.5 examples"),
        (
            {"arrays": record_of(MODEL), "metrics": MetricRecord({"num-examples": float("nan")})},
            "nan examples",
        ),
    ],
)
def test_an_incomplete_result_is_refused_naming_the_app(records, sentence):
    with pytest.raises(Refused, match=f"hospital:app .*{sentence}"):
        runner(replying(**records)).train(MODEL, {})


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"w": MODEL["w"]}, r"returned other arrays from train than it was given: 'b' is missing\."),
        ({**MODEL, "c": MODEL["b"]}, r"returned other arrays .*: 'c' is not of the model\."),
        ({**MODEL, "b": np.float32([np.nan])}, "trained array 'b' to NaN"),
        ({**MODEL, "w": MODEL["w"].T[:1]}, r"returned other arrays .*: 'w' is \(1, 2\), not \(2, 2\)\."),
    ],
)
def test_a_model_of_other_shapes_or_with_nan_is_refused_naming_the_app(arrays, sentence):
    with pytest.raises(BadArrays, match=f"hospital:app {sentence}"):
        runner(replying(arrays=record_of(arrays), metrics=ONE)).train(MODEL, {})


def test_of_many_differing_arrays_a_few_are_named():
    given = {f"layer{i}": np.float32([i]) for i in range(160)}
    returned = {str(i): array for i, array in enumerate(given.values())}
    with pytest.raises(BadArrays, match=r"'0' is not of the model; .*; and 316 more") as refused:
        runner(replying(arrays=record_of(returned), metrics=ONE)).train(given, {})
    assert len(str(refused.value)) < 300


def test_counters_that_the_model_lacks_are_left_out_of_what_an_app_returns():
    counters = {"bn.num_batches_tracked": np.array(7), "mask": np.array([True])}
    trained = ArrayRecord({k: FlowerArray(a) for k, a in {**MODEL, **counters}.items()})
    result = runner(replying(arrays=trained, metrics=ONE)).train(MODEL, {})
    assert spec_of(result.arrays) == spec_of(MODEL)


def test_an_app_gets_constants_and_doubles_in_their_own_type_and_only_doubles_come_back():
    model = {"bn.steps": np.array(7), "mask": np.array([True, False]), "w": np.float64([1.0, 2.0])}
    seen = {}

    def train(message, context):
        seen.update({name: array.numpy() for name, array in message.content["arrays"].items()})
        counted = {**seen, "bn.steps": seen["bn.steps"] + 1, "w": seen["w"] + 2**-40}
        trained = ArrayRecord({name: FlowerArray(np.asarray(array)) for name, array in counted.items()})
        return Message(RecordDict({"arrays": trained, "metrics": ONE}), reply_to=message)

    result = runner(app_that(train)).train(model, {})
    assert {name: (array.dtype, array.tolist()) for name, array in seen.items()} == {
        name: (array.dtype, array.tolist()) for name, array in model.items()
    }
    assert {name: array.tolist() for name, array in result.arrays.items()} == {"w": [1 + 2**-40, 2 + 2**-40]}


def test_a_double_beyond_the_models_format_counts_as_infinite():
    trained = ArrayRecord({"w": FlowerArray(np.float64([1e300]))})
    with pytest.raises(BadArrays, match="trained array 'w' to NaN or infinity"):
        runner(replying(arrays=trained, metrics=ONE)).train({"w": np.float32([1])}, {})


def test_what_changes_with_the_round_is_the_rounds_own_in_both_configs():
    seen = []

    def train(message, context):
        seen.append((message.content["config"]["lr"], context.run_config["lr"], dict(context.run_config)))
        return Message(RecordDict({"arrays": record_of(MODEL), "metrics": ONE}), reply_to=message)

    app = AppRunner(app_that(train), None, {"lr": 0.5, "epochs": 2})
    for rate in (0.25, 0.125):
        app.train(MODEL, {"lr": rate, "epochs": 2, "server-round": 4})
    assert seen == [(rate, rate, {"lr": rate, "epochs": 2}) for rate in (0.25, 0.125)]


def test_a_setting_that_is_missing_in_the_messages_config_is_named_with_where_it_belongs():
    asking = app_that(lambda message, _: message.content["config"]["lr"])
    sentence = (
        "there is no 'lr' in the message's config; it belongs in the `train` object of the task's metadata"
    )
    with pytest.raises(Refused, match=f"hospital:app failed to train: {sentence}"):
        runner(asking).train(MODEL, {})
    with pytest.raises(Refused, match=r"failed to train: KeyError\('w'\)"):
        runner(app_that(lambda *_: {}["w"])).train(MODEL, {})


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (
            lambda message, _: message.content["gmodel"],
            "there is no 'gmodel' in the message, which holds the model under 'arrays' and settings under 'config'",
        ),
        (lambda message, _: message.content["arrays"]["0"], "there is no array '0' in the message"),
        (lambda _, context: context.state["head"], r"there is no 'head' in context\.state: .* personalised"),
    ],
)
def test_what_is_missing_in_a_message_or_in_the_state_is_said_to_be(ask, sentence):
    for act in (runner(app_that(ask)).train, runner(app_that(ask)).evaluate):
        with pytest.raises(Refused, match=f"hospital:app failed to .*: {sentence}"):
            act(MODEL, {})


def test_of_a_long_error_its_beginning_is_told():
    def mismatch(*_):
        raise RuntimeError("size mismatch " * 1000)

    sentence = r"failed to train: RuntimeError\('size mismatch .*… \(14,016 characters\)\."
    with pytest.raises(Refused, match=sentence) as told:
        runner(app_that(mismatch)).train(MODEL, {})
    assert len(str(told.value)) < 500


def test_state_that_is_no_floating_point_is_refused():
    trained = ArrayRecord({"w": ArrayRecord([np.array([1])])["0"]})
    with pytest.raises(BadArrays, match="'w' of hospital:app is int64"):
        runner(replying(arrays=trained, metrics=ONE)).train({"w": np.float32([1])}, {})


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_is_refused(loss):
    with pytest.raises(
        Refused, match=r"hospital:app reported a loss of (nan|inf); a vote needs a finite number"
    ):
        runner(replying(metrics=MetricRecord({"loss": loss, "num-examples": 1}))).evaluate(MODEL, {})


def test_a_missing_loss_is_refused_with_the_names_it_may_have():
    with pytest.raises(Refused, match="reported no loss, but no metric at all; put one of loss, eval_loss"):
        runner(replying(metrics=ONE)).evaluate(MODEL, {})
    scored = MetricRecord({"num-examples": 3, "test_logloss": 0.5, "accuracy": 0.75})
    with pytest.raises(
        Refused, match=r"no loss, but accuracy, test_logloss; .*task's metadata name its `metric`"
    ):
        runner(replying(metrics=scored)).evaluate(MODEL, {})
    other = AppRunner(replying(metrics=scored), name="hospital:app", evaluation=Evaluation("auc"))
    with pytest.raises(
        Refused, match="hospital:app reported no auc, but accuracy, test_logloss; members of this"
    ):
        other.evaluate(MODEL, {})


@pytest.mark.parametrize(
    ("evaluation", "loss"),
    [
        (Evaluation("test_logloss"), 0.5),
        (Evaluation("accuracy", higher_is_better=True), -0.75),
    ],
)
def test_a_task_names_the_metric_that_votes_go_by_and_its_direction(evaluation, loss):
    scored = MetricRecord({"num-examples": 3, "test_logloss": 0.5, "accuracy": 0.75, "loss": 9.0})
    result = AppRunner(replying(metrics=scored), evaluation=evaluation).evaluate(MODEL, {})
    assert (result.loss, result.metrics["accuracy"]) == (loss, 0.75)


def test_an_app_that_raises_or_returns_nonsense_is_named():
    with pytest.raises(Refused, match="hospital:app failed to train: ZeroDivisionError"):
        runner(app_that(lambda *_: 1 / 0)).train(MODEL, {})
    with pytest.raises(Refused, match="hospital:app returned a NoneType from evaluate"):
        runner(app_that(lambda *_: None)).evaluate(MODEL, {})
    with pytest.raises(Refused, match=r"hospital:app failed to train: .*No train function"):
        runner(ClientApp()).train(MODEL, {})


@pytest.mark.parametrize("ending", [SystemExit("no data is mounted"), SystemExit(0), KeyboardInterrupt()])
def test_an_app_that_ends_the_program_is_refused_like_one_that_raises(ending):
    def leave(*_):
        raise ending

    sentence = rf"failed to .*: the app ended the program \({type(ending).__name__}: {ending}\)\."
    for act in (runner(app_that(leave)).train, runner(app_that(leave)).evaluate):
        with pytest.raises(Refused, match=f"hospital:app {sentence}"):
            act(MODEL, {})


def test_a_module_that_ends_the_program_when_it_is_imported_is_no_app(tmp_path, monkeypatch):
    tmp_path.joinpath("reads_arguments.py").write_text(
        "import argparse\nargparse.ArgumentParser().parse_args(['-x'])"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(BadConfig, match=r"cannot be imported: the app ended the program \(SystemExit: 2\)\."):
        load_app("reads_arguments:app")


def test_an_app_is_loaded_by_its_name(monkeypatch):
    module = types.ModuleType("hospital")
    module.app, module.number = replying(metrics=ONE), 7
    monkeypatch.setitem(sys.modules, "hospital", module)
    assert load_app("hospital:app") is module.app
    for reference, sentence in [
        ("hospital", "should read package.module:app"),
        ("hospital:", "should read package.module:app"),
        ("hospital:client", "has no attribute 'client'"),
        ("hospital:number", "is a int, not a flwr.clientapp.ClientApp"),
        ("no_such_hospital:app", "cannot be imported: ModuleNotFoundError"),
    ]:
        with pytest.raises(BadConfig, match=sentence):
            load_app(reference)


@pytest.mark.parametrize(
    "line", ["import flwr.clients", "from flwr.common import NoSuchName", "import flwr.client.no_such_part"]
)
def test_an_app_for_another_version_of_flower_is_said_to_be_one(tmp_path, monkeypatch, line):
    (tmp_path / "of_another_time.py").write_text(line)
    monkeypatch.syspath_prepend(tmp_path)
    sys.modules.pop("of_another_time", None)
    sentence = (
        rf"cannot be imported: Flower {FLOWER_VERSION} lacks what it imports \([^()]*\)\. It is written for"
    )
    with pytest.raises(BadConfig, match=sentence):
        load_app("of_another_time:app")


def test_a_name_that_another_module_lacks_is_told_as_python_does(tmp_path, monkeypatch):
    (tmp_path / "wants_more.py").write_text("from json import no_such_name")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(BadConfig, match=r"cannot be imported: ImportError\(.*no_such_name"):
        load_app("wants_more:app")


def test_a_library_that_the_app_lacks_is_named_as_such(tmp_path, monkeypatch):
    (tmp_path / "needs_more.py").write_text("import no_such_library.part\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(BadConfig, match="it needs the module 'no_such_library', which is not installed"):
        load_app("needs_more:app")


def query(app):
    app.query()(lambda *_: None)
    return app


def only(category):
    app = ClientApp()
    getattr(app, category)()(lambda *_: None)
    return app


@pytest.mark.parametrize(
    ("app", "sentence"),
    [
        (ClientApp(), r"'hospital:app' has no function for train messages \(of its functions: none\)"),
        (only("train"), r"no function for evaluate messages \(of its functions: train.default\)"),
        (query(only("evaluate")), r"no function for train .*: evaluate.default, query.default\)"),
        (app_that(lambda *_: None, [secaggplus_mod]), "has a mod of secure aggregation, which hides"),
    ],
)
def test_an_app_that_can_have_no_part_in_a_round_is_refused_when_it_is_loaded(monkeypatch, app, sentence):
    module = types.ModuleType("hospital")
    module.app = app
    monkeypatch.setitem(sys.modules, "hospital", module)
    with pytest.raises(BadConfig, match=sentence):
        load_app("hospital:app")


def test_a_judge_evaluates_for_an_app_that_does_not(monkeypatch):
    module = types.ModuleType("hospital")
    module.app, module.judge = only("train"), only("evaluate")
    module.trains = replying(arrays=record_of(MODEL), metrics=ONE)
    module.judges = replying(metrics=MetricRecord({"loss": 0.5, "num-examples": 3}))
    monkeypatch.setitem(sys.modules, "hospital", module)
    with pytest.raises(
        BadConfig, match=r"add one under @app.evaluate\(\), or name an app that has one as `judge`\."
    ):
        load_app("hospital:app")
    with pytest.raises(BadConfig, match="'hospital:app' has no function for evaluate messages"):
        load_app("hospital:trains", "hospital:app")
    assert load_app("hospital:app", "hospital:judge")
    judged = runner(load_app("hospital:trains", "hospital:judges"))
    assert (judged.train(MODEL, {}).examples, judged.evaluate(MODEL, {}).examples) == (1, 3)


def test_the_example_app_learns_without_knowing_flock():
    app = load_app("examples.wine.client:app")
    members = [AppRunner(app, {"partition-id": i, "num-partitions": 3}) for i in range(3)]
    model = {"0": np.zeros((13, 3), np.float32), "1": np.zeros(3, np.float32)}
    before = [member.evaluate(model, {}).loss for member in members]
    for _ in range(5):
        trained = [member.train(model, {}).arrays for member in members]
        model = {name: np.mean([arrays[name] for arrays in trained], axis=0) for name in model}
    after = [member.evaluate(model, {}) for member in members]
    assert all(result.loss < loss / 2 for result, loss in zip(after, before, strict=True))
    assert min(result.metrics["accuracy"] for result in after) > 0.8
