"""What a demo can train: each with real data that installs as a Python package."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flock.errors import BadConfig

ATTACKS = ("sign-flip", "lying-voter")


@dataclass(frozen=True)
class DemoTask:
    """``app`` names the honest ClientApp; an attacker's is ``flock.training.attackers:<name>_<attack>``."""

    name: str
    title: str
    score: str
    train: Mapping[str, float]

    @property
    def app(self) -> str:
        return f"flock.training.apps:{self.name}"

    def attacker(self, attack: str) -> str:
        return f"flock.training.attackers:{self.name}_{attack.replace('-', '_')}"


TASKS = {
    "nmes1988": DemoTask("nmes1988", "Predict hospitalisation from NMES1988", "AUC", {}),
    "breast_cancer": DemoTask("breast_cancer", "Tell malignant from benign tumours", "AUC", {}),
    "digits": DemoTask("digits", "Read handwritten digits", "accuracy", {}),
}


def demo_task(name: str) -> DemoTask:
    """Raises BadConfig for a task that does not exist, naming those that do."""
    task = TASKS.get(name.replace("-", "_"))
    if task is None:
        raise BadConfig(f"There is no demo task {name!r}; choose one of {', '.join(TASKS)}.")
    return task


def attackers(attack: str) -> tuple[str, ...]:
    """The attacks that ``--attack`` names: ``both``, ``none``, or one of them."""
    if attack == "both":
        return ATTACKS
    if attack == "none":
        return ()
    if attack not in ATTACKS:
        raise BadConfig(f"There is no attack {attack!r}; choose both, none, {' or '.join(ATTACKS)}.")
    return (attack,)
