"""Locks of FLOCK and the gmFLOCK they give (docs/protocol.md, Staking)."""

from dataclasses import dataclass, replace

from flock.protocol.units import BPS, DAY, NO_GM, NO_WEI, WAD, Gm, Wei, mul_div_down, mul_div_up

FLAT_SECONDS = 30 * DAY
LONGEST_SECONDS = 365 * DAY
KEEPER_BPS = 1_000
"""The default share of a slash for whoever's call executed it."""


@dataclass(frozen=True)
class Position:
    """What one account has locked. ``allocated`` is the part of ``gm`` that stands on tasks.

    ``delegated`` gm stand in pools of others, on top of ``gm``, as last brought up to date. ``era`` counts
    the locks begun: the first, and each that revived one that was over.
    """

    flock: Wei = NO_WEI
    gm: Gm = NO_GM
    allocated: Gm = NO_GM
    unlock_at: int = 0
    era: int = 0
    delegated: Gm = NO_GM

    @property
    def available(self) -> Gm:
        """gm that stands on no task and in no pool."""
        return Gm(self.gm - self.allocated)

    @property
    def votes(self) -> Gm:
        """What the account weighs in governance."""
        return Gm(self.gm + self.delegated)


@dataclass(frozen=True)
class Slash:
    """What a slash takes: gm, the FLOCK behind it, and the keeper's part of that FLOCK."""

    gm: Gm = NO_GM
    flock: Wei = NO_WEI
    keeper_cut: Wei = NO_WEI

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


def entry_fee(amount: Wei, fee_bps: int) -> Wei:
    """What of a lock goes to the treasury, rounded up."""
    return Wei(mul_div_up(amount, fee_bps, BPS))


def amount_for(flock: Wei, fee_bps: int) -> Wei:
    """The least amount of which ``flock`` is left after the entry fee."""
    return Wei(mul_div_up(flock, BPS, BPS - fee_bps))


def add(position: Position, flock: Wei, days: int, now: int) -> Position:
    """The position after locking ``flock`` more for ``days``; the whole unlocks at the later of both.

    A lock that ran out has earned its multiplier: its gm is rated anew by the time it now stays, downwards
    only, or a dust lock of a day would revive a year's. What is in pools learns of it by the new era.
    """
    unlock_at = max(position.unlock_at, now + days * DAY)
    seconds = unlock_at - now
    kept = position if is_live(position, now) else _begun(position, seconds)
    return replace(
        kept,
        flock=Wei(kept.flock + flock),
        gm=Gm(kept.gm + gm_for(flock, seconds)),
        unlock_at=unlock_at,
    )


def extend(position: Position, days: int, now: int) -> Position:
    """A live lock that lasts at least ``days`` from now, its gm rated anew, upwards only."""
    unlock_at = max(position.unlock_at, now + days * DAY)
    gm = max(position.gm, gm_for(position.flock, unlock_at - now))
    return replace(position, gm=gm, unlock_at=unlock_at)


def poked_gm(position: Position) -> Gm:
    """The gm of a lock that is over, once somebody says so: its FLOCK, but not less than stands on tasks."""
    return max(position.allocated, min(position.gm, Gm(position.flock)))


def is_live(position: Position, now: int) -> bool:
    """Whether the lock has not ended."""
    return now < position.unlock_at


def flock_for(position: Position, gm: Gm) -> Wei:
    """FLOCK that redeeming ``gm`` pays: pro rata, rounded down; the last gm takes all that is left."""
    return Wei(mul_div_down(position.flock, gm, position.gm))


def slash(position: Position, allocation: Gm, gm: Gm, keeper_bps: int = KEEPER_BPS) -> Slash:
    """Take ``gm``, at most the allocation; the FLOCK behind it is rounded up."""
    taken = Gm(min(gm, allocation))
    return shared(taken, flock_behind(position.flock, taken, position.gm), keeper_bps)


def flock_behind(flock: Wei, gm: Gm, gm_total: Gm) -> Wei:
    """FLOCK that a slash of ``gm`` of ``gm_total`` takes: rounded up, but never more than there is."""
    return Wei(min(mul_div_up(flock, gm, gm_total), flock)) if gm else NO_WEI


def shared(gm: Gm, flock: Wei, keeper_bps: int) -> Slash:
    """A slash with the keeper's part, rounded down."""
    return Slash(gm, flock, Wei(mul_div_down(flock, keeper_bps, BPS)))


def after_slash(position: Position, taken: Slash) -> Position:
    """The position once ``taken`` is gone from flock, gm and allocated gm alike."""
    return replace(
        position,
        flock=Wei(position.flock - taken.flock),
        gm=Gm(position.gm - taken.gm),
        allocated=Gm(position.allocated - taken.gm),
    )


def _begun(position: Position, seconds: int) -> Position:
    gm = min(position.gm, gm_for(position.flock, seconds))
    return replace(position, gm=gm, era=position.era + 1)
