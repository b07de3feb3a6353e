"""What the built-in evaluators share: they compute with torch, on the first GPU if there is one."""

from abc import ABC

import numpy as np

from flock.arena.scoring.evaluator import Evaluator
from flock.arena.scoring.run import Run

SIDE = 64


class TorchEvaluator(Evaluator, ABC):
    """Imports torch in the worker alone."""

    def prepare(self, run: Run) -> Run:
        from flock.arena.scoring.compute.machine import settled

        return settled(run)

    def probe(self, run: Run) -> None:
        """Raises ArithmeticError for a product that comes out wrong, and whatever torch does."""
        from flock.arena.scoring.compute.machine import Machine

        ones = Machine(run).floats(np.ones((SIDE, SIDE), np.float32))
        if float((ones @ ones).sum()) != SIDE**3:
            raise ArithmeticError("A product of matrices came out wrong.")
