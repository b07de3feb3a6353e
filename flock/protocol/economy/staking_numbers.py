"""The governed numbers of Staking and their hard bounds (docs/protocol.md, Parameters)."""

from collections.abc import Mapping
from dataclasses import dataclass

from flock.protocol.core.units import DAY


@dataclass(frozen=True)
class Numbers:
    """The governed numbers, in Bps, seconds and times, with their defaults; ``BOUNDS`` has what is allowed."""

    entry_fee_bps: int = 0
    operator_delay: int = DAY // 24
    cooldown: int = 14 * DAY
    sigma_freeze: int = 2 * DAY
    delegation_ratio: int = 10


DEFAULTS = Numbers()

BOUNDS: Mapping[str, tuple[int, int]] = {
    "entry_fee_bps": (0, 1_000),
    "operator_delay": (0, 7 * DAY),
    "cooldown": (DAY // 24, 14 * DAY),
    "sigma_freeze": (0, 14 * DAY),
    "delegation_ratio": (1, 100),
}
