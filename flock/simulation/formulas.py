"""The formulas of docs/economy.md on whole columns of float64. Rows are days where there are two axes."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from flock.protocol.arena import scores
from flock.protocol.economy.staking_numbers import DEFAULTS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
DECAY_DAYS = 30
FARTHEST = 10.0  # multiples of what is allowed
LEAST = 1e-18  # a wei; no stake at all is divided by this


def budget(first: float, decay: float, day: int) -> float:
    """FLOCK of a day: the first day's, less ``decay`` every thirty days."""
    return float(first * (1 - decay) ** (day // DECAY_DAYS))


def side_share(own: Floats, other: Floats, gamma: float) -> Floats:
    """What the side with stake ``own`` gets of a budget: γ + (1 − 2γ)·own/(own + other)."""
    total = own + other
    return (total > 0) * (gamma + (1 - 2 * gamma) * own / np.maximum(total, LEAST))


def rank_share(above: Floats, stake: Floats, total: Floats, c: float) -> Floats:
    """e^(−c·x)·(1 − e^(−c·s))/(1 − e^(−c)), with x = above/total and s = stake/total.

    Over all ranks this adds up to one whatever the stakes, so what one earns without its delegation needs no
    sum over the others.
    """
    whole = np.maximum(total, LEAST)
    if c == 0:
        return np.asarray(stake / whole)
    return np.asarray(np.exp(-c * above / whole) * np.expm1(-c * stake / whole) / np.expm1(-c))


def stake_above(stake: Floats) -> Floats:
    """Of columns in the order of rank: the stake ranked better."""
    return np.asarray(np.cumsum(stake, axis=-1) - stake)


def closeness(distance: Floats, lam: float) -> Floats:
    """e^(−λ·Δ), Δ being a validator's own mean distance."""
    return np.asarray(np.exp(-lam * distance))


def compared(distance: Floats, weight: Floats) -> Floats:
    """Δ/Δ̄, as pay was first planned; Δ̄ is the mean of the distances by ``weight``, own stake times reveals."""
    summed = float((weight * distance).sum())
    return np.asarray(distance * (weight.sum() / summed if summed else 0.0))


class Split(NamedTuple):
    """A reward by who gets it, before fees."""

    operator: Floats
    pool: Floats


def split(with_pool: Floats, without: Floats, sigma: Floats) -> Split:
    """operator = without + σ·(with − without); the pool gets the rest."""
    operator = without + sigma * (with_pool - without)
    return Split(operator, with_pool - operator)


class Judged(NamedTuple):
    """What panels make of their reveals, a row each: ``median`` (NaN of a void panel), and by seat the ``distance``
    beyond what is allowed in multiples of that, and whether it is a ``strike`` and a ``miss``, which is one too."""

    median: Floats
    distance: Floats
    strike: Bools
    miss: Bools


def judge(reveals: Floats, there: Bools, tolerance: float) -> Judged:
    """``flock.protocol.arena.scores.judge`` and ``rewards.distance_of`` for many panels; none reveals a failure."""
    there = there & (2 * there.sum(axis=1, keepdims=True) > there.shape[1])
    median = lower_median(reveals, there)
    off = np.where(there, np.abs(reveals - median[:, None]), 0.0)
    allowed = np.fmax(tolerance, scores.MAD_FACTOR * lower_median(off, there))[:, None]
    strike = off > allowed
    miss = strike & (off > scores.MISS_FACTOR * tolerance)
    return Judged(median, np.clip(off / allowed - 1, 0, FARTHEST), strike, miss)


def lower_median(values: Floats, there: Bools) -> Floats:
    """Of each row: the lower median of the values that are ``there``; NaN where none is."""
    number = there.sum(axis=1)
    ordered = np.sort(np.where(there, values, np.inf), axis=1)
    middle = np.maximum(number - 1, 0) // 2
    return np.where(number > 0, ordered[np.arange(len(values)), middle], np.nan)


def weighted_median(values: Floats, weights: Floats) -> Floats:
    """Of each row: the least value that half of the weight does not exceed."""
    row = np.arange(len(values))
    order = np.argsort(values, axis=1, kind="stable")
    summed = np.cumsum(weights[row[:, None], order], axis=1)
    middle = np.argmax(2 * summed >= summed[:, -1:], axis=1)
    return np.asarray(values[row, order[row, middle]])


class Taken(NamedTuple):
    """What a slash takes of own stake, and of the pool behind it; gmFLOCK."""

    own: Floats
    pool: Floats


def slash(own: Floats, pool: Floats, joined: Floats, share: Floats) -> Taken:
    """A share of own stake, which counts as that joined with at least, and of what is delegated, within the ratio."""
    at_stake = np.minimum(pool, DEFAULTS.delegation_ratio * own)
    return Taken(np.minimum(share * np.maximum(own, joined), own), share * at_stake)


class Marks(NamedTuple):
    """Strike histories after one more seat each, and which are slashed for it."""

    history: Ints
    slashed: Bools


def mark(history: Ints, bad: Bools, window: int, limit: int) -> Marks:
    """``flock.protocol.alliance.strikes.mark`` for many at once."""
    shifted = (history << 1 | bad) & (1 << window) - 1
    slashed = bad & (np.bitwise_count(shifted) >= limit)
    return Marks(np.where(slashed, 0, shifted), slashed)
