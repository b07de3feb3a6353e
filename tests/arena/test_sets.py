"""Hidden sets: canonical bytes, one digest, and what is refused for one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flock.arena.scoring.benchmarks import NAMES, benchmark
from flock.arena.scoring.sets import (
    ChoiceSet,
    Question,
    TableSet,
    TextSet,
    choices_in,
    require_digest,
    table_in,
    texts_in,
)
from flock.errors import BadArrays, BadBlob, BadConfig
from flock.protocol.core.cid import digest_of
from flock.training.arrays import encode, encode_model

TABLE = TableSet(np.arange(6, dtype=np.float32).reshape(3, 2), np.array([0, 1, 1]))
texts = st.lists(st.binary(min_size=1, max_size=20), min_size=1, max_size=8)
questions = st.builds(
    lambda prompt, choices, answer: Question(prompt, tuple(choices), answer % len(choices)),
    st.binary(min_size=1, max_size=9),
    st.lists(st.binary(min_size=1, max_size=9), min_size=2, max_size=4),
    st.integers(0, 100),
)


def test_a_table_comes_back() -> None:
    back = table_in(TABLE.encoded())
    assert back.inputs.tolist() == TABLE.inputs.tolist()
    assert back.labels.tolist() == TABLE.labels.tolist()


@given(texts)
def test_texts_come_back(of: list[bytes]) -> None:
    assert texts_in(TextSet(of).encoded()) == TextSet(of)


@given(st.lists(questions, min_size=1, max_size=5))
def test_questions_come_back(of: list[Question]) -> None:
    assert choices_in(ChoiceSet(of).encoded()) == ChoiceSet(of)


def test_a_stale_or_foreign_set_is_refused_by_its_digest() -> None:
    data = TABLE.encoded()
    require_digest(data, digest_of(data))
    with pytest.raises(BadBlob, match="it is a stale or foreign one"):
        require_digest(TABLE.take(slice(2)).encoded(), digest_of(data))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a set",
        encode_model({"inputs": TABLE.inputs, "labels": TABLE.inputs}),
        TextSet([b"text"]).encoded(),
        TABLE.encoded() + b"\0",
        encode({"inputs": TABLE.inputs, "labels": TABLE.labels[:2]}, {"kind": "examples", "of": "table"}),
        encode({"inputs": TABLE.inputs}, {"kind": "examples", "of": "table"}),
    ],
)
def test_other_bytes_are_no_table(data: bytes) -> None:
    with pytest.raises(BadArrays):
        table_in(data)


@pytest.mark.parametrize("ends", [[], [3], [5], [2, 1, 4], [-1, 4]])
def test_texts_that_do_not_end_where_the_set_says_are_refused(ends: list[int]) -> None:
    arrays = {"texts": np.zeros(4, np.uint8), "texts_ends": np.array(ends, np.int64)}
    with pytest.raises(BadArrays):
        texts_in(encode(arrays, {"kind": "examples", "of": "text"}))


@pytest.mark.parametrize(
    ("counts", "answers"),
    [([2, 1], [0, 0]), ([3], [0, 0]), ([1, 2], [0, 2]), ([4, -1], [0, 0]), ([2, 2], [0, 0])],
)
def test_questions_that_do_not_add_up_are_refused(counts: list[int], answers: list[int]) -> None:
    arrays = {
        "prompts": np.zeros(2, np.uint8),
        "prompts_ends": np.array([1, 2]),
        "choices": np.zeros(3, np.uint8),
        "choices_ends": np.array([1, 2, 3]),
        "counts": np.array(counts),
        "answers": np.array(answers),
    }
    with pytest.raises(BadArrays):
        choices_in(encode(arrays, {"kind": "examples", "of": "choices"}))


def test_an_empty_set_and_an_empty_text_are_none() -> None:
    for of in ([], [b"text", b""]):
        with pytest.raises(BadArrays):
            TextSet(of)
    with pytest.raises(BadArrays):
        TableSet(np.zeros((0, 2), np.float32), np.zeros(0, np.int64))


def test_a_set_is_only_what_a_model_can_be_judged_by() -> None:
    with pytest.raises(BadArrays, match="uint8 or float32"):
        TableSet(np.zeros((3, 2)), np.zeros(3, np.int64))
    with pytest.raises(BadArrays, match="do not fit"):
        TableSet(np.zeros((3, 2), np.float32), np.zeros((3, 1), np.int64))


class TestTheBenchmark:
    @pytest.mark.parametrize("name", NAMES)
    def test_has_some_forty_questions_with_four_different_choices(self, name: str) -> None:
        questions = benchmark(name).questions
        assert len(questions) >= 40
        assert len({question.prompt for question in questions}) == len(questions)
        assert all(len(set(question.choices)) == 4 for question in questions)

    @pytest.mark.parametrize("name", NAMES)
    def test_gives_who_always_takes_one_place_a_quarter(self, name: str) -> None:
        answers = [question.answer for question in benchmark(name).questions]
        assert all(abs(answers.count(place) / len(answers) - 0.25) < 0.05 for place in range(4))

    @pytest.mark.parametrize("name", NAMES)
    def test_gives_who_always_takes_the_longest_or_shortest_little_more_than_chance(self, name: str) -> None:
        questions = benchmark(name).questions
        for pick in (max, min):
            right = sum(
                question.choices[question.answer] == pick(question.choices, key=len) for question in questions
            )
            assert right / len(questions) < 0.55

    def test_of_another_name_there_is_none(self) -> None:
        with pytest.raises(BadConfig, match="no benchmark 'chemistry'; choose one of web3"):
            benchmark("chemistry")
