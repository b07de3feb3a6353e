"""Models that a host computes itself: what they answer, together as alone, in a bounded memory."""

import asyncio
import json
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save

from flock.arena.scoring.run import Run
from flock.arena.scoring.specifications import parse_classifier, parse_text_model
from flock.errors import BadConfig
from flock.marketplace.host.batches import Batches
from flock.marketplace.host.computing import LoadedModel
from flock.marketplace.host.documents import Described, describe
from flock.marketplace.host.shelf import Shelf
from flock.protocol.core.cid import digest_of
from flock.web.errors import BadFields, TooManyRequests

CPU = Run(device="cpu")
LINEAR = {"architecture": "linear", "inputs": 2, "outputs": 2}
CONV = {"architecture": "conv", "image": [1, 4, 4], "channels": [2], "outputs": 3}
BYTES = {"architecture": "byte-transformer", "context": 8, "width": 8, "heads": 2, "layers": 1}


def described(model: dict[str, Any], **more: object) -> Described:
    return describe(json.dumps({"model": model, **more}).encode())


def artifact(model: dict[str, Any], seed: int = 0) -> bytes:
    parse = parse_text_model if model is BYTES else parse_classifier
    random = np.random.default_rng(seed)
    shapes = parse(model).shapes  # type: ignore[union-attr]
    weights = {name: random.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}
    return bytes(save(weights))


def test_a_row_is_answered_alike_alone_and_among_others() -> None:
    found = described(LINEAR, classes=["no", "yes"])
    model = LoadedModel(found, artifact(LINEAR), CPU)
    rows = list(found.rows([[1.0, 2.0], [-3.0, 0.5], [0.0, 0.0]]))
    together, alone = model.predict(rows), [model.predict([row])[0] for row in rows]
    assert [each["label"] for each in together] == [each["label"] for each in alone]
    for one, other in zip(together, alone, strict=True):
        assert one["probabilities"] == pytest.approx(other["probabilities"], abs=1e-6)
        assert sum(one["probabilities"]) == pytest.approx(1)


def test_a_regression_answers_with_numbers_and_an_image_is_a_flat_row() -> None:
    regression = {"architecture": "linear", "inputs": 2, "outputs": 1}
    model = LoadedModel(described(regression, task="regression"), artifact(regression), CPU)
    [answer] = model.predict(list(np.ones((1, 2), np.float32)))
    assert [type(each) for each in answer["outputs"]] == [float]
    images = described(CONV)
    assert images.width == 16
    [answer] = LoadedModel(images, artifact(CONV), CPU).predict(list(images.rows([[0.5] * 16])))
    assert len(answer["probabilities"]) == 3


def test_a_byte_level_model_says_how_surprising_a_text_is() -> None:
    found = described(BYTES)
    answers = LoadedModel(found, artifact(BYTES), CPU).predict(found.texts(["abc", "é"]))
    assert [each["bytes"] for each in answers] == [3, 2]
    assert all(each["nats"] > 0 for each in answers)


@pytest.mark.parametrize(
    ("document", "wrong"),
    [
        (b"{", "describes no model"),
        (b"[]", "describes no model"),
        (b'{"title": "x"}', "describes no model"),
        (json.dumps({"model": {**LINEAR, "layers": 3}}).encode(), "not as it should be"),
        (json.dumps({"model": LINEAR, "features": ["a"]}).encode(), "must be 2 different names"),
        (json.dumps({"model": LINEAR, "features": ["a", "a"]}).encode(), "must be 2 different names"),
        (json.dumps({"model": LINEAR, "classes": ["a", "b", "c"]}).encode(), "must be 2 different names"),
    ],
)
def test_metadata_that_describes_no_model_is_refused(document: bytes, wrong: str) -> None:
    with pytest.raises(BadConfig, match=wrong):
        describe(document)


def test_weights_of_another_shape_are_not_loaded() -> None:
    with pytest.raises(BadConfig, match="not the model that its metadata describes"):
        LoadedModel(described(LINEAR), artifact(CONV), CPU)


def test_texts_that_no_reader_can_write_are_named() -> None:
    with pytest.raises(BadFields, match=r"inputs\.0"):
        described(BYTES).texts(["\ud800"])
    with pytest.raises(BadFields, match=r"inputs\.1"):
        described(BYTES).texts(["a", 5])


class Machine:
    """Says what batches it was given; the first one waits until it is told to go on."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.go_on = threading.Event()

    def compute(self, rows: Sequence[int]) -> list[int]:
        self.batches.append(list(rows))
        if len(self.batches) == 1:
            self.go_on.wait()
        if -1 in rows:
            raise BadConfig("minus one")
        return [row * 10 for row in rows]


def test_calls_that_come_while_it_computes_are_the_next_batch_and_each_gets_its_own() -> None:
    machine = Machine()

    async def calls() -> list[Sequence[int]]:
        with ThreadPoolExecutor(1) as executor:
            batches = Batches(machine.compute, executor, largest=4, most=100)
            first = asyncio.ensure_future(batches.run([0]))
            await asyncio.sleep(0)
            others = [asyncio.ensure_future(batches.run([n, n + 1])) for n in (10, 20, 30)]
            gone = asyncio.ensure_future(batches.run([99]))
            await asyncio.sleep(0)
            gone.cancel()
            await asyncio.sleep(0)
            machine.go_on.set()
            return [await each for each in (first, *others)]

    assert asyncio.run(calls()) == [[0], [100, 110], [200, 210], [300, 310]]
    assert machine.batches == [[0], [10, 11, 20, 21], [30, 31]]


def test_calls_with_the_same_rows_are_two_calls() -> None:
    def compute(rows: Sequence[np.ndarray]) -> list[float]:
        return [float(row.sum()) for row in rows]

    async def calls() -> list[Sequence[float]]:
        with ThreadPoolExecutor(1) as executor:
            batches = Batches(compute, executor, largest=2, most=100)
            rows = ([np.ones(3), np.zeros(3)] for _ in range(5))
            return list(await asyncio.gather(*map(batches.run, rows)))

    assert asyncio.run(calls()) == [[3.0, 0.0]] * 5


def test_a_full_queue_says_come_back_and_a_failure_is_that_of_its_batch_only() -> None:
    machine = Machine()

    async def calls() -> Sequence[int]:
        with ThreadPoolExecutor(1) as executor:
            batches = Batches(machine.compute, executor, largest=1, most=2)
            first = asyncio.ensure_future(batches.run([-1]))
            await asyncio.sleep(0)
            second = asyncio.ensure_future(batches.run([2]))
            third = asyncio.ensure_future(batches.run([3]))
            await asyncio.sleep(0)
            with pytest.raises(TooManyRequests):
                await batches.run([4])
            machine.go_on.set()
            with pytest.raises(BadConfig):
                await first
            return [*await second, *await third]

    assert asyncio.run(calls()) == [20, 30]


def test_models_share_a_memory_and_the_one_used_last_stays(tmp_path: Path) -> None:
    found, files = described(LINEAR), [artifact(LINEAR, seed) for seed in range(3)]
    paths = [tmp_path / f"{number}.safetensors" for number in range(3)]
    for path, data in zip(paths, files, strict=True):
        path.write_bytes(data)
    shelf = Shelf(2 * len(files[0]), threads=1, device="cpu")
    zero, one = (shelf.get(paths[n], digest_of(files[n]), found) for n in (0, 1))
    assert shelf.get(paths[0], digest_of(files[0]), found) is zero
    shelf.get(paths[2], digest_of(files[2]), found)
    assert shelf.get(paths[0], digest_of(files[0]), found) is zero
    assert shelf.get(paths[1], digest_of(files[1]), found) is not one


def test_a_file_that_is_not_what_was_published_is_not_served(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(artifact(LINEAR))
    shelf = Shelf(1 << 20, threads=1, device="cpu")
    with pytest.raises(BadConfig, match="not what was published"):
        shelf.get(path, b"\0" * 32, described(LINEAR))
    with pytest.raises(BadConfig, match="more than all models may take"):
        Shelf(10, threads=1, device="cpu").get(path, b"\0" * 32, described(LINEAR))
