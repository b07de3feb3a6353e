"""What a demo can train, and who may attack it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flock.errors import BadConfig

if TYPE_CHECKING:
    from flock.training.apps import Problem

ATTACKS = ("sign-flip", "lying-voter")


@dataclass(frozen=True)
class DemoTask:
    """A built-in problem; ``score`` says what is shown beside the loss."""

    name: str
    title: str
    score: str

    @property
    def problem(self) -> Problem:
        from flock.training.apps import PROBLEMS

        return PROBLEMS[self.name]

    def app(self, attack: str | None = None) -> str:
        """The ClientApp of an honest member, or of one that mounts ``attack``."""
        if attack is None:
            return f"flock.training.apps:{self.name}"
        return f"flock.training.attackers:{self.name}_{attack.replace('-', '_')}"


TASKS = {
    "nmes1988": DemoTask("nmes1988", "Predict hospitalisation (NMES1988, patients of four regions)", "AUC"),
    "breast_cancer": DemoTask("breast_cancer", "Tell malignant from benign tumours", "AUC"),
    "digits": DemoTask("digits", "Read handwritten digits", "accuracy"),
}


def demo_task(name: str) -> DemoTask:
    """Raises BadConfig for a task that does not exist, naming those that do."""
    task = TASKS.get(name.replace("-", "_"))
    if task is None:
        raise BadConfig(f"There is no demo task {name!r}; choose one of {', '.join(TASKS)}.")
    return task


def attacks_named(attack: str) -> tuple[str, ...]:
    """The attacks that ``--attack`` names: ``both``, ``none``, or one of them."""
    if attack == "both":
        return ATTACKS
    if attack == "none":
        return ()
    if attack not in ATTACKS:
        raise BadConfig(f"There is no attack {attack!r}; choose both, none, {' or '.join(ATTACKS)}.")
    return (attack,)
