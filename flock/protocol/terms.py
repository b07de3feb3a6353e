"""What a task's creator may leave open, and what is chosen then. The contracts know none of these."""

from collections.abc import Mapping

from flock.protocol.units import DAY, WAD, Wei

DEFAULTS: Mapping[str, int] = {
    "planned_rounds": 20,
    "proposer_seats": 15,
    "voter_seats": 15,
    "max_members": 100,
    "propose_seconds": 600,
    "attest_seconds": 120,
    "commit_seconds": 300,
    "reveal_seconds": 120,
    "minimum_stake": 100 * WAD,
}
"""Terms that have no default in AllianceParameters."""

DEFAULT_TIMES: Mapping[str, int] = {"start_by": 7 * DAY, "ends_at": 37 * DAY}
"""In seconds from the task's making."""

KEEPERS_SHARE = 100
"""Keepers get a hundredth of the bounty, if every planned round is opened twice."""


def default_keeper_fee(bounty: Wei, planned_rounds: int) -> Wei:
    """The fee for each draw and each finalise."""
    return Wei(bounty // (4 * KEEPERS_SHARE * max(1, planned_rounds)))
