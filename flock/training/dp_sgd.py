"""DP-SGD for the built-in apps' models: Opacus clips each example's gradient, the operating system's noise hides it.

Opacus would draw its noise from torch, whose generator has 2³² starting points, however it is seeded: who
knows all but one record could try them all. So noise and sampling come from the operating system's
cryptographic generator, and never from the round's seed. Gaussians are sums of four, as in Opacus' secure
mode, against attacks on how floating-point numbers are rounded (Holohan and Braghin 2021, arXiv:2107.10138).
"""

import math
import os
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from opacus import GradSampleModule
from opacus.optimizers import DPOptimizer
from torch import nn

from flock.training.data import DataTable
from flock.training.models import Recipe
from flock.training.privacy import Mechanism, Protection, planned

Random = Callable[[int], bytes]  # so many random bytes

UNIFORM_BITS = 53
GAUSSIANS = 4


def fit_privately(
    model: nn.Module, table: DataTable, recipe: Recipe, protection: Protection, random: Random = os.urandom
) -> Mechanism:
    """Train in place; returns the privacy cost.

    Each step sees every example with the same chance, independently (Poisson sampling), so that a batch
    may be empty: then the step is noise. ``recipe.seed`` is not used.
    """
    mechanism = planned(len(table), recipe.batch_size, recipe.epochs, protection)
    features, labels = torch.from_numpy(table.features), torch.from_numpy(table.labels)
    module = GradSampleModule(model, loss_reduction="sum")
    optimizer = PrivateOptimizer(
        torch.optim.SGD(model.parameters(), recipe.lr),
        noise_multiplier=protection.noise_multiplier,
        max_grad_norm=protection.max_grad_norm,
        expected_batch_size=mechanism.sample_rate * len(table),
        random=random,
    )
    for _ in range(mechanism.steps):
        batch = torch.from_numpy(poisson_sample(len(table), mechanism.sample_rate, random))
        optimizer.zero_grad()
        scores = module(features[batch].requires_grad_())  # the hooks on a layer want inputs with gradients
        nn.functional.cross_entropy(scores, labels[batch], reduction="sum").backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    module.to_standard_module()
    return mechanism


class PrivateOptimizer(DPOptimizer):  # type: ignore[misc]
    """Opacus' wrapper of any torch optimizer, with noise from ``random`` in place of torch's."""

    def __init__(self, optimizer: torch.optim.Optimizer, *, random: Random = os.urandom, **settings: Any):
        super().__init__(optimizer, **settings)
        self._random = random

    def add_noise(self) -> None:
        scale = self.noise_multiplier * self.max_grad_norm
        for parameter in self.params:
            noise = torch.from_numpy(scale * gaussian(parameter.numel(), self._random))
            parameter.grad = (parameter.summed_grad.double() + noise.view_as(parameter)).to(parameter.dtype)


def poisson_sample(count: int, rate: float, random: Random = os.urandom) -> NDArray[np.bool_]:
    """Which of ``count`` examples take part: each with chance ``rate``, independently of the others."""
    return np.asarray(uniform(count, random) < rate)


def gaussian(count: int, random: Random) -> NDArray[np.float64]:
    """Independent standard normal numbers (Box and Muller 1958, a half of the sum of four)."""
    draws = GAUSSIANS * count
    radius = np.sqrt(-2 * np.log1p(-uniform(draws, random)))
    normal = radius * np.cos(2 * np.pi * uniform(draws, random))
    return np.asarray(normal.reshape(GAUSSIANS, count).sum(axis=0) / math.sqrt(GAUSSIANS))


def uniform(count: int, random: Random) -> NDArray[np.float64]:
    """Independent numbers, uniform in [0, 1)."""
    bits = np.frombuffer(random(8 * count), np.uint64) >> np.uint64(64 - UNIFORM_BITS)
    return np.asarray(np.ldexp(bits.astype(np.float64), -UNIFORM_BITS))
