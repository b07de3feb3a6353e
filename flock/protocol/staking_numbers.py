"""The governed numbers of Staking and their hard bounds (docs/protocol.md, Parameters)."""

from collections.abc import Mapping
from dataclasses import dataclass

from flock.protocol.locks import KEEPER_BPS
from flock.protocol.units import DAY


@dataclass(frozen=True)
class Numbers:
    """The governed numbers, in Bps and seconds, with their defaults; ``BOUNDS`` has what is allowed."""

    entry_fee_bps: int = 0
    keeper_bps: int = KEEPER_BPS
    operator_delay: int = DAY // 24
    cooldown: int = 14 * DAY
    sigma_freeze: int = 2 * DAY


DEFAULTS = Numbers()

BOUNDS: Mapping[str, tuple[int, int]] = {
    "entry_fee_bps": (0, 1_000),
    "keeper_bps": (0, 5_000),
    "operator_delay": (0, 7 * DAY),
    "cooldown": (DAY // 24, 14 * DAY),
    "sigma_freeze": (0, 14 * DAY),
}
