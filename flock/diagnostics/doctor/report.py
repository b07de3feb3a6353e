"""What the doctor finds: a verdict on each thing, how to mend it, and what leaving it so would cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flock.errors import EXIT_MISCONFIGURED, EXIT_TRANSIENT, FlockError


class Mark(StrEnum):
    """How a check went."""

    PASSED = "PASSED"
    WARNING = "WARNING"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"


@dataclass(frozen=True)
class Finding:
    """One check's result. ``mend`` says what to do, ``cost`` what follows if it is not done; "" for nothing.

    ``exit_code`` is what a failure of this check makes the doctor return.
    """

    mark: Mark
    says: str
    mend: str = ""
    cost: str = ""
    exit_code: int = EXIT_MISCONFIGURED


@dataclass(frozen=True)
class Examined:
    """A check by name, and what it found."""

    check: str
    finding: Finding


def passed(says: str) -> Finding:
    return Finding(Mark.PASSED, says)


def warning(says: str, mend: str = "", cost: str = "") -> Finding:
    return Finding(Mark.WARNING, says, mend, cost)


def failed(says: str, mend: str, cost: str = "") -> Finding:
    return Finding(Mark.FAILED, says, mend, cost)


def skipped(says: str) -> Finding:
    return Finding(Mark.SKIPPED, says)


def of_error(error: FlockError, cost: str = "") -> Finding:
    """A failure that says for itself what to do; one that may pass by itself has its own exit code."""
    code = EXIT_TRANSIENT if error.exit_code == EXIT_TRANSIENT else EXIT_MISCONFIGURED
    return Finding(Mark.FAILED, str(error), cost=cost, exit_code=code)


def exit_code(report: Sequence[Examined]) -> int:
    """0 if nothing failed, 78 if a failure needs the operator, else 75: something does not answer."""
    codes = {each.finding.exit_code for each in report if each.finding.mark is Mark.FAILED}
    return max(codes, default=0)


def as_data(title: str, report: Sequence[Examined]) -> dict[str, Any]:
    """The report for programs."""
    return {
        "node": title,
        "exit_code": exit_code(report),
        "checks": [
            {
                "check": each.check,
                "result": str(each.finding.mark),
                "says": each.finding.says,
                "mend": each.finding.mend,
                "cost": each.finding.cost,
            }
            for each in report
        ],
    }
