"""What docs/training.md says of the demo's tasks is what the built-in apps do."""

import re
from pathlib import Path

import pytest

from flock.training.apps import PROBLEMS
from flock.training.data import NMES_AMOUNTS, NMES_COUNTS, NMES_FLAGS

PAGE = (Path(__file__).parents[2] / "docs" / "training.md").read_text()
SECTION = PAGE.split("### The demo's tasks")[1].split("### ")[0]


def row_of(task: str) -> list[str]:
    [row] = re.findall(rf"^\| `{task}` \| (.*) \|$", SECTION, re.MULTILINE)
    cells: list[str] = row.split(" | ")
    return cells


def test_the_features_are_named_in_their_order() -> None:
    names = [*NMES_COUNTS, *NMES_AMOUNTS, *(name for name, _ in NMES_FLAGS)]
    assert re.findall(r"`(\w+)`", row_of("nmes1988")[0]) == names


def test_centres_and_scales_are_given() -> None:
    pairs = [*NMES_COUNTS.values(), *NMES_AMOUNTS.values(), *NMES_FLAGS.values()]
    for word, numbers in zip(("Centres of `nmes1988`", "Scales"), zip(*pairs, strict=True), strict=True):
        [told] = re.findall(rf"{word}: ([\d., ]+)\. ", SECTION.replace("\n", " "))
        assert [float(number) for number in told.split(", ")] == list(numbers)


@pytest.mark.parametrize("task", PROBLEMS)
def test_the_arrays_are_those_of_the_model(task: str) -> None:
    model = row_of(task)[2]
    for name, array in PROBLEMS[task].initial_arrays().items():
        assert f"`{name}`" in model
        if f"`{name}` (" in model:
            assert f"`{name}` ({', '.join(map(str, array.shape))})" in model
