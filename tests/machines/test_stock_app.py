"""An app as Flower's quickstart writes it, from outside this repository: as it is, and with flock around it."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flwr.app import ConfigRecord, Context, Message, RecordDict

from flock import mod
from flock.node.detached import DetachedDuties, FirstKept, has_result
from flock.node.duties import MemberDuties
from flock.node.memory import CastVote, NodeMemory
from flock.protocol.core.cid import cid_of
from flock.store.database import Database
from flock.store.key_value import KeyValueStore
from flock.training.flower.messages import local_message
from flock.training.loading import load_app
from flock.training.mods import INSTRUCTION, RESULT, TRAINER, VOTER, duty_mod, with_mods
from tests.node.arena import PROPOSERS, Arena, Member, empty_arena, first_model, full_arena

__all__ = ["empty_arena", "first_model", "full_arena"]

# What Flower's quickstart-pytorch app looks like, on a model with the one array of the test's task.
QUICKSTART = """
import torch
from flwr.app import ArrayRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.w = torch.nn.Parameter(torch.zeros(2, 3))


def load_data(partition_id: int, num_partitions: int):
    torch.manual_seed(partition_id)
    return torch.arange(6.0).reshape(2, 3) + torch.rand(20, 2, 3) / num_partitions


def train_fn(net, trainloader, epochs, lr):
    optimizer = torch.optim.SGD(net.parameters(), lr=lr)
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = ((net.w - trainloader) ** 2).mean()
        loss.backward()
        optimizer.step()
    return loss.item()


app = ClientApp()


@app.train()
def train(msg: Message, context: Context):
    model = Net()
    model.load_state_dict(msg.content["arrays"].to_torch_state_dict())
    partition_id = context.node_config["partition-id"]
    num_partitions = context.node_config["num-partitions"]
    trainloader = load_data(partition_id, num_partitions)
    train_loss = train_fn(model, trainloader, context.run_config["local-epochs"], msg.content["config"]["lr"])
    model_record = ArrayRecord(model.state_dict())
    metrics = {"train_loss": train_loss, "num-examples": len(trainloader)}
    content = RecordDict({"arrays": model_record, "metrics": MetricRecord(metrics)})
    return Message(content=content, reply_to=msg)


@app.evaluate()
def evaluate(msg: Message, context: Context):
    model = Net()
    model.load_state_dict(msg.content["arrays"].to_torch_state_dict())
    valloader = load_data(1000 + context.node_config["partition-id"], context.node_config["num-partitions"])
    with torch.no_grad():
        eval_loss = ((model.w - valloader) ** 2).mean().item()
    metrics = {"eval_loss": eval_loss, "eval_acc": 0.0, "num-examples": len(valloader)}
    content = RecordDict({"metrics": MetricRecord(metrics)})
    return Message(content=content, reply_to=msg)
"""
NODE_CONFIG = {"partition-id": 0, "num-partitions": 6}
RUN_CONFIG = {"local-epochs": 2, "lr": 0.5}


@pytest.fixture(scope="module")
def quickstart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The app, in a project of its own."""
    project = tmp_path_factory.mktemp("quickstart")
    (project / "quickstart").mkdir()
    (project / "quickstart" / "__init__.py").touch()
    (project / "quickstart" / "client_app.py").write_text(QUICKSTART)
    sys.path.insert(0, str(project))
    yield load_app("quickstart.client_app:app")
    sys.path.remove(str(project))


@pytest.fixture
def arena(full_arena: Arena) -> Arena:
    """A task in whose open round all proposers but the first have proposed."""
    for account, member in full_arena.members.items():
        context = replace(member.context, task_config=RUN_CONFIG)
        full_arena.members[account] = Member(context, MemberDuties(context))
    full_arena.open_round()
    full_arena.propose(range(1, PROPOSERS))
    return full_arena


def instruction(arena: Arena, kind: str, context: Context) -> Message:
    content = {INSTRUCTION: ConfigRecord({"task": arena.task, "round": arena.view.number})}
    return local_message(RecordDict(content), kind, context)


def asked(arena: Arena, kind: str, app: Any, node_config: dict[str, Any] = NODE_CONFIG) -> Message:
    """What the app answers to one of flock's messages."""
    context = Context(1, 42, dict(node_config), RecordDict(), dict(RUN_CONFIG))
    reply = app(instruction(arena, kind, context), context)
    assert not reply.has_error(), reply.error.reason
    return reply


def apart(arena: Arena, member: Member) -> DetachedDuties:
    """The duties of an app beside the member's node: on its home, without its key."""
    memory = NodeMemory(FirstKept(KeyValueStore(arena.database, member.account)), arena.task)
    return DetachedDuties(replace(member.context, memory=memory))


def test_a_quickstart_app_proposes_and_votes_as_it_is(arena: Arena, quickstart: Any) -> None:
    proposer = arena.at(0)
    reply = asked(arena, TRAINER, with_mods(quickstart, [duty_mod(proposer.duties, "quickstart")]))
    assert reply.content[RESULT]["train_loss"] > 0
    assert arena.view.proposed == 0b111
    arena.publish(range(PROPOSERS))
    arena.attest()
    voter = arena.voters[0]
    reply = asked(arena, VOTER, with_mods(quickstart, [duty_mod(voter.duties, "quickstart")]))
    assert reply.content[RESULT]["loss"] > 0
    vote = voter.context.memory.vote(arena.view.number)
    assert vote is not None
    assert vote.supports


def test_beside_a_node_the_app_makes_and_the_node_promises(
    arena: Arena, quickstart: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    proposer, number = arena.at(0), arena.view.number
    duties = apart(arena, proposer)
    monkeypatch.setattr(mod, "_duties", {"node.toml": duties}.__getitem__)
    app, beside = mod.in_flock(quickstart), {**NODE_CONFIG, "flock": "node.toml"}
    assert not has_result(proposer.context)
    asked(arena, TRAINER, app, beside)
    made = proposer.context.memory.proposed_update(number)
    assert made is not None
    assert has_result(proposer.context)
    assert not arena.view.proposed & 1  # nothing was promised yet
    asked(arena, TRAINER, app, beside)
    assert proposer.context.memory.proposed_update(number) == made  # nor trained twice
    proposer.duties.propose_unprompted(number)
    assert arena.view.proposed & 1
    assert proposer.context.memory.proposed_update(number) == made


def test_the_app_never_overwrites_what_the_node_may_have_promised(database: Database) -> None:
    node, app = (
        NodeMemory(KeyValueStore(database, "n"), 1),
        NodeMemory(FirstKept(KeyValueStore(database, "n")), 1),
    )
    own, late = cid_of(bytes(32)), cid_of(b"\x01" * 32)
    node.keep_update(1, own)
    app.keep_update(1, late)
    assert node.proposed_update(1) == own
    first = CastVote("00" * 32, 0, 0, supports=True, candidate_loss=1.0)
    app.keep_vote(1, first)
    app.keep_vote(1, CastVote("11" * 32, 0, 0, supports=False, candidate_loss=2.0))
    assert node.vote(1) == first
    app.keep_accepted_loss(3.0)
    assert app.keep_accepted_loss(2.0) == 2.0


@pytest.mark.parametrize(
    ("node_config", "why"),
    [
        ({}, "start it with --node-config 'flock="),
        ({"flock": "/nowhere/node.toml"}, "There is no configuration file /nowhere/node.toml"),
    ],
)
def test_a_supernode_that_does_not_say_whom_it_works_for_is_told_how(
    quickstart: Any, node_config: dict[str, str], why: str
) -> None:
    context = Context(1, 42, dict(node_config), RecordDict(), {})
    message = local_message(RecordDict(), TRAINER, context)
    assert why in mod.in_flock(quickstart)(message, context).error.reason


def test_messages_of_others_reach_the_app_as_they_are(quickstart: Any) -> None:
    context = Context(1, 42, {}, RecordDict(), {})
    with pytest.raises(ValueError, match="No query function"):
        mod.in_flock(quickstart)(local_message(RecordDict(), "query", context), context)
