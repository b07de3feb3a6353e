"""Plots of what strategies earn. Needs matplotlib, of the extra ``demo``."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flock.errors import BadConfig
from flock.simulation.report import SeasonRow

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FORMATS = (".png", ".svg", ".pdf")
WORST = -0.5  # bars of those who lose more end here
HONEST, BEATEN, BEATS = "#888888", "#4c78a8", "#d62728"


def require_drawable(path: Path) -> None:
    """Raises BadConfig if a plot could not be written to ``path``, before anything is played for it."""
    _pyplot()
    if path.suffix not in FORMATS:
        raise BadConfig(f"{path} is not a plot: name a file that ends with {', '.join(FORMATS)}.")
    if not path.parent.is_dir():
        raise BadConfig(f"The plot cannot be written to {path}: there is no folder {path.parent}.")


def draw(rows: Sequence[SeasonRow], path: Path) -> None:
    """One panel for each role: net pay over honest net pay with its interval; ``path``'s suffix sets the format."""
    plt = _pyplot()
    roles = list(dict.fromkeys(row.role for row in rows))
    figure, axes = plt.subplots(
        1, len(roles), figsize=(4.2 * len(roles), 3.4), layout="constrained", squeeze=False
    )
    for role, axis in zip(roles, axes[0], strict=True):
        _panel(axis, [row for row in rows if row.role == role])
        axis.set_title(role)
    figure.supxlabel("net pay per gmFLOCK, honest = 1", fontsize=9)
    _save(figure, path)


def draw_curves(curves: Mapping[str, Mapping[str, Sequence[tuple[float, SeasonRow]]]], path: Path) -> None:
    """One panel for each rule: for some strategies the ratio at each value tried."""
    plt = _pyplot()
    figure, axes = plt.subplots(
        1, len(curves), figsize=(3.6 * len(curves), 3.4), layout="constrained", squeeze=False
    )
    for (rule, lines), axis in zip(curves.items(), axes[0], strict=True):
        for name, points in lines.items():
            values = [value for value, _ in points]
            bars = [[row.ratio - row.low for _, row in points], [row.high - row.ratio for _, row in points]]
            axis.errorbar(
                values, [row.ratio for _, row in points], bars, marker="o", ms=3, capsize=2, label=name
            )
        axis.axhline(1, color=HONEST, lw=1)
        axis.set_xlabel(rule)
        axis.legend(fontsize=7)
    axes[0][0].set_ylabel("net pay, honest = 1")
    _save(figure, path)


def _panel(axis: "Axes", rows: Sequence[SeasonRow]) -> None:
    names = [row.strategy for row in rows]
    ratios = [max(WORST, row.ratio) for row in rows]
    bars = [[_length(row.ratio, row.low) for row in rows], [_length(row.ratio, row.high) for row in rows]]
    axis.barh(names, ratios, xerr=bars, color=[_colour(row) for row in rows], capsize=2)
    axis.axvline(1, color=HONEST, lw=1)
    axis.xaxis.set_major_locator(_pyplot().MultipleLocator(0.5))
    axis.set_xlim(WORST, max(1.3, *(row.high + 0.05 for row in rows)))
    axis.invert_yaxis()


def _length(value: float, end: float) -> float:
    return abs(end - value) if value > WORST else 0.0


def _colour(row: SeasonRow) -> str:
    if row.strategy == "honest":
        return HONEST
    return BEATS if row.beats_honesty else BEATEN


def _pyplot() -> Any:
    try:
        import matplotlib as mpl
    except ImportError:
        raise BadConfig("Plots need matplotlib: pip install 'flock[sim]'.") from None
    mpl.use("Agg")
    from matplotlib import pyplot

    return pyplot


def _save(figure: Any, path: Path) -> None:
    figure.savefig(path, dpi=90)
    _pyplot().close(figure)
