"""A trainer's recipe takes from the service what it trains with, base models included, and keeps it."""

from eth_account.signers.local import LocalAccount

from flock.arena.recipes.training import Effort, Material, train
from flock.arena.scoring.artifact import read_weights
from flock.arena.scoring.cache import BlobCache
from flock.arena.scoring.evaluator import evaluator_of
from flock.arena.scoring.run import Run
from flock.arena.task_document import TaskDocument
from flock.arena.trainer.artifacts import FromRecipe
from flock.protocol.core.cid import digest_of
from flock.store.http_blobs import HttpBlobs
from flock.store.uploads import Uploader
from tests.arena.conftest import TRANSFORMER, task_of, text_of
from tests.arena.field import MAX_BYTES, Field, bare_arena, scorer

__all__ = ["bare_arena", "scorer"]


def test_adapters_are_trained_on_the_base_that_the_task_names(bare_arena: Field, admin: LocalAccount) -> None:
    arena, clock = bare_arena, bare_arena.contracts.client.now
    text = text_of(20).encoded()
    whole = task_of("language-model", TRANSFORMER, "bits-per-byte")
    base = train(whole, Material(text), Effort(5, run=Run(device="cpu")))
    uploader = Uploader(arena.contracts.deployment_domain, arena.task, admin.address, admin, clock=clock)
    with HttpBlobs(arena.service, uploader) as blobs:
        for data in (text, base):
            blobs.put(data)
    lora = {
        "bases": {digest_of(base).hex(): TRANSFORMER},
        "targets": ["query"],
        "largest_rank": 2,
        "alpha": 4,
    }
    scoring = task_of("lora", {"architecture": "lora", **lora}, "bits-per-byte")
    cache = BlobCache(arena.folder / "trainer-cache", MAX_BYTES)
    document = TaskDocument(scoring, training_set=digest_of(text))
    recipe = FromRecipe(arena.actor(admin), document, cache, steps=2, seed=0)
    first, second = recipe(), recipe()
    assert first != second
    header, _ = read_weights(first, scoring.bounds)
    evaluator = evaluator_of(scoring)
    evaluator.require(header)
    assert evaluator.base_of(header) == digest_of(base).hex()
    assert cache.holds(digest_of(base))
    assert cache.holds(digest_of(text))
