"""Which updates are harmful and which rewarded, from inner products alone (docs/protocol.md, Vote)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from flock.training.blockwise import gathered
from flock.training.proposals import Proposals
from flock.training.reproducible import Floats, Integers, inner_products, quantise, tiled

HARMFUL_DISTANCE = 3  # times the median distance
REWARDED_COSINE = 20  # 1/20 = 0.05


@dataclass(frozen=True)
class UpdateJudgement:
    """Bitmaps by seat: harmful updates, and those that are rewarded if the candidate is accepted."""

    harmful: int
    rewarded: int


@dataclass(frozen=True)
class Products:
    """Inner products, on all of them quantised alike: each update's with the change and with itself."""

    with_change: Integers
    with_itself: Integers
    change: int

    def __add__(self, other: "Products") -> "Products":
        return Products(
            self.with_change + other.with_change,
            self.with_itself + other.with_itself,
            self.change + other.change,
        )


def no_products(proposals: Proposals) -> Products:
    """Those of no coordinates."""
    nothing = np.zeros(len(proposals), np.int64)
    return Products(nothing, nothing, 0)


def products(proposals: Proposals, part: slice, change: Floats) -> Products:
    """Those of the coordinates of ``part``, of which ``change`` has the change."""
    steps = tiled(quantise(gathered(proposals.flats, part), proposals.scale))
    change_steps = tiled(quantise(change.copy()[np.newaxis], proposals.scale))
    return Products(
        inner_products(steps, change_steps)[:, 0],
        np.einsum("tij,tij->i", steps, steps).astype(np.int64),
        int(inner_products(change_steps, change_steps)[0, 0]),
    )


def judgement(seats: Sequence[int], total: Products) -> UpdateJudgement:
    """Harmful: a cosine ≤ 0 with the change, or a distance to it above 3 times the median distance (the
    upper one of two). Rewarded: a cosine ≥ 0.05, and not harmful. Decided on integers: squares instead of
    roots.
    """
    dots, sizes, size = total.with_change.tolist(), total.with_itself.tolist(), total.change
    distances = [own + size - 2 * dot for own, dot in zip(sizes, dots, strict=True)]
    limit = HARMFUL_DISTANCE**2 * sorted(distances)[len(seats) // 2]
    harmful = rewarded = 0
    for seat, dot, own, distance in zip(seats, dots, sizes, distances, strict=True):
        if dot <= 0 or distance > limit:
            harmful |= 1 << seat
        elif (REWARDED_COSINE * dot) ** 2 >= own * size:
            rewarded |= 1 << seat
    return UpdateJudgement(harmful, rewarded)
