"""Adam (Kingma and Ba 2015, arXiv:1412.6980); torch.optim would load torch's compiler, seconds of start."""

from collections.abc import Callable

import torch
from torch import Tensor

from flock.arena.scoring.compute.machine import Tensors

FIRST, SECOND, LEAST = 0.9, 0.999, 1e-8


class Descent:
    """Descends from ``start``, one step a call."""

    def __init__(self, start: Tensors, learning_rate: float) -> None:
        self.weights = {name: each.detach().clone().requires_grad_() for name, each in start.items()}
        self._rate = learning_rate
        self._means = {name: torch.zeros_like(each) for name, each in start.items()}
        self._squares = {name: torch.zeros_like(each) for name, each in start.items()}
        self._steps = 0

    def step(self, loss: Callable[[Tensors], Tensor]) -> None:
        """Downhill from where ``weights`` are on ``loss``."""
        self._steps += 1
        slopes = torch.autograd.grad(loss(self.weights), list(self.weights.values()))
        with torch.no_grad():
            for name, slope in zip(self.weights, slopes, strict=True):
                self._move(name, slope)

    def _move(self, name: str, slope: Tensor) -> None:
        mean = self._means[name].mul_(FIRST).add_(slope, alpha=1 - FIRST)
        square = self._squares[name].mul_(SECOND).addcmul_(slope, slope, value=1 - SECOND)
        size = (square / (1 - SECOND**self._steps)).sqrt_().add_(LEAST)
        self.weights[name].addcdiv_(mean, size, value=-self._rate / (1 - FIRST**self._steps))
