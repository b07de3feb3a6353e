"""How often honest panels go wrong, by the task's tolerance T in units of σ, the honest noise between machines."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from flock.protocol.arena.scores import MAD_FACTOR, MAX_SEATS
from flock.simulation import formulas
from flock.simulation.formulas import Bools, Floats
from flock.simulation.population import stream

PANELS = 200_000
TOLERANCES = (1, 2, 3)
ALIKE = 2 / 3
DIGITS = 5


@dataclass(frozen=True)
class ToleranceRow:
    """Shares, of honest panels that score equal models.

    ``wrong``: medians further than T from what all machines agree on. ``struck``: reveals of machines that differ.
    ``overtaken``: models above which a later one that is no better comes to stand.
    """

    tolerance: int
    machines: str
    weights: str
    wrong: float
    struck: float
    overtaken: float


def rows_of(seed: int = 0, panels: int = PANELS) -> list[ToleranceRow]:
    """Each tolerance, with machines that all differ or of which two in three are alike.

    Validators weigh the same in medians, or by stake.
    """
    rng = stream(seed)
    noise = rng.standard_normal((panels, MAX_SEATS))
    alike = rng.random((panels, MAX_SEATS)) < ALIKE
    stake = 1 + 2 * rng.lognormal(0, 1, (panels, MAX_SEATS))  # as in a season
    machines: Mapping[str, Bools] = {"all different": np.zeros_like(alike), "two in three alike": alike}
    weights: Mapping[str, Callable[[Floats], Floats]] = {
        "equal": lambda values: formulas.lower_median(values, np.ones(values.shape, bool)),
        "by stake": lambda values: formulas.weighted_median(values, stake),
    }
    return [
        _row(tolerance, (kind, np.where(same, 0.0, noise), same), (weight, median))
        for kind, same in machines.items()
        for weight, median in weights.items()
        for tolerance in TOLERANCES
    ]


def _row(
    tolerance: int, machines: tuple[str, Floats, Bools], weights: tuple[str, Callable[[Floats], Floats]]
) -> ToleranceRow:
    (kind, reveals, alike), (weight, median_of) = machines, weights
    median = median_of(reveals)
    off = np.abs(reveals - median[:, None])
    strike = off > np.maximum(tolerance, MAD_FACTOR * median_of(off))[:, None]
    shares = (np.abs(median) > tolerance, strike[~alike], np.diff(median) > tolerance)
    wrong, struck, overtaken = (round(float(share.mean()), DIGITS) for share in shares)
    return ToleranceRow(tolerance, kind, weight, wrong, struck, overtaken)
