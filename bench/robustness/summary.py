"""Means over runs with their uncertainty, and how tables show them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.robustness.outcome import Result
from bench.robustness.results import Results, Strikes
from bench.robustness.settings import is_default

RESAMPLES = 2_000
CONFIDENCE = 95

World = tuple[str, str, str, int]
Measure = Callable[[Result], float]
Table = Callable[[Results, Strikes], list[str]]  # the lines of a Markdown table


@dataclass(frozen=True)
class Summary:
    """A mean over runs and its bootstrapped 95% confidence interval."""

    mean: float
    low: float
    high: float

    def as_percent(self, digits: int = 1) -> str:
        """``1.2 (0.8–1.6)``, without the interval where there is no spread."""
        mean, low, high = (f"{100 * value:.{digits}f}" for value in (self.mean, self.low, self.high))
        return mean if low == high else f"{mean} ({low}–{high})"

    def as_number(self, digits: int = 2) -> str:
        """The same, not in per cent."""
        mean, low, high = (f"{value:.{digits}f}" for value in (self.mean, self.low, self.high))
        return mean if low == high else f"{mean} ({low}–{high})"


def summary(values: Sequence[float]) -> Summary:
    """Mean of ``values`` with the percentile bootstrap of Efron 1979; the same for the same values."""
    sample = np.array(values)
    drawn = np.random.default_rng(0).integers(len(sample), size=(RESAMPLES, len(sample)))
    means = sample[drawn].mean(axis=1)
    low, high = np.percentile(means, [(100 - CONFIDENCE) / 2, (100 + CONFIDENCE) / 2])
    return Summary(float(sample.mean()), float(low), float(high))


def by_world(results: Results, **but: object) -> Mapping[World, list[Result]]:
    """Results under the default terms, those named in ``but`` aside, by data, split, attack and share."""
    found: dict[World, list[Result]] = {}
    for setting, result in results.items():
        if is_default(setting, **but):
            world = (setting.data, setting.split, setting.attack, setting.malicious)
            found.setdefault(world, []).append(result)
    return found


def over(runs: Sequence[Result], measure: Measure) -> Summary | None:
    """A measure over these runs; None if there are none yet."""
    return summary([measure(run) for run in runs]) if runs else None


def percent(found: Summary | None, digits: int = 1) -> str:
    """A cell in per cent."""
    return found.as_percent(digits) if found else "–"


def fine_percent(found: Summary | None) -> str:
    """A cell in per cent where little counts."""
    return percent(found, 2)


def number(found: Summary | None, digits: int = 2) -> str:
    """A cell as it is."""
    return found.as_number(digits) if found else "–"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a Markdown table."""
    lines = [list(head), ["---", *["---:"] * (len(head) - 1)], *map(list, rows)]
    return ["| " + " | ".join(cells) + " |" for cells in lines]
