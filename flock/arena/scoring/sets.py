"""Examples that submissions are trained on or judged by, as canonical bytes with one digest.

The bytes are those of ``flock.training.arrays`` with the metadata ``{"kind": "examples", "of": …}``, so equal
examples are equal bytes. A validator compares the SHA-256 with the task's before it reads any: a stale or foreign
set is refused, and nobody is judged by it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flock.errors import BadArrays, BadBlob
from flock.protocol.core.cid import digest_of
from flock.training.arrays import Arrays, decode, encode

MAX_EXAMPLES = 10_000_000
Bytes = bytes | memoryview


@dataclass(frozen=True)
class TableSet:
    """Rows or images with their labels or targets.

    ``inputs`` is (n, …): uint8 counts in 255ths, float32 as it is. ``labels`` is (n,): int64 classes from 0, or
    float32 targets.
    """

    inputs: NDArray[Any]
    labels: NDArray[Any]

    def __post_init__(self) -> None:
        """Raises BadArrays unless there is a label for each input, of the right formats."""
        if self.inputs.dtype not in (np.uint8, np.float32) or self.labels.dtype not in (np.int64, np.float32):
            raise BadArrays("Inputs are uint8 or float32, and labels int64 or float32.")
        if self.labels.ndim != 1 or self.inputs.ndim < 2 or len(self.inputs) != len(self.labels):
            raise BadArrays(
                f"Labels of shape {self.labels.shape} do not fit inputs of shape {self.inputs.shape}."
            )
        _require_some(len(self.labels))

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: slice) -> "TableSet":
        """Only these examples."""
        return TableSet(self.inputs[rows], self.labels[rows])

    def encoded(self) -> bytes:
        """Its canonical bytes."""
        return _encoded("table", {"inputs": self.inputs, "labels": self.labels})


@dataclass(frozen=True)
class TextSet:
    """Texts, each an example; none is empty."""

    texts: Sequence[bytes]

    def __post_init__(self) -> None:
        """Raises BadArrays if there is no text, or an empty one."""
        _require_some(len(self.texts))
        if not all(self.texts):
            raise BadArrays("A text of the set is empty: there is nothing in it to predict.")

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: slice) -> "TextSet":
        """Only these examples."""
        return TextSet(self.texts[rows])

    def encoded(self) -> bytes:
        """Its canonical bytes."""
        return _encoded("text", _joined("texts", self.texts))


@dataclass(frozen=True)
class Question:
    """A prompt with the choices that may follow it; ``answer`` is the right one's place."""

    prompt: bytes
    choices: tuple[bytes, ...]
    answer: int


@dataclass(frozen=True)
class ChoiceSet:
    """Questions, each an example."""

    questions: Sequence[Question]

    def __post_init__(self) -> None:
        """Raises BadArrays for a question without two choices and an answer among them."""
        _require_some(len(self.questions))
        for number, question in enumerate(self.questions):
            if len(question.choices) < 2 or not 0 <= question.answer < len(question.choices):
                raise BadArrays(f"Question {number} needs two choices or more, and its answer among them.")
            if not all(question.choices) or not question.prompt:
                raise BadArrays(f"Question {number} has an empty prompt or choice.")

    def __len__(self) -> int:
        return len(self.questions)

    def encoded(self) -> bytes:
        """Its canonical bytes."""
        questions = self.questions
        return _encoded(
            "choices",
            {
                **_joined("prompts", [question.prompt for question in questions]),
                **_joined("choices", [choice for question in questions for choice in question.choices]),
                "counts": np.array([len(question.choices) for question in questions], np.int64),
                "answers": np.array([question.answer for question in questions], np.int64),
            },
        )


def require_digest(data: Bytes, digest: bytes) -> None:
    """Raises BadBlob unless ``data`` has this SHA-256."""
    found = digest_of(data)
    if found != digest:
        raise BadBlob(
            f"The set has the digest {found.hex()}, not {digest.hex()} as the task says: it is a stale or "
            "foreign one. Fetch the task's set; nothing is scored by another."
        )


def table_in(data: Bytes) -> TableSet:
    """The set in canonical bytes. Raises BadArrays."""
    arrays = _decoded("table", data, {"inputs", "labels"})
    return TableSet(arrays["inputs"], arrays["labels"])


def texts_in(data: Bytes) -> TextSet:
    """The set in canonical bytes. Raises BadArrays."""
    return TextSet(list(_parts("texts", _decoded("text", data, {"texts", "texts_ends"}))))


def choices_in(data: Bytes) -> ChoiceSet:
    """The set in canonical bytes. Raises BadArrays."""
    names = {"prompts", "prompts_ends", "choices", "choices_ends", "counts", "answers"}
    arrays = _decoded("choices", data, names)
    prompts, choices = list(_parts("prompts", arrays)), list(_parts("choices", arrays))
    counts, answers = _whole("counts", arrays), _whole("answers", arrays)
    if not len(counts) == len(answers) == len(prompts) or sum(counts) != len(choices) or min(counts) < 0:
        raise BadArrays("The set has other numbers of prompts, answers or choices than it says.")
    ends = np.cumsum(counts)
    return ChoiceSet(
        [
            Question(prompt, tuple(choices[end - count : end]), answer)
            for prompt, end, count, answer in zip(prompts, ends, counts, answers, strict=True)
        ]
    )


def _encoded(of: str, arrays: Arrays) -> bytes:
    return encode(arrays, {"kind": "examples", "of": of})


def _decoded(of: str, data: Bytes, names: set[str]) -> Arrays:
    arrays, metadata = decode(data, like=None, max_bytes=len(data))
    if metadata != {"kind": "examples", "of": of} or arrays.keys() != names:
        raise BadArrays(f"Expected examples of kind {of!r}, but the bytes describe themselves as {metadata}.")
    return arrays


def _joined(name: str, parts: Sequence[bytes]) -> dict[str, NDArray[Any]]:
    """All bytes, and where each part ends."""
    ends = np.cumsum([len(part) for part in parts], dtype=np.int64)
    return {name: np.frombuffer(b"".join(parts), np.uint8), f"{name}_ends": ends}


def _parts(name: str, arrays: Arrays) -> Iterator[bytes]:
    ends = _whole(f"{name}_ends", arrays)
    if arrays[name].dtype != np.uint8 or arrays[name].ndim != 1:
        raise BadArrays(f"{name} of the set are no bytes.")
    if not ends or ends[-1] != arrays[name].size or sorted(ends) != ends or ends[0] < 0:
        raise BadArrays(f"{name} of the set do not end where it says.")
    data = arrays[name].tobytes()
    for start, end in zip([0, *ends], ends, strict=False):
        yield data[start:end]


def _whole(name: str, arrays: Arrays) -> list[int]:
    if arrays[name].dtype != np.int64 or arrays[name].ndim != 1 or not arrays[name].size:
        raise BadArrays(f"{name} of the set are no list of whole numbers.")
    return [int(value) for value in arrays[name]]


def _require_some(count: int) -> None:
    if not 0 < count <= MAX_EXAMPLES:
        raise BadArrays(f"A set has 1 to {MAX_EXAMPLES} examples, not {count}.")
