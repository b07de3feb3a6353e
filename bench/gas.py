"""Whole transactions' gas, as the snapshots that the contract tests check have it, against what was aimed at.

A draw and a settlement are measured with 16 seats, once among 16 and once among 800 members. Claims are from
a tree of 16,384 accounts, side by side with what others' contracts took for the same.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from bench.result import Result

SNAPSHOTS = Path("contracts/snapshots")
AIMS = {"stake": 76_000, "propose": 50_000, "commit": 50_000, "draw": 125_000, "finalise": 150_000}

REWARDS = {
    "claim, repeat": (57_321, "1inch cumulative Merkle drop"),
    "claim, repeat, delegator": (55_000, "aim"),
    "claim many, repeat, 2": (2 * 53_000, "aim"),
    "claim many, repeat, 10": (10 * 53_000, "aim"),
    "post root, serving the last": (88_948, "EigenLayer submitRoot"),
}
"""What rivals' own contracts were measured at, whole transactions, storage cold."""


def measure() -> Sequence[Result]:
    """One result for every transaction that has an aim or a rival; the whole tables are printed."""
    return [*_rounds(), *_rewards()]


def _rounds() -> Sequence[Result]:
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


def _rewards() -> Sequence[Result]:
    spent = json.loads((SNAPSHOTS / "rewards.json").read_text())
    print("gas of rewards: " + ", ".join(f"{kind} {int(gas):,}" for kind, gas in spent.items()))
    return [
        Result(f"gas-{kind.replace(', ', '-').replace(' ', '-')}", int(spent[kind]), rival, name, "gas")
        for kind, (rival, name) in REWARDS.items()
    ]
