"""How an evaluation computes: what may change a score in its last digits."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Run:
    """``batch`` is examples at a time. On the processor equal runs give equal bits.

    ``device`` is as torch names it; ``auto`` is the first GPU if there is one, else the processor.
    """

    device: str = "auto"
    precision: Literal["float32", "float64", "bfloat16"] = "float32"
    threads: int = 1
    batch: int = 64
