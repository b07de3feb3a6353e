"""What a demo leaves behind: ``report.json``, two tables and a learning curve."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console, JustifyMethod
from rich.table import Table

from flock.amounts import cut

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class RoundReport:
    """One round. Loss, AUC (two classes only) and accuracy are the candidate's on all held-out data; gas by kind.

    ``proposers`` are the addresses that were drawn to propose, ``slashed`` those that lost stake at its end.
    """

    number: int
    proposers: list[str]
    model_digest: str
    candidate_loss: float | None
    auc: float | None
    accuracy: float | None
    accepted: bool
    outcome: str
    seconds: float
    gas: dict[str, int]
    slashed: list[str] = field(default_factory=list)

    @property
    def score(self) -> float | None:
        """The AUC where there is one, else the accuracy."""
        return self.accuracy if self.auc is None else self.auc


@dataclass(frozen=True)
class MemberReport:
    """One member; amounts are wei as decimal strings, ``strikes`` counts the seats in which it was struck."""

    name: str
    address: str
    kind: str
    attack: str | None
    drawn: int
    strikes: int
    stake_before: str
    stake_after: str
    slashed: str
    earned: str
    claimed: str


@dataclass(frozen=True)
class Totals:
    """Where the bounty went; ``pool_in = paid + to_creator + to_treasury + dust``, wei as decimal strings.

    ``paid`` includes keeper fees; ``to_creator`` is for rounds that were never decided, ``to_treasury`` for what
    decided rounds did not pay; ``dust`` is what the contract still holds. ``slashed`` is FLOCK taken from stakes,
    which is not part of the pool.
    """

    pool_in: str
    paid: str
    slashed: str
    to_creator: str
    to_treasury: str
    dust: str


@dataclass(frozen=True)
class Report:
    task: str
    attack: str
    baseline_auc: float | None
    baseline_accuracy: float | None
    initial_loss: float
    rounds: list[RoundReport] = field(default_factory=list)
    members: list[MemberReport] = field(default_factory=list)
    totals: Totals | None = None

    @property
    def baseline_score(self) -> float | None:
        """The AUC of plain FedAvg where there is one, else its accuracy."""
        return self.baseline_accuracy if self.baseline_auc is None else self.baseline_auc

    def write(self, path: Path) -> None:
        """Write whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".partial")
        draft.write_text(json.dumps(asdict(self), indent=2) + "\n")
        draft.replace(path)


def print_report(console: Console, report: Report, folder: Path, *, score: str) -> None:
    console.print(rounds_table(report.rounds, score), members_table(report.members))
    lines = [*_money(report), *_learning(report, score), "", *_whereabouts(folder)]
    console.print("\n".join(lines), highlight=False, soft_wrap=True)


def rounds_table(rounds: list[RoundReport], score: str) -> Table:
    table = bare_table(
        "Rounds",
        {
            "round": "right",
            "loss": "right",
            score: "right",
            "outcome": "left",
            "seconds": "right",
            "gas": "right",
        },
    )
    for row in rounds:
        table.add_row(
            str(row.number),
            _number(row.candidate_loss),
            _number(row.score),
            f"[green]{row.outcome}[/]" if row.accepted else f"[yellow]{row.outcome}[/]",
            f"{row.seconds:.1f}",
            f"{sum(row.gas.values()):,}",
        )
    return table


def members_table(members: list[MemberReport]) -> Table:
    table = bare_table(
        "Members",
        {
            "member": "left",
            "kind": "left",
            "drawn": "right",
            "strikes": "right",
            "slashed": "right",
            "earned": "right",
            "claimed": "right",
        },
    )
    for row in members:
        table.add_row(
            row.name,
            f"[red]{row.attack}[/]" if row.attack else row.kind,
            str(row.drawn),
            str(row.strikes),
            f"[red]{flock(row.slashed)}[/]" if int(row.slashed) else "–",
            flock(row.earned),
            flock(row.claimed),
        )
    return table


def bare_table(title: str, columns: Mapping[str, JustifyMethod]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", header_style="bold", box=SIMPLE_HEAD)
    for name, justify in columns.items():
        table.add_column(name, justify=justify, no_wrap=True)
    return table


def _money(report: Report) -> list[str]:
    if report.totals is None:
        return []
    totals = report.totals
    return [
        f"Bounty {flock(totals.pool_in)} FLOCK: {flock(totals.paid)} paid, {flock(totals.to_creator)} back to the "
        f"creator, {flock(totals.to_treasury)} to the treasury, {totals.dust} wei of dust.",
        f"Slashed from stakes: {flock(totals.slashed)} FLOCK.",
    ]


def _learning(report: Report, score: str) -> list[str]:
    best = max((row.score for row in report.rounds if row.accepted and row.score is not None), default=None)
    if best is None or report.baseline_score is None:
        return []
    return [
        f"Best {score}: {best:.4f}. Plain FedAvg, without attackers and as many rounds: {report.baseline_score:.4f}."
    ]


def _whereabouts(folder: Path) -> list[str]:
    return [
        f"report    {folder / 'report.json'}",
        f"curve     {folder / 'learning_curve.png'}",
        f"logs      {folder / 'logs'}",
        "rules     docs/protocol.md      recompute every payout: docs/verifying.md",
        "take part README.md             run a node: docs/operating.md",
    ]


def draw_curve(report: Report, path: Path, score: str) -> None:
    """The score and loss of every candidate by round, accepted ones joined by a line; PNG.

    Rounds without a candidate leave no mark.
    """
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    known = [row for row in report.rounds if row.candidate_loss is not None]
    accepted = [row for row in known if row.accepted]
    others = [row for row in known if not row.accepted]
    field, (left, right) = plt.subplots(1, 2, figsize=(10, 4), constrained_layout=True)
    for axis, name in ((left, "candidate_loss"), (right, "score")):
        axis.plot(
            [row.number for row in accepted], [getattr(row, name) for row in accepted], "o-", label="accepted"
        )
        if others:
            axis.plot(
                [row.number for row in others],
                [getattr(row, name) for row in others],
                "x",
                label="not accepted",
            )
        _mark_slashes(axis, report)
        axis.set_xlabel("round")
        axis.grid(alpha=0.3)
    left.set_ylabel("loss on all held-out data")
    right.set_ylabel(f"{score} on all held-out data")
    if report.baseline_score is not None:
        right.axhline(report.baseline_score, ls="--", c="grey", label="plain FedAvg, no attackers")
    right.legend()
    field.suptitle(f"{report.task}, attackers: {report.attack}")
    field.savefig(path, dpi=120)
    plt.close(field)


def slashes(report: Report) -> list[tuple[int, str]]:
    """Round and name of everyone who was slashed, in that order."""
    names = {member.address: member.name for member in report.members}
    return [(row.number, names.get(each, each)) for row in report.rounds for each in row.slashed]


def _mark_slashes(axis: Axes, report: Report) -> None:
    """A line at the round's end for each; the legend names each member once, in the colour of its lines."""
    found = slashes(report)
    names = list(dict.fromkeys(name for _, name in found))
    for place, name in enumerate(names):
        numbers = [number for number, who in found if who == name]
        label, colour = f"{name} slashed", f"C{3 + place % 5}"
        for number in numbers:
            axis.axvline(number, ls=":", c=colour, label=label if number == numbers[0] else None)


def flock(wei: str) -> str:
    """FLOCK with two decimals, for people; rounded down."""
    return cut(int(wei), 2)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"
