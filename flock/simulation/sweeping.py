"""Every strategy under other values of the rules, one rule at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flock.simulation.comparing import Compared, Tell, compare
from flock.simulation.play import Play
from flock.simulation.season import Season

VALUES: Mapping[str, Sequence[str]] = {
    "gamma": ("0", "0.3"),
    "epsilon": ("0.25", "1"),
    "c": ("1", "6"),
    "lam": ("0", "0.5", "2"),
    "sigma": ("0.2", "0.8"),
    "delta": ("0.5", "1"),
    "cooldown": ("0.04", "1", "7"),
    "rising_sigma": ("yes",),
    "operator_fee": ("0", "0.2"),
    "delegator_fee": ("0", "0.3"),
    "slash": ("0", "0.01"),
    "limit": ("4",),
    "miss": ("0", "0.05"),
    "absence": ("0", "0.01"),
    "openings": ("0", "0.02"),
    "held": ("no",),
    "relative": ("yes",),
    "margin": ("0.1",),
    "work": ("0.1", "0.6"),
}
"""Values tried beside the defaults: within the contracts' bounds, in both directions. ``work`` is an assumption."""


@dataclass(frozen=True)
class Tried:
    """All plays under one value of one rule."""

    rule: str
    value: str
    compared: Sequence[Compared]


def seasons(values: Mapping[str, Sequence[str]], plays: Sequence[Play], seeds: int) -> int:
    """How many seasons a sweep plays."""
    return sum(map(len, values.values())) * (len(plays) + 1) * seeds


def sweep(
    season: Season,
    values: Mapping[str, Sequence[str]],
    plays: Sequence[Play],
    seeds: int,
    share: float,
    jobs: int = 1,
    tell: Tell = lambda: None,
) -> list[Tried]:
    """Compare under each value of each rule, the season's other rules unchanged.

    Raises BadConfig as ``with_value`` does, before anything is played.
    """
    worlds = [
        (rule, value, season.with_value(rule, value)) for rule, tried in values.items() for value in tried
    ]
    return [
        Tried(rule, value, compare(world, plays, seeds, share, jobs, tell)) for rule, value, world in worlds
    ]
