"""A torch model as it is saved, with BatchNorm's counters and a double, is trained on chain from round to round."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from eth_account.signers.local import LocalAccount
from flwr.app import ArrayRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from safetensors.torch import save
from torch import nn

from flock.chain.contracts.deployed import Contracts
from flock.protocol.alliance.votes import Outcome
from flock.protocol.core.cid import cid_of
from flock.store.database import Database
from flock.training.arrays import Arrays, decode_model, spec_of
from flock.training.importing import canonical_model
from tests.conftest import SenderOf
from tests.node.arena import MAX_BYTES, PROPOSERS, Arena, fill, open_arena

app = ClientApp()


def net() -> nn.Module:
    torch.default_generator.manual_seed(0)
    parts = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2))
    parts.register_buffer("scale", torch.tensor(1.0, dtype=torch.float64))
    return parts


def loss_of(parts: nn.Module, seed: int) -> torch.Tensor:
    features = torch.randn(256, 4, generator=torch.Generator().manual_seed(seed))
    scores = parts(features) * parts.get_buffer("scale").float()
    return nn.functional.cross_entropy(scores, (features[:, 0] > 0).long())


def loaded(message: Message) -> nn.Module:
    parts = net()
    parts.load_state_dict(message.content.array_records["arrays"].to_torch_state_dict())
    return parts


@app.train()
def train(message: Message, context: Context) -> Message:
    parts = loaded(message)
    optimiser = torch.optim.SGD(parts.parameters(), lr=0.5)
    for _ in range(5):
        optimiser.zero_grad()
        loss_of(parts, 1).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    content = RecordDict(
        {"arrays": ArrayRecord(parts.state_dict()), "metrics": MetricRecord({"num-examples": 256})}
    )
    return Message(content, reply_to=message)


@app.evaluate()
def evaluate(message: Message, context: Context) -> Message:
    loss = loss_of(loaded(message).eval(), 2).item()
    return Message(
        RecordDict({"metrics": MetricRecord({"eval_loss": loss, "num-examples": 256})}), reply_to=message
    )


@pytest.fixture
def start() -> Arrays:
    """The first model, with a counter that has counted."""
    parts = net()
    parts.get_buffer("1.num_batches_tracked").fill_(40)
    return decode_model(canonical_model(save(dict(parts.state_dict())), "model.safetensors"))


@pytest.fixture
def arena(
    contracts: Contracts,
    database: Database,
    sender_of: SenderOf,
    admin: LocalAccount,
    tmp_path: Path,
    rich: Callable[[], LocalAccount],
    start: Arrays,
) -> Iterator[Arena]:
    with open_arena(contracts, database, sender_of, admin, tmp_path, start, app) as arena:
        fill(arena, rich)
        yield arena


def test_every_model_of_the_task_has_the_first_ones_constants(arena: Arena, start: Arrays) -> None:
    models = [start]
    for _ in range(2):
        arena.open_round()
        arena.propose(range(PROPOSERS))
        arena.publish(range(PROPOSERS))
        arena.attest()
        arena.vote()
        assert arena.finish().outcome is Outcome.ACCEPTED
        data = arena.voters[0].context.shared.get(cid_of(arena.view.model), MAX_BYTES)
        models.append(decode_model(data))
    for model in models:
        assert spec_of(model) == spec_of(start)
        assert (model["1.num_batches_tracked"].dtype, int(model["1.num_batches_tracked"])) == (np.int64, 40)
        assert model["scale"].dtype == np.float64
    weights = [model["0.weight"] for model in models]
    assert not np.array_equal(weights[0], weights[1])
    assert not np.array_equal(weights[1], weights[2])
