"""Whole transactions' gas, as the snapshots that the contract tests check have it, against what was aimed at.

A draw and a settlement are measured with 16 seats, once among 16 and once among 800 members.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from bench.result import Result

SNAPSHOTS = Path("contracts/snapshots")
AIMS = {"stake": 76_000, "propose": 50_000, "commit": 50_000, "draw": 125_000, "finalise": 150_000}


def measure() -> Sequence[Result]:
    """One result for every transaction that has an aim; the whole table is printed."""
    results = []
    for members in (16, 800):
        spent = json.loads((SNAPSHOTS / f"members-{members}.json").read_text())
        print(
            f"gas at {members} members: " + ", ".join(f"{kind} {int(gas):,}" for kind, gas in spent.items())
        )
        results += [
            Result(f"gas-{kind}-{members}", int(spent[kind]), aim, "aim", "gas") for kind, aim in AIMS.items()
        ]
    return results
