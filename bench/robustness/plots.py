"""The plots of docs/robustness.md."""

from collections.abc import Mapping, Sequence
from typing import Literal

from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.robustness.attacks import ATTACKS
from bench.robustness.choices import forgers_losses, honest_losses
from bench.robustness.federation import LOADERS
from bench.robustness.grid import SHARES, SPLITS
from bench.robustness.outcome import LIMITS, MAJORITIES, Result, Terms
from bench.robustness.results import FOLDER, Results, Store, Strikes
from bench.robustness.summary import Measure, World, by_world, over

DRAWN = ("sign-flip-5", "label-flip", "alie", "lying", "copying", "free-rider-replay", "capture")
PLOTTED = (MAJORITIES[1], MAJORITIES[3])
POINTS_BESIDE = (6, -6)
POINTS_ABOVE = {8: 5, 12: -5, 16: 0}
TITLES = {"iid": "alike members (IID)", "dirichlet": "unlike members (Dirichlet 0.3)"}


def draw(store: Store) -> None:
    """Write all plots beside the results."""
    results, strikes = store.results(), store.strikes()
    _by_share(results, "honest", lambda r: 100 * r.honest_lost, "honest stake lost, %")
    _by_share(results, "attackers", lambda r: 100 * r.attackers_lost, "attackers' stake lost, %")
    _trade_off(strikes)


def _by_share(results: Results, name: str, measure: Measure, label: str) -> None:
    figure, axes = pyplot.subplots(1, 2, figsize=(10, 4), sharey=True, layout="constrained")
    found = by_world(results)
    for split, axis in zip(SPLITS, axes, strict=True):
        for attack in DRAWN:
            shares, means = _curve(found, split, attack, measure)
            axis.plot(shares, means, marker="o", label=ATTACKS[attack].title)
        _label(axis, TITLES[split], "attackers among 50 members, %", label)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=8)
    _save(figure, name)


def _curve(
    found: Mapping[World, list[Result]], split: str, attack: str, measure: Measure
) -> tuple[Sequence[int], Sequence[float]]:
    """Shares of attackers that were tried, and the mean over all data sets at each."""
    points = {}
    for share in SHARES:
        runs = [run for data in LOADERS for run in found.get((data, split, attack, share), [])]
        if summary := over(runs, measure):
            points[share] = summary.mean
    return list(points), list(points.values())


def _trade_off(strikes: Strikes) -> None:
    figure, axes = pyplot.subplots(1, 2, figsize=(10, 6), layout="constrained")
    for split, axis in zip(SPLITS, axes, strict=True):
        for majority, beside in zip(PLOTTED, POINTS_BESIDE, strict=True):
            points = [_point(strikes, (majority, *limit), split) for limit in LIMITS]
            axis.scatter(*zip(*points, strict=True), label=f"struck by {majority}")
            for point, (window, limit) in zip(points, LIMITS, strict=True):
                _name(axis, f"{limit}/{window}", point, (beside, POINTS_ABOVE[window]))
        axis.set_xscale("symlog", linthresh=0.1)
        axis.set_yscale("symlog", linthresh=1)
        axis.margins(0.12)
        for scale in (axis.xaxis, axis.yaxis):
            scale.set_major_formatter("{x:g}")
        _label(axis, TITLES[split], "worst honest loss, %", "forgers' loss at 10–20%, %")
    axes[1].legend(fontsize=8)
    _save(figure, "strikes")


def _name(axis: Axes, name: str, point: tuple[float, float], away: tuple[int, int]) -> None:
    """``away`` from the point, so that the names of neighbours do not meet."""
    end: Literal["left", "right"] = "left" if away[0] > 0 else "right"
    axis.annotate(name, point, away, textcoords="offset points", ha=end, va="center", fontsize=7)


def _point(strikes: Strikes, terms: Terms, split: str) -> tuple[float, float]:
    honest = max(honest_losses(strikes, terms, split).values())
    forgers = forgers_losses(strikes, terms, split)
    return 100 * honest, 100 * sum(forgers) / len(forgers)


def _label(axis: Axes, title: str, x: str, y: str) -> None:
    axis.set_title(title)
    axis.set_xlabel(x)
    axis.set_ylabel(y)
    axis.grid(alpha=0.3)


def _save(figure: Figure, name: str) -> None:
    figure.savefig(FOLDER / f"{name}.png", dpi=110, metadata={"Software": None})
    pyplot.close(figure)
