# ruff: noqa: A002 - a round is a round, as in flock.training.strategy.Floor
"""Any Flower Strategy under the chain: who is called, what is believed, what the strategy gets to see."""

import numpy as np
import pytest
from flwr.app import ArrayRecord, ConfigRecord, Context, Error, Message, RecordDict
from flwr.serverapp.strategy import FedAdam, FedAvg, FedMedian

from flock.errors import BlobUnavailable
from flock.protocol.core.cid import digest_of
from flock.training.app import arrays_of
from flock.training.arrays import Update, encode_model, encode_update
from flock.training.flower.messages import local_message
from flock.training.flower.runs import TaskIdentity
from flock.training.mods import INSTRUCTION, RESULT, TRAINER, VOTER
from flock.training.strategy import ChainCoordinated

MODEL = {"w": np.float32([1, 2])}
BASE = digest_of(encode_model(MODEL))
ROUND = 5


class Chain:
    """A floor with proposers 11, 12, 13 and voters 21, 22; what they published is up to the test."""

    task = 3

    def __init__(self):
        self.published = {
            node: encode_update(Update({"w": np.float32([node, 0])}, BASE, examples))
            for node, examples in [(11, 1), (12, 3), (13, 1)]
        }
        self.promised = {node: digest_of(data) for node, data in self.published.items()}

    def proposers(self, round):
        return [11, 12, 13]

    def voters(self, round):
        return [21, 22]

    def model(self, round):
        return MODEL

    def proposal(self, round, node_id):
        if node_id not in self.published:
            raise BlobUnavailable(f"Node {node_id} showed no bytes.")
        return self.published[node_id]

    def committed(self, round, node_id, digest):
        return self.promised.get(node_id) == digest


@pytest.fixture(autouse=True)
def in_a_run(monkeypatch):
    """Flower's messages belong to a run."""
    for name in ("_task_id", "_run_id", "_node_id"):
        monkeypatch.setattr(TaskIdentity, name, 1)


def reply(node, kind=TRAINER, **result):
    context = Context(1, node, {}, RecordDict(), {})
    return Message(
        RecordDict({RESULT: ConfigRecord(result)}), reply_to=local_message(RecordDict(), kind, context)
    )


def aggregated(chain, replies, inner=None):
    return ChainCoordinated(inner or FedAvg(), chain).aggregate_train(ROUND, replies)


def value(arrays):
    return arrays_of(arrays)["w"].tolist()


def test_exactly_the_drawn_members_are_called_with_task_and_round_and_no_arrays():
    strategy = ChainCoordinated(FedAvg(), Chain())
    train = strategy.configure_train(ROUND, ArrayRecord(), ConfigRecord(), None)
    vote = strategy.configure_evaluate(ROUND, ArrayRecord(), ConfigRecord(), None)
    called = [(m.metadata.message_type, m.metadata.dst_node_id) for m in (*train, *vote)]
    assert called == [(TRAINER, 11), (TRAINER, 12), (TRAINER, 13), (VOTER, 21), (VOTER, 22)]
    for message in (*train, *vote):
        assert dict(message.content[INSTRUCTION]) == {"task": 3, "round": ROUND}
        assert not message.content.array_records


def test_a_strategy_that_wants_more_nodes_than_were_drawn_does_not_keep_them_waiting():
    strategy = ChainCoordinated(FedAvg(min_train_nodes=9, min_available_nodes=9), Chain())
    assert len(list(strategy.configure_train(ROUND, ArrayRecord(), ConfigRecord(), None))) == 3


def test_the_inner_strategy_gets_trained_models_weighted_by_committed_examples():
    arrays, metrics = aggregated(Chain(), [reply(n, loss=float(n)) for n in (11, 12, 13)])
    assert value(arrays) == pytest.approx([1 + (11 + 3 * 12 + 13) / 5, 2])
    assert metrics["loss"] == pytest.approx((11 + 3 * 12 + 13) / 5)


def test_bytes_of_another_digest_than_committed_are_refused():
    chain = Chain()
    chain.published[12] = encode_update(Update({"w": np.float32([1e6, 0])}, BASE, 3))
    arrays, _ = aggregated(chain, [reply(n) for n in (11, 12, 13)])
    assert value(arrays) == [13, 2]


@pytest.mark.parametrize(
    "bad",
    [
        encode_update(Update({"w": np.float32([1, 0])}, bytes(32), 3)),
        encode_update(Update({"w": np.float32([1, 0, 0])}, BASE, 3)),
        encode_model(MODEL),
        b"nonsense",
    ],
    ids=["another base", "another shape", "a model", "nonsense"],
)
def test_committed_bytes_that_are_no_update_of_the_model_are_refused(bad):
    chain = Chain()
    chain.published[12], chain.promised[12] = bad, digest_of(bad)
    arrays, _ = aggregated(chain, [reply(n) for n in (11, 12, 13)])
    assert value(arrays) == [13, 2]


def test_members_that_published_nothing_failed_or_were_silent_are_left_out():
    chain = Chain()
    del chain.published[12]
    failed = reply(13)
    failed = Message(Error(200, "no stake"), reply_to=failed)
    arrays, _ = aggregated(chain, [reply(11), reply(12), failed])
    assert value(arrays) == [12, 2]


def test_with_nothing_believable_there_is_no_aggregate():
    chain = Chain()
    chain.published = {}
    assert aggregated(chain, [reply(11), reply(12)]) == (None, None)
    assert ChainCoordinated(FedAvg(), chain).aggregate_evaluate(ROUND, []) is None


def test_replies_with_different_metrics_are_aggregated_by_those_they_share():
    _, metrics = aggregated(
        Chain(), [reply(11, loss=1.0, extra=2.0), reply(12, loss=1.0), reply(13, loss=1.0)]
    )
    assert dict(metrics) == {"loss": pytest.approx(1.0)}


@pytest.mark.parametrize("inner", [FedMedian(), FedAdam()], ids=lambda inner: type(inner).__name__)
def test_other_strategies_of_flower_work_the_same_way(inner):
    strategy = ChainCoordinated(inner, Chain())
    list(strategy.configure_train(ROUND, ArrayRecord(), ConfigRecord(), None))
    arrays, _ = strategy.aggregate_train(ROUND, [reply(n) for n in (11, 12, 13)])
    assert np.isfinite(value(arrays)).all()


def test_voters_losses_are_averaged_over_those_who_tell_them():
    replies = [reply(21, VOTER, loss=1.0), reply(22, VOTER, loss=2.0), reply(22, VOTER)]
    metrics = ChainCoordinated(FedAvg(), Chain()).aggregate_evaluate(ROUND, replies)
    assert metrics["loss"] == pytest.approx(1.5)


def test_no_voter_says_how_much_it_weighs():
    alone = [reply(21, VOTER, loss=1.0, **{"num-examples": 0})]
    assert ChainCoordinated(FedAvg(), Chain()).aggregate_evaluate(ROUND, alone)["loss"] == 1.0
    heavy = [reply(21, VOTER, loss=1.0, **{"num-examples": 99}), reply(22, VOTER, loss=2.0)]
    metrics = ChainCoordinated(FedAvg(), Chain()).aggregate_evaluate(ROUND, heavy)
    assert metrics["loss"] == pytest.approx(1.5)
