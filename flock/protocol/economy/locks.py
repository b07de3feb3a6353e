"""Locks of FLOCK and their gmFLOCK (docs/protocol.md, Staking), for one position."""

from dataclasses import dataclass, replace
from typing import NamedTuple

from flock.protocol.core.refusals import require
from flock.protocol.core.units import BPS, DAY, NO_GM, NO_WEI, WAD, Gm, Wei, mul_div_down, mul_div_up

FLAT_SECONDS = 30 * DAY
LONGEST_SECONDS = 365 * DAY
EXIT_DELAY = 7 * DAY
"""From the poke of a lock that is over until its FLOCK may be redeemed: longer than any vote."""


@dataclass(frozen=True)
class Position:
    """An account's lock: its free ``gm``, and the ``flock`` behind it.

    Its lock was given for ``lock_days`` and ends at ``unlock_at``; once it has been poked after its end,
    ``lock_days`` is 0 and ``unlock_at`` is when its FLOCK may be redeemed. ``era`` counts the locks that have ended.
    ``allocated`` and ``delegated`` gm stand on tasks and in pools, each with the FLOCK behind it, as last brought up
    to date; ``voteless`` of them are of an era before this one.
    """

    flock: Wei = NO_WEI
    gm: Gm = NO_GM
    unlock_at: int = 0
    era: int = 0
    lock_days: int = 0
    allocated: Gm = NO_GM
    delegated: Gm = NO_GM
    voteless: Gm = NO_GM

    @property
    def votes(self) -> Gm:
        """The account's votes: none for a lock that was poked, or for gm of an earlier era."""
        free = self.gm if self.lock_days else NO_GM
        return Gm(free + self.allocated + self.delegated - self.voteless)


class Slash(NamedTuple):
    """What a slash takes: gm, and the FLOCK behind it."""

    gm: Gm = NO_GM
    flock: Wei = NO_WEI


class Arrival(NamedTuple):
    """The position once gm has come back to it, and how much of that arrived."""

    position: Position
    kept: Gm


def gm_for(flock: Wei, seconds_locked: int) -> Gm:
    """gm for ``flock`` locked this long: n up to 30 days, then n·(1 + 2.19·(t−30)/365), rounded down."""
    seconds = min(seconds_locked, LONGEST_SECONDS)
    if seconds <= FLAT_SECONDS:
        return Gm(flock)
    return Gm(flock + mul_div_down(flock, 219 * (seconds - FLAT_SECONDS), 100 * LONGEST_SECONDS))


def multiplier(days: int) -> int:
    """gm per FLOCK, in WAD, of a new lock of this many days."""
    return gm_for(Wei(WAD), days * DAY)


def entry_fee(amount: Wei, fee_bps: int) -> Wei:
    """The entry fee of a lock, rounded up."""
    return Wei(mul_div_up(amount, fee_bps, BPS))


def amount_for(flock: Wei, fee_bps: int) -> Wei:
    """The smallest amount that leaves ``flock`` after the entry fee."""
    return Wei(mul_div_up(flock, BPS, BPS - fee_bps))


def flock_down(flock: Wei, gm: Gm, gm_total: Gm) -> Wei:
    """FLOCK that goes along with ``gm`` of ``gm_total``: rounded down; the last gm takes all that is left."""
    return Wei(mul_div_down(flock, gm, gm_total))


def flock_up(flock: Wei, gm: Gm, gm_total: Gm) -> Wei:
    """FLOCK that a slash of ``gm`` of ``gm_total`` takes: rounded up, but never more than there is."""
    return Wei(min(mul_div_up(flock, gm, gm_total), flock)) if gm else NO_WEI


def is_live(position: Position, now: int) -> bool:
    """Whether there is a lock that has not ended."""
    return position.lock_days != 0 and now < position.unlock_at


# --- A position's life ---


def add(position: Position, flock: Wei, days: int, now: int) -> Position:
    """The position after locking ``flock`` more for ``days``: that may lengthen a live lock, never shorten it."""
    end = now + days * DAY
    if not is_live(position, now):
        kept = _begun_anew(position, days, now)
    elif end > position.unlock_at:
        kept = extend(position, days, now)
    else:
        kept = position
    gm = gm_for(flock, kept.unlock_at - now)
    return replace(kept, flock=Wei(kept.flock + flock), gm=Gm(kept.gm + gm))


def extend(position: Position, days: int, now: int) -> Position:
    """A live lock extended to ``days`` from now; its free gm is recalculated, upwards only.

    It is for what the lock was given for last, or for longer: a multiplier is that of the time that is left when it
    is given, so that a long lock is not kept alive by short ones.
    """
    require(days >= position.lock_days, "LockMayNotShorten")
    unlock_at = max(position.unlock_at, now + days * DAY)
    gm = max(position.gm, gm_for(position.flock, unlock_at - now))
    return replace(position, gm=gm, unlock_at=unlock_at, lock_days=days)


def poked(position: Position, now: int) -> Position:
    """An expired lock after its era has ended: it has no votes, and can be redeemed after ``EXIT_DELAY``."""
    return replace(
        position,
        gm=min(position.gm, Gm(position.flock)),
        unlock_at=now + EXIT_DELAY,
        lock_days=0,
        era=position.era + 1,
        voteless=Gm(position.allocated + position.delegated),
    )


def _begun_anew(position: Position, days: int, now: int) -> Position:
    """An expired lock has used up its multiplier: its gm is recalculated for the new time, downwards only.

    Otherwise a tiny lock for a day would revive a year's multiplier. Other gm is of an earlier era.
    """
    return replace(
        position,
        gm=min(position.gm, gm_for(position.flock, days * DAY)),
        unlock_at=now + days * DAY,
        lock_days=days,
        era=position.era + (position.lock_days != 0),  # a poke has counted it already
        voteless=Gm(position.allocated + position.delegated),
    )


# --- What leaves it and comes back ---


def take(position: Position, gm: Gm) -> tuple[Position, Wei]:
    """The position without ``gm`` that it has free, and the FLOCK that goes along with it."""
    flock = flock_down(position.flock, gm, position.gm)
    return replace(position, gm=Gm(position.gm - gm), flock=Wei(position.flock - flock)), flock


def stand(position: Position, era: int, *, allocated: int = 0, delegated: int = 0) -> Position:
    """So much more gm of ``era`` stands on tasks or in pools; less if negative."""
    is_voteless = era != position.era
    return replace(
        position,
        allocated=Gm(position.allocated + allocated),
        delegated=Gm(position.delegated + delegated),
        voteless=Gm(position.voteless + is_voteless * (allocated + delegated)),
    )


def arrive(position: Position, era: int, gm: Gm, flock: Wei, now: int) -> Arrival:
    """What comes back from a task or a pool; if its lock is over or another has begun, it is rated down.

    Otherwise an account could keep a multiplier beyond the end of its lock.
    """
    kept = _rated(position, era, gm, flock, now)
    fuller = replace(position, gm=Gm(position.gm + kept), flock=Wei(position.flock + flock))
    return Arrival(fuller, kept)


def _rated(position: Position, era: int, gm: Gm, flock: Wei, now: int) -> Gm:
    if not is_live(position, now):
        return min(gm, Gm(flock))
    if era == position.era:
        return gm
    return min(gm, gm_for(flock, position.unlock_at - now))


# --- Slashes ---


def slash_of(own: Gm, stake_at_least: Gm, slash_bps: int) -> Gm:
    """gm that a slash takes of ``own`` stake, which counts as ``stake_at_least`` at least."""
    return Gm(min(own, mul_div_up(max(stake_at_least, own), slash_bps, BPS)))
