"""An app whose evaluation does not heed an array of the model is found out before it stakes."""

import numpy as np
import pytest
import torch
from flwr.app import Array, ArrayRecord, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from torch import nn

from flock.errors import Refused
from flock.training.app import AppRunner
from flock.training.evaluation import Evaluation
from flock.training.heeding import LEAST_TRIALS, MOST_TRIALS, grouped, unheeded
from flock.training.rehearsal import Phases, rehearse

HOUR = Phases(propose_seconds=3600, commit_seconds=3600)
DICE = torch.Generator().manual_seed(1)
FEATURES = torch.randn(64, 4, generator=DICE)
LABELS = (FEATURES[:, 0] > 0).long()


def net():
    torch.default_generator.manual_seed(0)
    return nn.ModuleDict(
        {"body": nn.Linear(4, 8), "norm": nn.BatchNorm1d(8), "head": nn.Linear(8, 2, dtype=torch.float32)}
    )


def model():
    return {name: value.numpy().copy() for name, value in net().state_dict().items()}


def loss_of(parts, *, training=False):
    parts.train(training)
    scores = parts["head"](torch.relu(parts["norm"](parts["body"](FEATURES))))
    return nn.functional.cross_entropy(scores, LABELS)


def loaded(message):
    parts = net()
    parts.load_state_dict(message.content["arrays"].to_torch_state_dict())
    return parts


def personal(kept=None, evaluation=None):
    """A torch app that keeps the arrays whose names begin with ``kept`` in its state, as Flower's own examples do."""
    app = ClientApp()

    def own(message, context):
        parts = loaded(message)
        if "own" in context.state:
            parts.load_state_dict(context.state["own"].to_torch_state_dict(), strict=False)
        return parts

    @app.train()
    def _(message, context):
        parts = own(message, context)
        optimiser = torch.optim.SGD(parts.parameters(), lr=0.1)
        loss_of(parts, training=True).backward()
        optimiser.step()
        state = parts.state_dict()
        if kept:
            context.state["own"] = ArrayRecord(
                {k: Array(v.numpy()) for k, v in state.items() if k.startswith(kept)}
            )
        metrics = MetricRecord({"num-examples": 64})
        return Message(RecordDict({"arrays": ArrayRecord(state), "metrics": metrics}), reply_to=message)

    @app.evaluate()
    def _(message, context):
        loss = loss_of(own(message, context)).item()
        return Message(RecordDict({"m": MetricRecord({"loss": loss, "num-examples": 64})}), reply_to=message)

    return AppRunner(app, name="hospital:app", evaluation=evaluation or Evaluation())


def test_an_app_that_keeps_nothing_passes_with_batch_norm_and_all():
    assert rehearse(personal(), model(), {}, HOUR).evaluated.examples == 64


def test_a_layer_kept_in_the_state_is_named_where_the_task_is_personalised():
    with pytest.raises(
        Refused, match=r"hospital:app evaluates without 'head.bias'; 'head.weight': its loss is the"
    ):
        rehearse(personal("head", Evaluation(personalised=True)), model(), {}, HOUR)


def test_elsewhere_it_votes_by_the_models_own_layer():
    app = personal("head")
    assert rehearse(app, model(), {}, HOUR)
    app.train(model(), {})
    poisoned = {**model(), "head.weight": model()["head.weight"] * np.float32(-100)}
    assert app.evaluate(poisoned, {}).loss > 2 * app.evaluate(model(), {}).loss


def test_a_layer_kept_in_the_program_is_found_out_everywhere():
    kept = net()["head"].state_dict()
    app = ClientApp()

    @app.evaluate()
    def _(message, context):
        parts = loaded(message)
        parts["head"].load_state_dict(kept)
        loss = loss_of(parts).item()
        return Message(RecordDict({"m": MetricRecord({"loss": loss, "num-examples": 64})}), reply_to=message)

    app.train()(personal().call)
    with pytest.raises(Refused, match=r"evaluates without 'head.bias'; 'head.weight'"):
        rehearse(AppRunner(app, name="hospital:app"), model(), {}, HOUR)


def test_an_array_without_effect_for_now_is_heeded():
    """With the second layer's weights at zero, the first has no effect on the loss."""
    start = {"a": np.zeros((3, 3), np.float32), "b": np.zeros((3, 2), np.float32)}

    def loss(arrays):
        return [float(((np.ones(3) @ arrays["a"] @ arrays["b"] - 1) ** 2).sum())]

    assert unheeded(start, loss, 0) == []
    assert unheeded({**start, "c": np.float32([1])}, loss, 0) == ["c"]


def test_numbers_next_to_0_are_heeded():
    """As a softmax regression's bias has them after one step from zero, where all classes are as frequent."""
    start = {"w": np.float32([1, 2]), "b": np.float32([1e-9, -1e-9])}

    def loss(arrays):
        return [float(np.float32(arrays["w"].sum() + arrays["b"].sum()))]

    assert unheeded(start, loss, 0) == []
    assert unheeded({**start, "c": np.float32([1e-9])}, loss, 0) == ["c"]


def test_a_coarse_metric_moves_if_the_change_is_large():
    points = np.linspace(-1, 1, 9)

    def right(arrays):
        return [float(((points * 5 + arrays["shift"] * arrays["scale"]) > 0).mean())]

    assert unheeded({"shift": np.float32([0.1]), "scale": np.float32([1])}, right, 0) == []


def test_an_evaluation_that_fails_on_a_changed_model_heeds_it():
    def loss(arrays):
        if arrays["w"][0] > 1:
            raise Refused("it overflows")
        return [1.0]

    assert unheeded({"w": np.float32([1])}, loss, 0) == []


def test_an_evaluation_that_fails_on_the_trained_model_itself_is_told_of():
    def loss(arrays):
        raise Refused("it has no state to evaluate with")

    with pytest.raises(Refused, match="no state to evaluate with"):
        unheeded({"w": np.float32([1])}, loss, 0)


def test_nothing_is_said_of_an_evaluation_that_differs_from_time_to_time():
    losses = iter([1.0, 1.0, 2.0, 3.0])
    assert unheeded({"w": np.float32([1])}, lambda _: [next(losses)], 0) == []


def test_constants_and_empty_arrays_have_no_say():
    arrays = {"w": np.float32([1]), "n": np.array(3), "e": np.zeros((0, 2), np.float32)}
    assert unheeded(arrays, lambda changed: [float(changed["w"][0])], 0) == []


@pytest.mark.parametrize(
    ("names", "most", "groups"),
    [
        (["b", "a"], 2, [["a"], ["b"]]),
        (["conv.bias", "conv.weight", "head.weight"], 2, [["conv.bias", "conv.weight"], ["head.weight"]]),
        (
            ["body.0.w", "body.0.b", "body.1.w", "head.w"],
            3,
            [["body.0.b", "body.0.w"], ["body.1.w"], ["head.w"]],
        ),
        (
            ["body.0.w", "body.1.w", "body.2.w", "head.w"],
            2,
            [["body.0.w", "body.1.w", "body.2.w"], ["head.w"]],
        ),
        (list("abcde"), 2, [["a", "b", "c"], ["d", "e"]]),
        ([f"{'.' * 200_000}{name}" for name in "abc"], 2, [[f"{'.' * 200_000}{name}" for name in "abc"]]),
        ([], 4, []),
    ],
)
def test_many_arrays_are_changed_by_layers_or_parts_or_some_at_a_time(names, most, groups):
    assert grouped(names, most) == groups


@pytest.mark.parametrize(("seconds", "most"), [(0.001, MOST_TRIALS), (12, 10), (1000, LEAST_TRIALS)])
def test_the_number_of_evaluations_is_bounded_and_so_is_their_time(seconds, most):
    calls = []
    arrays = {f"layer{i}.w": np.float32([i]) for i in range(500)}

    def loss(changed):
        calls.append(1)
        return [sum(float(array[0]) for array in changed.values())]

    assert unheeded(arrays, loss, seconds) == []
    assert most / 2 <= len(calls) <= most + 1
