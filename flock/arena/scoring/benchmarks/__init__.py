"""Benchmarks of our own writing that come with the package, as sets for tasks of kind ``multiple-choice``.

``web3``: Web3 and Solidity. Published questions are good for a public ranking and for practice; a task with a prize
needs questions that nobody has seen.
"""

import json
from importlib.resources import files

from flock.arena.scoring.sets import ChoiceSet, Question
from flock.errors import BadConfig

NAMES = ("web3",)


def benchmark(name: str) -> ChoiceSet:
    """The benchmark ``name``. Raises BadConfig if there is none."""
    if name not in NAMES:
        raise BadConfig(f"There is no benchmark {name!r}; choose one of {', '.join(NAMES)}.")
    lines = files(__name__).joinpath(f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return ChoiceSet([_question(json.loads(line)) for line in lines])


def _question(entry: dict[str, object]) -> Question:
    """A prompt that ends where the answer begins."""
    match entry:
        case {"question": str(question), "choices": [*choices], "answer": int(answer)}:
            texts = tuple(f" {choice}".encode() for choice in choices)
            return Question(f"Question: {question}\nAnswer:".encode(), texts, answer)
    raise BadConfig(f"A question of a benchmark is not as it should be: {entry}.")
