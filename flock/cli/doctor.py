"""How ``flock node doctor`` shows its checks and derives its exit code."""

from __future__ import annotations

from pathlib import Path

import typer

from flock.diagnostics.doctor.examine import examine
from flock.diagnostics.doctor.report import Examined, as_data, exit_code, print_report


def run_doctor(config: Path, *, quick: bool, as_json: bool) -> None:
    """Raises typer.Exit with the doctor's code if anything failed."""
    from flock import log
    from flock.terminal import Progress, print_json

    log.configure("error")  # keep the output of libraries and the app out of the report
    report: list[Examined] = []
    with Progress() as progress:
        for name, check in examine(config, quick=quick):
            progress.say(f"Looking at the {name}…")
            report.append(check())
    title = f"A node of {config}"
    if as_json:
        print_json(as_data(str(config), report))
    else:
        print_report(title, report)
    if code := exit_code(report):
        raise typer.Exit(code)
