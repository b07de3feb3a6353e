"""Locks of FLOCK and the gmFLOCK they give (docs/protocol.md, Staking)."""

from dataclasses import dataclass

from flock.protocol.units import DAY, NO_GM, NO_WEI, WAD, Gm, Wei, mul_div_down, mul_div_up

FLAT_SECONDS = 30 * DAY
LONGEST_SECONDS = 365 * DAY
KEEPER_CUT = 10


@dataclass(frozen=True)
class Position:
    """What one account has locked. ``allocated`` is the part of ``gm`` that stands on tasks."""

    flock: Wei = NO_WEI
    gm: Gm = NO_GM
    allocated: Gm = NO_GM
    unlock_at: int = 0

    @property
    def available(self) -> Gm:
        """gm that stands on no task."""
        return Gm(self.gm - self.allocated)


@dataclass(frozen=True)
class Slash:
    """What a slash takes: gm, the FLOCK behind it, and the keeper's tenth of that FLOCK."""

    gm: Gm
    flock: Wei
    keeper_cut: Wei

    @property
    def to_treasury(self) -> Wei:
        """What the keeper does not get."""
        return Wei(self.flock - self.keeper_cut)


def gm_for(flock: Wei, seconds_locked: int) -> Gm:
    """gm for ``flock`` locked this long: n up to 30 days, then n·(1 + 2.19·(t−30)/365), rounded down."""
    seconds = min(seconds_locked, LONGEST_SECONDS)
    if seconds <= FLAT_SECONDS:
        return Gm(flock)
    return Gm(flock + mul_div_down(flock, 219 * (seconds - FLAT_SECONDS), 100 * LONGEST_SECONDS))


def multiplier(days: int) -> int:
    """gm per FLOCK, in WAD, of a fresh lock of so many days."""
    return gm_for(Wei(WAD), days * DAY)


def add(position: Position, flock: Wei, days: int, now: int) -> Position:
    """The position after locking ``flock`` more for ``days``; the whole unlocks at the later of both.

    A lock that ran out has earned its multiplier: its gm is rated anew by the time it now stays, downwards
    only, or a dust lock of a day would revive a year's.
    """
    unlock_at = max(position.unlock_at, now + days * DAY)
    seconds = unlock_at - now
    is_live = now < position.unlock_at
    kept = position.gm if is_live else min(position.gm, gm_for(position.flock, seconds))
    return Position(
        Wei(position.flock + flock),
        Gm(kept + gm_for(flock, seconds)),
        position.allocated,
        unlock_at,
    )


def flock_for(position: Position, gm: Gm) -> Wei:
    """FLOCK that redeeming ``gm`` pays: pro rata, rounded down; the last gm takes all that is left."""
    return Wei(mul_div_down(position.flock, gm, position.gm))


def slash(position: Position, allocation: Gm, gm: Gm) -> Slash:
    """Take ``gm``, at most the allocation; the FLOCK behind it is rounded up."""
    taken = Gm(min(gm, allocation))
    if taken == 0:
        return Slash(NO_GM, NO_WEI, NO_WEI)
    flock = Wei(min(mul_div_up(position.flock, taken, position.gm), position.flock))
    return Slash(taken, flock, Wei(flock // KEEPER_CUT))


def after_slash(position: Position, taken: Slash) -> Position:
    """The position once ``taken`` is gone from flock, gm and allocated gm alike."""
    return Position(
        Wei(position.flock - taken.flock),
        Gm(position.gm - taken.gm),
        Gm(position.allocated - taken.gm),
        position.unlock_at,
    )
