"""What the demo's report says, and its curve."""

from collections.abc import Sequence
from dataclasses import replace
from io import StringIO
from pathlib import Path

from rich.console import Console

from flock.devnet.report import (
    MemberReport,
    Report,
    RoundReport,
    Totals,
    draw_curve,
    print_report,
    slashes,
)
from flock.protocol.core.units import WAD


def round_of(number: int, loss: float | None) -> RoundReport:
    return RoundReport(number, [], "00", loss, loss, None, True, "accepted", 1.0, {})


def report_of(*rounds: RoundReport, totals: Totals | None = None) -> Report:
    return Report("digits", "none", 0.9, None, 1.0, list(rounds), [], totals)


def curve(folder: Path, rounds: Sequence[RoundReport]) -> bytes:
    draw_curve(report_of(*rounds), folder / "curve.png", "AUC")
    return (folder / "curve.png").read_bytes()


def test_what_the_creator_and_the_treasury_got_back_is_said_apart() -> None:
    told = StringIO()
    totals = Totals(*(str(amount * WAD) for amount in (2400, 1294, 20, 1000, 106)), dust="0")
    print_report(Console(file=told, width=200), report_of(totals=totals), Path("net"), score="AUC")
    assert (
        "Bounty 2,400.00 FLOCK: 1,294.00 paid, 1,000.00 back to the creator, 106.00 to the treasury, 0 wei of dust."
        in told.getvalue()
    )


def test_a_round_without_a_loss_leaves_no_hole_in_the_curve(tmp_path: Path) -> None:
    known = [round_of(1, 0.9), round_of(3, 0.5)]
    assert curve(tmp_path, [known[0], round_of(2, None), known[1]]) == curve(tmp_path, known)


def test_who_was_slashed_is_marked_in_the_curve(tmp_path: Path) -> None:
    quiet = [round_of(1, 0.9), round_of(2, 0.5)]
    slashing = [quiet[0], replace(quiet[1], slashed=["0xab"])]
    assert curve(tmp_path, slashing) != curve(tmp_path, quiet)
    member = MemberReport("member-6", "0xab", "attacker", "lying-voter", 2, 3, "1", "1", "1", "0", "0")
    assert slashes(replace(report_of(*slashing), members=[member])) == [(2, "member-6")]
