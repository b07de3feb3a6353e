"""Torch, set up to give the same result again."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from flock.arena.scoring.artifact import Weights
from flock.arena.scoring.run import Run

# Read by cuBLAS when it starts: with one workspace of fixed size its sums have one order.
os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")

Tensors = Mapping[str, Tensor]


def settled(run: Run) -> Run:
    """``run`` with its device decided; from now on this process computes as it says.

    No TensorFloat-32, no kernels whose sums have an order of the moment.
    """
    torch.set_num_threads(run.threads)
    # As use_deterministic_algorithms(True) does, which also loads torch's compiler: seconds of start, 150 MiB.
    torch.set_deterministic_debug_mode("error")
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = False
    if run.device != "auto":
        return run
    return replace(run, device="cuda" if torch.cuda.is_available() else "cpu")


@dataclass(frozen=True)
class Machine:
    """Where and in what precision tensors are computed with."""

    run: Run

    @property
    def dtype(self) -> torch.dtype:
        dtype: torch.dtype = getattr(torch, self.run.precision)
        return dtype

    def weights(self, weights: Weights) -> Tensors:
        """Ready to compute with; the arrays are shared where nothing has to change."""
        return {name: self.floats(array) for name, array in weights.items()}

    def floats(self, array: NDArray[np.float32]) -> Tensor:
        """Of the run's precision."""
        return _shared(array).to(self.run.device, self.dtype)

    def integers(self, array: NDArray[np.integer]) -> Tensor:
        """Classes or tokens, as int64."""
        return _shared(array).to(self.run.device, torch.int64)


def _shared(array: NDArray[np.generic]) -> Tensor:
    """A tensor of the array's memory, which nobody writes to."""
    return torch.from_numpy(array if array.flags.writeable else array.copy())
