"""Each kind's score is what its definition says, computed here a second time and in another way."""

from math import log
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from flock.arena.scoring.artifact import Weights
from flock.arena.scoring.benchmarks import benchmark
from flock.arena.scoring.compute.machine import Machine
from flock.arena.scoring.compute.models import byte_logits, outputs
from flock.arena.scoring.compute.windows import NOT_COUNTED, Text, windows_of
from flock.arena.scoring.evaluator import Evaluation, Submission, evaluator_of
from flock.arena.scoring.run import Run
from flock.arena.scoring.sets import ChoiceSet, Question, TableSet, TextSet
from flock.arena.scoring.specifications import (
    START,
    ByteTransformer,
    Conv,
    Shapes,
    parse_classifier,
    parse_text_model,
)
from flock.arena.scoring.task import ScoringTask
from flock.errors import BadArrays
from tests.arena.conftest import CLASSES, INPUTS, MLP, TRANSFORMER, table_of, task_of, text_of
from tests.arena.test_tasks import DIGEST, LORA, QUERY, header_of

RUN = Run(device="cpu", batch=7)
CONV = {"architecture": "conv", "image": [2, 9, 8], "channels": [3, 4], "outputs": CLASSES}
Weighed = dict[str, np.ndarray[Any, np.dtype[np.float32]]]


def weights_of(shapes: Shapes, seed: int = 0, scale: float = 0.4) -> Weighed:
    rng = np.random.default_rng(seed)
    return {name: scale * rng.standard_normal(shape, np.float32) for name, shape in shapes.items()}


def evaluated(
    task: ScoringTask, weights: Weights, examples: bytes, run: Run = RUN, base: Weights | None = None
) -> Evaluation:
    header = header_of({name: array.shape for name, array in weights.items()}, base_model=DIGEST)
    evaluator = evaluator_of(task)
    evaluator.require(header)
    return evaluator.evaluate(
        Submission(header, weights, {} if base is None else {DIGEST: base}), examples, run
    )


class TestClassification:
    def test_is_that_of_the_same_layers_in_torch(self) -> None:
        weights, table = weights_of(parse_classifier(MLP).shapes), table_of(30)
        model = nn.Sequential(nn.Linear(INPUTS, 16), nn.ReLU(), nn.Linear(16, CLASSES))
        model.load_state_dict(
            {
                name.replace("layers.1", "2").replace("layers.", ""): torch.tensor(each)
                for name, each in weights.items()
            }
        )
        with torch.no_grad():
            scores = model(torch.from_numpy(table.inputs))
        labels = torch.from_numpy(table.labels)
        losses = nn.functional.cross_entropy(scores, labels, reduction="none")
        by_loss = evaluated(task_of("tabular", MLP, "loss"), weights, table.encoded())
        assert by_loss.losses == pytest.approx(losses.numpy(), rel=1e-5)
        assert by_loss.score == pytest.approx(float(losses.mean()), rel=1e-5)
        by_accuracy = evaluated(task_of("tabular", MLP, "accuracy"), weights, table.encoded())
        assert by_accuracy.score == int((scores.argmax(1) == labels).sum()) / 30

    def test_of_images_takes_bytes_as_fractions(self) -> None:
        spec = parse_classifier(CONV)
        rng = np.random.default_rng(0)
        pixels, labels = rng.integers(0, 256, (5, 2, 9, 8)).astype(np.uint8), rng.integers(0, CLASSES, 5)
        task, weights = task_of("image-classification", CONV, "loss"), weights_of(spec.shapes)
        as_bytes = evaluated(task, weights, TableSet(pixels, labels).encoded())
        as_floats = evaluated(task, weights, TableSet((pixels / np.float32(255)), labels).encoded())
        assert as_bytes.losses.tolist() == as_floats.losses.tolist()

    def test_a_convolution_halves_down_to_one(self) -> None:
        spec = parse_classifier({**CONV, "image": [2, 3, 1], "channels": [3, 4, 5]})
        assert isinstance(spec, Conv)
        assert spec.shapes["output.weight"] == (CLASSES, 5)
        weights = Machine(RUN).weights(weights_of(spec.shapes))
        assert outputs(spec, weights, torch.ones(2, 2, 3, 1)).shape == (2, CLASSES)

    def test_a_number_is_judged_by_its_squared_error(self) -> None:
        model = {"architecture": "linear", "inputs": 2, "outputs": 1}
        table = TableSet(np.array([[1, 2], [3, 4]], np.float32), np.array([8.0, 20.0], np.float32))
        weights = {"weight": np.array([[2, 3]], np.float32), "bias": np.zeros(1, np.float32)}
        result = evaluated(task_of("tabular", model, "mse"), weights, table.encoded())
        assert result.losses.tolist() == [0.0, 4.0]
        assert result.score == 2.0

    @pytest.mark.parametrize("batch", [1, 7, 1_000])
    def test_does_not_depend_on_how_many_go_at_a_time(self, batch: int) -> None:
        weights, examples = weights_of(parse_classifier(MLP).shapes), table_of(30).encoded()
        task = task_of("tabular", MLP, "loss")
        one, other = (evaluated(task, weights, examples, Run("cpu", batch=size)) for size in (batch, 30))
        assert one.losses == pytest.approx(other.losses, rel=1e-5)

    def test_a_model_that_overflows_is_found_by_its_losses(self) -> None:
        weights = {name: each * 1e30 for name, each in weights_of(parse_classifier(MLP).shapes).items()}
        result = evaluated(task_of("tabular", MLP, "loss"), weights, table_of(5).encoded())
        assert not np.isfinite(result.losses).all()

    @pytest.mark.parametrize(
        "table",
        [
            TableSet(np.ones((3, INPUTS + 1), np.float32), np.zeros(3, np.int64)),
            TableSet(np.ones((3, INPUTS), np.float32), np.full(3, CLASSES)),
            TableSet(np.ones((3, INPUTS), np.float32), np.full(3, -1)),
            TableSet(np.ones((3, INPUTS), np.float32), np.zeros(3, np.float32)),
        ],
    )
    def test_a_set_of_another_shape_is_the_tasks_fault(self, table: TableSet) -> None:
        with pytest.raises(BadArrays):
            evaluated(
                task_of("tabular", MLP, "loss"), weights_of(parse_classifier(MLP).shapes), table.encoded()
            )


class TestWindows:
    @given(
        st.lists(st.binary(min_size=1, max_size=90), min_size=1, max_size=4), st.integers(2, 20), st.data()
    )
    def test_predict_every_byte_once_with_half_a_context_before_it(
        self, texts: list[bytes], context: int, data: st.DataObject
    ) -> None:
        given_ = [Text(text, data.draw(st.integers(0, len(text) - 1))) for text in texts]
        windows = windows_of(given_, context)
        for number, text in enumerate(given_):
            rows = windows.text == number
            counted = windows.targets[rows][windows.targets[rows] != NOT_COUNTED]
            assert bytes(counted.tolist()) == text.data[text.first :]
            for tokens, targets in zip(windows.tokens[rows], windows.targets[rows], strict=True):
                first = int(np.argmax(targets != NOT_COUNTED))
                assert first >= min(context // 2, text.first) or tokens[0] == START

    def test_show_what_came_before(self) -> None:
        windows = windows_of([Text(b"abcdef")], 4)
        assert windows.tokens.tolist() == [[START, *b"abc"], [*b"bcde"]]
        assert windows.targets.tolist() == [[*b"abcd"], [NOT_COUNTED, NOT_COUNTED, *b"ef"]]


class TestLanguageModels:
    def test_one_that_knows_nothing_needs_eight_bits_a_byte(self) -> None:
        spec = parse_text_model(TRANSFORMER)
        assert isinstance(spec, ByteTransformer)
        zeros = {name: np.zeros(shape, np.float32) for name, shape in spec.shapes.items()}
        task = task_of("language-model", TRANSFORMER, "bits-per-byte")
        result = evaluated(task, zeros, TextSet([b"x", b"some more text, longer than a context"]).encoded())
        assert result.score == pytest.approx(8)
        assert result.losses == pytest.approx([8, 8])

    def test_the_score_is_by_bytes_and_not_by_texts(self) -> None:
        spec = parse_text_model(TRANSFORMER)
        assert isinstance(spec, ByteTransformer)
        weights, texts = weights_of(spec.shapes, scale=0.2), [b"a", b"another text of twenty-nine"]
        result = evaluated(
            task_of("language-model", TRANSFORMER, "bits-per-byte"), weights, TextSet(texts).encoded()
        )
        lengths = np.array([len(text) for text in texts])
        assert result.score == pytest.approx(float((result.losses * lengths).sum() / lengths.sum()))

    def test_a_loss_is_what_the_logits_give_the_bytes(self) -> None:
        spec = parse_text_model(TRANSFORMER)
        assert isinstance(spec, ByteTransformer)
        weights, text = weights_of(spec.shapes, scale=0.2), b"ten letters"
        tensors = Machine(RUN).weights(weights)
        with torch.no_grad():
            logits = byte_logits(spec, tensors, torch.tensor([[START, *text[:-1]]])).double()[0]
        chances = torch.softmax(logits, 1)[range(len(text)), list(text)]
        bits = -float(chances.log().sum()) / log(2) / len(text)
        result = evaluated(
            task_of("language-model", TRANSFORMER, "bits-per-byte"), weights, TextSet([text]).encoded()
        )
        assert result.score == pytest.approx(bits, rel=1e-5)

    def test_no_byte_sees_those_that_follow(self) -> None:
        spec = parse_text_model(TRANSFORMER)
        assert isinstance(spec, ByteTransformer)
        tensors = Machine(RUN).weights(weights_of(spec.shapes))
        one, other = ([[START, *text]] for text in (b"stake", b"stark"))
        with torch.no_grad():
            first, second = (byte_logits(spec, tensors, torch.tensor(each)) for each in (one, other))
        assert torch.equal(first[0, :4], second[0, :4])
        assert not torch.equal(first[0, 4], second[0, 4])


class TestAdapters:
    def test_that_are_zero_leave_the_base_as_it_is(self) -> None:
        spec = parse_text_model(TRANSFORMER)
        assert isinstance(spec, ByteTransformer)
        base, examples = weights_of(spec.shapes, scale=0.2), text_of(4).encoded()
        adapters = {
            QUERY.format("A"): np.ones((2, 16), np.float32),
            QUERY.format("B"): np.zeros((16, 2), np.float32),
        }
        adapted = evaluated(task_of("lora", LORA, "bits-per-byte"), adapters, examples, base=base)
        whole = evaluated(task_of("language-model", TRANSFORMER, "bits-per-byte"), base, examples)
        assert adapted.losses.tolist() == whole.losses.tolist()

    def test_are_added_alpha_by_rank_times(self) -> None:
        spec = parse_text_model(TRANSFORMER)
        assert isinstance(spec, ByteTransformer)
        base, examples = weights_of(spec.shapes, scale=0.2), text_of(4).encoded()
        adapters = weights_of({QUERY.format("A"): (2, 16), QUERY.format("B"): (16, 2)}, 5)
        name = "blocks.0.attention.query.weight"
        merged = base[name] + 4 * adapters[QUERY.format("B")] @ adapters[QUERY.format("A")]  # 8 / 2
        adapted = evaluated(task_of("lora", LORA, "bits-per-byte"), adapters, examples, base=base)
        whole = evaluated(
            task_of("language-model", TRANSFORMER, "bits-per-byte"), {**base, name: merged}, examples
        )
        assert adapted.losses == pytest.approx(whole.losses, rel=1e-5)
        assert (
            adapted.score
            != evaluated(task_of("language-model", TRANSFORMER, "bits-per-byte"), base, examples).score
        )


class TestMultipleChoice:
    def test_the_likeliest_by_length_is_chosen(self) -> None:
        """A model that always expects the letter a."""
        spec = parse_text_model(TRANSFORMER)
        assert isinstance(spec, ByteTransformer)
        weights = {name: np.zeros(shape, np.float32) for name, shape in spec.shapes.items()}
        weights["norm.bias"][0] = 1
        weights["embedding.weight"][ord("a"), 0] = 5
        questions = [
            Question(b"?", (b"aaaa", b"ab"), 0),
            Question(b"?", (b"ab", b"aab"), 0),
            Question(b"?", (b"b", b"a", b"ba"), 1),
        ]
        result = evaluated(
            task_of("multiple-choice", TRANSFORMER, "accuracy"), weights, ChoiceSet(questions).encoded()
        )
        assert result.score == pytest.approx(2 / 3)
        assert result.losses[0] == pytest.approx(log(1 + 255 / np.e**5) / log(2), rel=1e-5)

    def test_one_that_knows_nothing_is_right_nowhere(self) -> None:
        """If equal likelihood were right, a file of zeros would win every competition."""
        spec = parse_text_model(TRANSFORMER)
        assert isinstance(spec, ByteTransformer)
        zeros = {name: np.zeros(shape, np.float32) for name, shape in spec.shapes.items()}
        questions = [Question(b"?", (b"same", b"size"), answer) for answer in (0, 1)]
        result = evaluated(
            task_of("multiple-choice", TRANSFORMER, "accuracy"), zeros, ChoiceSet(questions).encoded()
        )
        assert result.score == 0

    def test_one_that_is_untrained_is_about_as_good_as_chance_at_the_benchmark(self) -> None:
        spec = parse_text_model(TRANSFORMER)
        assert isinstance(spec, ByteTransformer)
        examples = benchmark("web3").encoded()
        task = task_of("multiple-choice", TRANSFORMER, "accuracy")
        scores = [
            evaluated(task, weights_of(spec.shapes, seed, 0.2), examples, Run("cpu", batch=256)).score
            for seed in range(3)
        ]
        assert 0.05 < float(np.mean(scores)) < 0.5
