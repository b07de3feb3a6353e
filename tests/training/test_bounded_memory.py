"""Aggregating takes little memory beside the updates, and updates on disk need not fit in memory at all."""

import tracemalloc

import numpy as np
import pytest

from flock.protocol.alliance.params import MIXING
from flock.protocol.core.cid import cid_of, digest_of
from flock.store.blobs import DiskBlobs
from flock.training import blockwise
from flock.training.aggregation import Rule, candidate, write_candidate
from flock.training.arrays import Update, decode_model, decode_update, encode_model, encode_update, spec_of
from tests.training.conftest import updates_from

pytestmark = pytest.mark.long

MIB = 1 << 20
RULES = [Rule.FEDAVG, Rule.TRIMMED_MEAN, Rule.TRIMMED_MEAN + MIXING, Rule.GEOMETRIC_MEDIAN]


@pytest.fixture(autouse=True)
def _two_processors(monkeypatch):
    """Memory goes with their number."""
    monkeypatch.setattr(blockwise, "WORKERS", 2)


def peak_of(call) -> int:
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("rule", RULES)
def test_updates_and_all_that_is_made_of_them_take_at_most_half_more(rule):
    rows = np.random.default_rng(0).standard_normal((64, 800_000), dtype=np.float32)
    updates = updates_from(rows)
    model = {name: np.zeros_like(array) for name, array in updates[0].arrays.items()}
    assert peak_of(lambda: candidate(model, updates, rule, 2500)) < rows.nbytes / 2


def test_updates_on_disk_are_not_brought_into_memory(tmp_path):
    """Neither they nor the candidate, however large: what is needed is a block at a time."""
    blobs, size = DiskBlobs(tmp_path), 6 * MIB
    model = {"w": np.zeros(size, np.float16)}
    data = encode_model(model)
    base = digest_of(data)
    cids = [blobs.put(data)]
    cids += [
        blobs.put(encode_update(Update({"w": np.full(size, k, np.float16)}, base, 1))) for k in range(1, 5)
    ]

    def vote() -> None:
        current = decode_model(blobs.view(cids[0], 1 << 30))
        like = spec_of(current)
        views = [decode_update(blobs.view(cid, 1 << 30), like=like, base=base) for cid in cids[1:]]
        with blobs.incoming(1 << 30) as blob:
            write_candidate(current, dict(enumerate(views)), Rule.TRIMMED_MEAN + MIXING, 2500, blob.write)
            blobs.keep(blob, cid_of(blob.digest))
            cids.append(cid_of(blob.digest))

    assert peak_of(vote) < 64 * blockwise.BLOCK_NUMBERS
    assert set(decode_model(blobs.get(cids[-1], 1 << 30))["w"].tolist()) == {2.5}
