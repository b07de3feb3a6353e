"""What a creator may declare, and what is made of scores that somebody reports."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flock.arena.scoring.artifact import Header, Tensor
from flock.arena.scoring.evaluator import BUILT_IN, evaluator_of
from flock.arena.scoring.rejection import Rejected
from flock.arena.scoring.results import LARGEST, Failed, Scored, reveal_of, scored
from flock.arena.scoring.specifications import parameters, parse_classifier, parse_text_model
from flock.arena.scoring.task import parse_task
from flock.errors import BadConfig, Refused
from flock.protocol.arena.scores import MAX_SCORE, Failure
from tests.arena.conftest import MLP, TRANSFORMER, task_of

DIGEST, OTHER = "ab" * 32, "cd" * 32
LORA: dict[str, Any] = {
    "architecture": "lora",
    "bases": {DIGEST: TRANSFORMER, OTHER: TRANSFORMER},
    "targets": ["query", "up"],
    "largest_rank": 4,
    "alpha": 8,
}
QUERY = "base_model.model.blocks.0.attention.query.lora_{}.weight"
UP = "base_model.model.blocks.0.mlp.up.lora_{}.weight"


def header_of(shapes: dict[str, tuple[int, ...]], **metadata: str) -> Header:
    return Header({name: Tensor("F32", shape, 0, 0) for name, shape in shapes.items()}, metadata, 0)


class TestTasks:
    def test_a_document_is_a_task(self) -> None:
        document = {"kind": "tabular", "model": MLP, "metric": "accuracy", "bounds": {"parameters": 500}}
        task = parse_task(document)
        assert task.bounds.parameters == 500
        assert parse_task(task.model_dump(mode="json")) == task

    @pytest.mark.parametrize(
        ("document", "sentence"),
        [
            ({}, "kind: Field required"),
            ([], "Input should be a valid dictionary"),
            ({"kind": "tabular", "model": MLP, "metric": "loss", "code": "x"}, "code: Extra inputs"),
            ({"kind": "tabular", "model": MLP, "metric": 7}, "metric: Input should be a valid string"),
            ({"kind": "", "model": MLP, "metric": "loss"}, "kind: String should have at least 1 character"),
            (
                {"kind": "tabular", "model": MLP, "metric": "loss", "bounds": {"seconds": 0}},
                r"bounds\.seconds: Input should be greater than or equal to 1",
            ),
        ],
    )
    def test_another_is_refused_in_a_sentence(self, document: object, sentence: str) -> None:
        with pytest.raises(BadConfig, match=f"The task's scoring is not as it should be: .*{sentence}"):
            parse_task(document)

    def test_each_kind_has_metrics_of_its_own(self) -> None:
        with pytest.raises(BadConfig, match="no metric 'bits-per-byte'; choose accuracy, loss"):
            evaluator_of(task_of("image-classification", MLP, "bits-per-byte"))

    @pytest.mark.parametrize("kind", BUILT_IN)
    def test_each_kind_has_architectures_of_its_own(self, kind: str) -> None:
        metric = {"language-model": "bits-per-byte", "lora": "bits-per-byte"}.get(kind, "accuracy")
        text = kind in ("language-model", "lora", "multiple-choice")
        with pytest.raises(BadConfig, match="The task's model"):
            evaluator_of(task_of(kind, MLP if text else TRANSFORMER, metric))

    def test_whole_models_and_adapters_are_kinds_apart(self) -> None:
        for kind, model in (("lora", TRANSFORMER), ("language-model", LORA)):
            with pytest.raises(BadConfig, match="cannot be"):
                evaluator_of(task_of(kind, model, "bits-per-byte"))

    def test_a_squared_error_is_of_one_number(self) -> None:
        with pytest.raises(BadConfig, match="mse is of one output"):
            evaluator_of(task_of("tabular", MLP, "mse"))


class TestModels:
    @pytest.mark.parametrize(
        ("model", "count"),
        [
            ({"architecture": "linear", "inputs": 5, "outputs": 3}, 18),
            ({"architecture": "mlp", "inputs": 5, "hidden": [4, 2], "outputs": 3}, 24 + 10 + 9),
            (
                {"architecture": "conv", "image": [1, 8, 8], "channels": [2, 3], "outputs": 4},
                (18 + 2) + (54 + 3) + (48 + 4),
            ),
        ],
    )
    def test_say_what_they_consist_of(self, model: dict[str, Any], count: int) -> None:
        assert parameters(parse_classifier(model).shapes) == count

    @pytest.mark.parametrize(
        "model",
        [
            {"architecture": "mlp", "inputs": 5, "hidden": [], "outputs": 3},
            {"architecture": "mlp", "inputs": 5, "hidden": [1 << 40], "outputs": 3},
            {"architecture": "mlp", "inputs": 5, "hidden": [2] * 1_000, "outputs": 3},
            {"architecture": "mlp", "inputs": True, "hidden": [2], "outputs": 3},
            {"architecture": "conv", "image": [1, 8], "channels": [2], "outputs": 3},
            {"architecture": "resnet", "inputs": 5, "outputs": 3},
            {"architecture": "linear", "inputs": 5, "outputs": 3, "code": "import os"},
            "linear",
            None,
        ],
    )
    def test_that_are_none_or_without_bound_are_refused(self, model: object) -> None:
        with pytest.raises(BadConfig, match="The task's model is not as it should be"):
            parse_classifier(model)

    @pytest.mark.parametrize(
        "changed",
        [
            {"layers": 10**9},
            {"heads": 3},
            {"context": 1},
            {"width": 1 << 40},
        ],
    )
    def test_of_text_have_bounds_too(self, changed: dict[str, int]) -> None:
        with pytest.raises(BadConfig):
            parse_text_model({**TRANSFORMER, **changed})

    @pytest.mark.parametrize(
        "changed",
        [
            {"bases": {}},
            {"bases": {"../../etc/passwd": TRANSFORMER}},
            {"targets": []},
            {"largest_rank": 0},
            {"alpha": float("nan")},
            {"alpha": 0},
        ],
    )
    def test_so_have_adapters(self, changed: dict[str, Any]) -> None:
        with pytest.raises(BadConfig):
            parse_text_model({**LORA, **changed})


class TestHeaders:
    """A submission is compared with the task's model by its header alone."""

    @pytest.mark.parametrize(
        ("changed", "sentence"),
        [
            ({"layers.0.bias": None}, "Tensor 'layers.0.bias' of the task's model is missing"),
            ({"tokenizer": (3,)}, "Tensor 'tokenizer' is not part of the task's model"),
            ({"layers.0.bias": (17,)}, r"has the shape \(17,\); the task's model has \(16,\)"),
        ],
    )
    def test_other_tensors_are_malformed(
        self, changed: dict[str, tuple[int, ...] | None], sentence: str
    ) -> None:
        evaluator = evaluator_of(task_of("tabular", MLP, "loss"))
        shapes = {**parse_classifier(MLP).shapes, **changed}
        with pytest.raises(Rejected, match=sentence) as rejected:
            evaluator.require(header_of({name: shape for name, shape in shapes.items() if shape}))
        assert rejected.value.failure is Failure.MALFORMED

    def test_adapters_may_be_of_some_matrices(self) -> None:
        evaluator = evaluator_of(task_of("lora", LORA, "bits-per-byte"))
        pair = {QUERY.format("A"): (2, 16), QUERY.format("B"): (16, 2)}
        header = header_of(pair, base_model=OTHER)
        evaluator.require(header)
        assert evaluator.base_of(header) == OTHER

    @pytest.mark.parametrize("metadata", [{}, {"base_model": "ef" * 32}, {"base_model": "x" * 10_000}])
    def test_adapters_on_another_base_are_refused_as_such(self, metadata: dict[str, str]) -> None:
        evaluator = evaluator_of(task_of("lora", LORA, "bits-per-byte"))
        pair = {QUERY.format("A"): (2, 16), QUERY.format("B"): (16, 2)}
        with pytest.raises(Rejected, match=f"the task allows {DIGEST}") as rejected:
            evaluator.require(header_of(pair, **metadata))
        assert rejected.value.failure is Failure.WRONG_BASE

    def test_where_one_base_is_allowed_it_need_not_be_named(self) -> None:
        only = {**LORA, "bases": {DIGEST: TRANSFORMER}}
        evaluator = evaluator_of(task_of("lora", only, "bits-per-byte"))
        assert evaluator.base_of(header_of({QUERY.format("A"): (2, 16)})) == DIGEST

    @pytest.mark.parametrize(
        ("shapes", "sentence"),
        [
            ({"embedding.weight": (257, 16)}, "Tensor 'embedding.weight' adapts nothing"),
            ({"base_model.model.embedding.lora_A.weight": (2, 257)}, "adapts nothing"),
            ({"base_model.model.blocks.9.attention.query.lora_A.weight": (2, 16)}, "adapts nothing"),
            ({QUERY.format("A"): (2, 16)}, "is missing, which belongs to"),
            ({QUERY.format("A"): (2, 17), QUERY.format("B"): (16, 2)}, "does not fit its matrix"),
            ({QUERY.format("A"): (2, 16, 1), QUERY.format("B"): (16, 2)}, "does not fit its matrix"),
            ({QUERY.format("A"): (), QUERY.format("B"): ()}, "does not fit its matrix"),
            ({QUERY.format("A"): (2, 16), QUERY.format("B"): (16, 3)}, r"have the ranks \[2, 3\]"),
            ({QUERY.format("A"): (5, 16), QUERY.format("B"): (16, 5)}, r"have the ranks \[5\]"),
            ({QUERY.format("A"): (0, 16), QUERY.format("B"): (16, 0)}, r"have the ranks \[0\]"),
            (
                {
                    QUERY.format("A"): (2, 16),
                    QUERY.format("B"): (16, 2),
                    UP.format("A"): (1, 16),
                    UP.format("B"): (64, 1),
                },
                r"have the ranks \[1, 2\]",
            ),
        ],
    )
    def test_adapters_that_are_none_are_malformed(
        self, shapes: dict[str, tuple[int, ...]], sentence: str
    ) -> None:
        evaluator = evaluator_of(task_of("lora", LORA, "bits-per-byte"))
        with pytest.raises(Rejected, match=sentence) as rejected:
            evaluator.require(header_of(shapes, base_model=DIGEST))
        assert rejected.value.failure is Failure.MALFORMED


class TestReportedScores:
    @pytest.mark.parametrize(
        ("value", "reveal"),
        [
            (0, 0),
            (0.93, 930_000),
            (1, 1_000_000),
            (2.0000005, 2_000_000),
            (LARGEST, MAX_SCORE),
            (float("nan"), Failure.NOT_FINITE),
            (float("inf"), Failure.NOT_FINITE),
            (float("-inf"), Failure.NOT_FINITE),
            (999.0, Failure.NOT_FINITE),
            (999, Failure.NOT_FINITE),
        ],
    )
    def test_become_millionths_or_a_failure(self, value: object, reveal: object) -> None:
        assert reveal_of(value) == reveal

    @pytest.mark.parametrize("value", [-1, -0.0001, 1e308, 998.9, True, False, "0.5", None, [0.5], 10**400])
    def test_that_are_none_are_refused_in_a_sentence(self, value: object) -> None:
        with pytest.raises(Refused, match="is no score: report a number"):
            reveal_of(value)

    @given(st.integers(0, MAX_SCORE))
    def test_lose_nothing(self, score: int) -> None:
        assert reveal_of(score / 1_000_000) == score


class TestResults:
    def test_a_failure_is_revealed_as_such(self) -> None:
        assert Failed(Failure.CRASHED, "It crashed.").reveal is Failure.CRASHED

    def test_large_losses_count_as_the_largest(self) -> None:
        assert scored(1e9, np.array([1e9, 0.5])) == Scored(MAX_SCORE, (MAX_SCORE, 500_000))

    @pytest.mark.parametrize("losses", [[np.nan], [np.inf, 1.0], [1.0, -np.inf]])
    def test_one_that_is_not_finite_fails_the_submission(self, losses: list[float]) -> None:
        with pytest.raises(Rejected) as rejected:
            scored(1.0, np.array(losses))
        assert rejected.value.failure is Failure.NOT_FINITE
