# ruff: noqa: A002 - a round is a round, as in flock.training.mods.Duties
"""The duty mod: flock's messages become duties, all others reach the app as they are."""

import numpy as np
import pytest
from flwr.app import ConfigRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp

from flock.errors import Refused
from flock.training.app import AppRunner, arrays_of, record_of
from flock.training.flower.messages import local_message
from flock.training.mods import INSTRUCTION, RESULT, TRAINER, VOTER, duty_mod, runner_mod, with_mods

MODEL = {"w": np.float32([1, 2])}
app = ClientApp()


@app.train()
def train(message, context):
    doubled = {name: 2 * array for name, array in arrays_of(message.content["arrays"]).items()}
    metrics = MetricRecord({"num-examples": 5})
    return Message(RecordDict({"arrays": record_of(doubled), "metrics": metrics}), reply_to=message)


@app.evaluate()
def evaluate(message, context):
    loss = float(arrays_of(message.content["arrays"])["w"].sum())
    return Message(RecordDict({"metrics": MetricRecord({"loss": loss, "num-examples": 5})}), reply_to=message)


class Member:
    """Duties that need no chain."""

    def propose(self, task, round, train):
        result = train(MODEL, {"server-round": round})
        return {"task": task, "round": round, "sum": float(result.arrays["w"].sum())}

    def vote(self, task, round, evaluate):
        return {"task": task, "round": round, "loss": evaluate(MODEL, {}).loss}


def ask(kind, content=None, duties=None, client=app):
    context = Context(1, 42, {}, RecordDict(), {})
    given = {INSTRUCTION: ConfigRecord({"task": 3, "round": 8})} if content is None else content
    message = local_message(RecordDict(given), kind, context)
    return with_mods(client, [duty_mod(duties or Member(), "hospital:app")])(message, context)


def test_a_trainers_duty_lets_the_unaware_app_train():
    assert dict(ask(TRAINER).content[RESULT]) == {"task": 3, "round": 8, "sum": 6.0}


def test_a_voters_duty_lets_the_unaware_app_evaluate():
    assert dict(ask(VOTER).content[RESULT]) == {"task": 3, "round": 8, "loss": 3.0}


def test_no_array_travels_in_a_reply():
    assert not ask(TRAINER).content.array_records


def test_other_messages_reach_the_app_untouched():
    reply = ask("evaluate", {"arrays": record_of(MODEL)})
    assert reply.content["metrics"]["loss"] == 3.0


@pytest.mark.parametrize(
    "content",
    [{}, {INSTRUCTION: ConfigRecord({"task": 3})}, {INSTRUCTION: ConfigRecord({"task": "3", "round": 8})}],
)
def test_a_message_that_names_no_round_is_answered_with_a_sentence(content):
    assert "must name its task and round" in ask(TRAINER, content).error.reason


def test_a_refused_duty_is_answered_with_its_sentence():
    class Late(Member):
        def propose(self, task, round, train):
            raise Refused("Proposing in round 8 has closed.")

    assert ask(TRAINER, duties=Late()).error.reason == "Proposing in round 8 has closed."


def test_an_app_that_fails_is_named_in_the_reply():
    assert "hospital:app failed to train" in ask(TRAINER, client=ClientApp()).error.reason


def test_a_duty_that_breaks_does_not_break_the_node():
    class Broken(Member):
        def vote(self, task, round, evaluate):
            raise ZeroDivisionError

    assert "ZeroDivisionError" in ask(VOTER, duties=Broken()).error.reason


def test_the_coordinators_calls_share_the_state_of_the_nodes_own_duties():
    counting = ClientApp()

    @counting.train()
    def count(message, context):
        calls = context.state.metric_records.setdefault("calls", MetricRecord({"n": 0}))
        calls["n"] += 1
        metrics = MetricRecord({"num-examples": calls["n"]})
        return Message(
            RecordDict({"arrays": message.content["arrays"], "metrics": metrics}), reply_to=message
        )

    class Counted(Member):
        def propose(self, task, round, train):
            return {"examples": train(MODEL, {}).examples}

    runner = AppRunner(counting)
    node = with_mods(counting, [runner_mod(Counted(), runner)])
    call = RecordDict({INSTRUCTION: ConfigRecord({"task": 3, "round": 8})})
    seen = []
    for run_id in (1, 2):
        seen.append(runner.train(MODEL, {}).examples)
        context = Context(run_id, 42, {}, RecordDict(), {})
        seen.append(node(local_message(call, TRAINER, context), context).content[RESULT]["examples"])
    assert seen == [1, 2, 3, 4]


def test_mods_are_applied_from_the_outside_in():
    heard = []

    def named(name):
        def mod(message, context, call):
            heard.append(name)
            return call(message, context)

        return mod

    context = Context(1, 42, {}, RecordDict(), {})
    with_mods(app, [named("outer"), named("inner")])(
        local_message(RecordDict({"arrays": record_of(MODEL)}), "evaluate", context), context
    )
    assert heard == ["outer", "inner"]


def test_an_app_that_ends_the_program_does_not_end_the_node():
    leaving = ClientApp()

    @leaving.train()
    def leave(message, context):
        raise SystemExit("no data is mounted")

    assert ask(TRAINER, client=leaving).error.reason == (
        "hospital:app failed to train: the app ended the program (SystemExit: no data is mounted)."
    )
