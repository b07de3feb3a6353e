"""The competitions of the demo: what is trained, how, and on what."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from flock.errors import BadConfig

if TYPE_CHECKING:
    from flock.arena.recipes.examples import Split
    from flock.arena.scoring.task import ScoringTask

MILLION = 1_000_000
SKILLS = 6


@dataclass(frozen=True)
class DemoArena:
    """A competition; ``steps`` of training make the trainers' skills, from the least to the best.

    ``tolerance`` is in millionths of the metric's unit. ``examples`` splits what there is into three sets.
    """

    name: str
    title: str
    kind: str
    metric: str
    model: Mapping[str, Any]
    steps: Sequence[int]
    tolerance: int
    examples: Callable[[], Split[Any]]

    @property
    def document(self) -> dict[str, Any]:
        """The task's metadata, but for its baseline."""
        return {"title": self.title, "kind": self.kind, "metric": self.metric, "model": dict(self.model)}

    @cached_property
    def scoring(self) -> ScoringTask:
        """How submissions are scored."""
        from flock.arena.task_document import parse_document

        return parse_document(self.document).scoring

    @cached_property
    def sets(self) -> Split[Any]:
        """Training set, set A and set B."""
        return self.examples()

    def trained(self, steps: int, seed: int) -> bytes:
        """An artifact of so much skill."""
        from flock.arena.recipes.training import Effort, Material, train

        return train(self.scoring, Material(self.sets.training.encoded()), Effort(steps, seed))


def _digits() -> Split[Any]:
    from flock.arena.recipes.examples import mnist, split

    return split(mnist(), hidden_share=0.1)


def _english() -> Split[Any]:
    from flock.arena.recipes.examples import split, topics

    return split(topics(), hidden_share=0.1)


ARENAS = {
    each.name: each
    for each in (
        DemoArena(
            name="digits",
            title="Handwritten digits (MNIST)",
            kind="image-classification",
            metric="loss",
            model={"architecture": "mlp", "inputs": 784, "hidden": [32], "outputs": 10},
            steps=(20, 40, 80, 160, 320, 640),
            tolerance=1_000,
            examples=_digits,
        ),
        DemoArena(
            name="english",
            title="English, byte by byte",
            kind="language-model",
            metric="bits-per-byte",
            model={"architecture": "byte-transformer", "context": 64, "width": 32, "heads": 2, "layers": 1},
            steps=(10, 20, 40, 60, 90, 130),
            tolerance=1_000,
            examples=_english,
        ),
    )
}


def arenas_named(name: str) -> list[DemoArena]:
    """The competition called ``name``, or both. Raises BadConfig for any other name."""
    if name == "both":
        return list(ARENAS.values())
    if name not in ARENAS:
        raise BadConfig(f"There is no competition {name!r}; choose both, {' or '.join(ARENAS)}.")
    return [ARENAS[name]]
