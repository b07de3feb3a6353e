"""Defaults for terms that a task's creator leaves out. The contracts do not know them."""

from collections.abc import Mapping
from typing import Any

from flock.protocol.core.units import DAY, WAD, Wei

DEFAULTS: Mapping[str, int] = {
    "planned_rounds": 20,
    "proposer_seats": 15,
    "voter_seats": 15,
    "max_members": 10_000,
    "propose_seconds": 600,
    "attest_seconds": 120,
    "commit_seconds": 300,
    "reveal_seconds": 120,
    "minimum_stake": 100 * WAD,
}
"""Terms that have no default in AllianceParameters, and need none of the others."""

DEFAULT_TIMES: Mapping[str, int] = {"starts_at": DAY, "start_by": 8 * DAY, "ends_at": 37 * DAY}
"""In seconds from the task's making."""

KEEPERS_SHARE = 100
"""Keepers get a hundredth of the bounty, if every planned round is drawn twice."""

MEMBERS_PER_SEAT = 2


def completed(given: Mapping[str, Any], now: int, bounty: Wei, *, is_open: bool) -> dict[str, Any]:
    """The terms with a default for each that ``given`` leaves out: wei, gmFLOCK wei and Unix seconds.

    ``is_open`` says whether anyone can join.
    """
    times = {name: now + seconds for name, seconds in DEFAULT_TIMES.items()}
    chosen = {**DEFAULTS, **times, **given}
    seats = chosen["proposer_seats"] + chosen["voter_seats"]
    defaults = {
        "starts_at": default_starts_at(now, chosen["start_by"], is_open=is_open),
        "minimum_members": default_minimum_members(seats, chosen["max_members"], is_open=is_open),
        "keeper_fee": default_keeper_fee(bounty, chosen["planned_rounds"]),
    }
    return {**chosen, **defaults, **given}


def default_starts_at(now: int, start_by: int, *, is_open: bool) -> int:
    """A day for others to come, but no later than the last moment to start; now if members are named."""
    return min(now + DEFAULT_TIMES["starts_at"], start_by) if is_open else now


def default_minimum_members(seats: int, max_members: int, *, is_open: bool) -> int:
    """Two for each seat: with only as many members as seats, every round would have the same members.

    One is enough where an allow-list names the members.
    """
    return min(MEMBERS_PER_SEAT * seats, max_members) if is_open else seats


def default_keeper_fee(bounty: Wei, planned_rounds: int) -> Wei:
    """The fee for each draw."""
    return Wei(bounty // (2 * KEEPERS_SHARE * max(1, planned_rounds)))
