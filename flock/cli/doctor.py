"""How ``flock node doctor`` shows its checks and derives its exit code."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from flock.diagnostics.doctor.examine import examine
from flock.diagnostics.doctor.report import Examined, Mark, as_data, exit_code

COLOURS = {"PASSED": "green", "WARNING": "yellow", "FAILED": "red", "SKIPPED": "bright_black"}


def run_doctor(config: Path, *, quick: bool, as_json: bool) -> None:
    """Raises typer.Exit with the doctor's code if anything failed."""
    from flock import log
    from flock.terminal import Progress, output_to_stderr, print_json

    log.configure("error")  # keep the output of libraries and the app out of the report
    report: list[Examined] = []
    with Progress() as progress:
        for name, check in examine(config, quick=quick):
            progress.say(f"Looking at the {name}…")
            with output_to_stderr():  # what a check loads can print anything
                report.append(check())
    title = f"A node of {config}"
    if as_json:
        print_json(as_data(str(config), report))
    else:
        print_report(title, report)
    if code := exit_code(report):
        raise typer.Exit(code)


def print_report(title: str, report: Sequence[Examined]) -> None:
    """The report for people, a paragraph a check."""
    from flock.terminal import wrapped

    typer.secho(title, bold=True)
    width = max((len(each.check) for each in report), default=0)
    for each in report:
        finding = each.finding
        typer.secho(f"  {finding.mark:<7}", fg=COLOURS[finding.mark], bold=True, nl=False)
        typer.echo(f"  {each.check:<{width}}  ", nl=False)
        paragraphs = [finding.says, finding.mend, finding.cost]
        typer.echo(wrapped("\n".join(filter(None, paragraphs)), indent=width + 13))
    typer.echo(_summary(report))


def _summary(report: Sequence[Examined]) -> str:
    counts = {mark: sum(each.finding.mark is mark for each in report) for mark in Mark}
    if not counts[Mark.FAILED] and not counts[Mark.WARNING]:
        return "Nothing is wrong." + (
            f" {counts[Mark.SKIPPED]} not looked at." if counts[Mark.SKIPPED] else ""
        )
    return ", ".join(f"{count} {mark.lower()}" for mark, count in counts.items() if count) + "."
