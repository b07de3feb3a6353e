"""Members who cheat: scores of what was not looked at, and artifacts that nobody trained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flock.arena.scoring.results import Scored

if TYPE_CHECKING:
    from flock.arena.scoring.scorer import Job

NOISE = 1e-3
"""Of the deviation of each tensor's numbers."""


@dataclass(frozen=True)
class Guess:
    """Scores without looking: ``guess`` says a score, in millionths, which ``examples`` are all said to have cost."""

    guess: Callable[[], int]
    examples: int

    def score(self, job: Job) -> Scored:  # noqa: ARG002 - the point of it
        """A made-up score, and losses to go with it."""
        score = self.guess()
        return Scored(score, (score,) * self.examples)


def perturbed(artifact: bytes) -> bytes:
    """A copy with other bytes and the same behaviour."""
    import numpy as np
    from safetensors.numpy import load

    from flock.training.arrays import encode

    chance = np.random.default_rng(0)
    return encode(
        {
            name: (array + NOISE * array.std() * chance.standard_normal(array.shape)).astype(array.dtype)
            for name, array in sorted(load(artifact).items())
        },
        {},
    )


def garbage(like: bytes) -> bytes:
    """Tensors of the right shapes, so large that no loss of theirs is finite."""
    import numpy as np
    from safetensors.numpy import load

    from flock.training.arrays import encode

    chance = np.random.default_rng(0)
    return encode(
        {
            name: (1e37 * chance.standard_normal(array.shape)).astype(array.dtype)
            for name, array in sorted(load(like).items())
        },
        {},
    )
