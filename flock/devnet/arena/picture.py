"""A picture of a demo's competitions: who scored what, and who earned what."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flock.devnet.arena.members import HONEST

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from flock.devnet.arena.report import ArenaReport, DemoReport, Member

MILLION = 1_000_000
WAD = 10**18
WIDTH, HEIGHT = 11, 4.5  # inches, of one competition
DPI = 90
HONEST_COLOUR, CHEATS_COLOUR = "C0", "C3"


def draw(report: DemoReport, path: Path) -> None:
    """A row for each competition: the trainers' scores on both sets, and what each member is richer by; PNG."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    rows = len(report.arenas)
    size = (WIDTH, HEIGHT * rows)
    figure, axes = plt.subplots(rows, 2, figsize=size, squeeze=False, constrained_layout=True)
    for (left, right), arena in zip(axes, report.arenas, strict=True):
        _draw_scores(left, arena)
        _draw_money(right, arena)
    figure.savefig(path, dpi=DPI)
    plt.close(figure)


def _draw_scores(axis: Axes, arena: ArenaReport) -> None:
    """The better to the left; whoever could not be scored is left out."""
    scored = sorted(
        (row for row in arena.trainers if row.score_on_a is not None), key=lambda row: -(row.score_on_a or 0)
    )
    for set_name, marker in (("a", "o"), ("b", "x")):
        points = [(row.name, getattr(row, f"score_on_{set_name}"), _colour(row)) for row in scored]
        known = [(name, score / MILLION, colour) for name, score, colour in points if score is not None]
        names, scores, colours = zip(*known, strict=True) if known else ((), (), ())
        axis.scatter(names, scores, c=colours, marker=marker, label=f"set {set_name.upper()}")
    axis.set_ylabel(arena.metric.replace("-", " "))
    axis.set_title(arena.title)
    axis.tick_params(axis="x", rotation=60)
    axis.legend()
    axis.grid(alpha=0.3)


def _draw_money(axis: Axes, arena: ArenaReport) -> None:
    members = sorted([*arena.trainers, *arena.validators], key=lambda row: row.net)
    names = [f"{row.name} ({row.kind})" if _is_cheat(row) else row.name for row in members]
    axis.barh(names, [row.net / WAD for row in members], color=[_colour(row) for row in members])
    axis.axvline(0, c="black", lw=0.8)
    axis.set_xlabel("richer by, FLOCK")
    axis.set_title("honest members and cheats, all of one stake")
    axis.grid(alpha=0.3, axis="x")


def _is_cheat(row: Member) -> bool:
    return not row.kind.startswith(HONEST)


def _colour(row: Member) -> str:
    return CHEATS_COLOUR if _is_cheat(row) else HONEST_COLOUR
