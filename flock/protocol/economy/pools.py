"""Pools of delegated stake (docs/protocol.md, Staking): one pool, one delegator's record, one slash at a time.

A pool's ``factor`` (``FULL`` at first) is multiplied by the share that each slash leaves, so a record written at one
factor is worth ``amount·factor/factor then``, rounded down, at any later one. When nothing is left of the pool or of
the factor, a new ``generation`` begins and records of older ones are worth nothing. A ``WORN`` pool takes nothing
more in, so that a factor is always fine enough for the records written at it: a slash costs each of them its fraction
and a few units. The gm of the records never sums to more than the pool's; their FLOCK may by a wei a slash, so no
more is paid than is there.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

from flock.protocol.core.refusals import require
from flock.protocol.core.units import BPS, NO_GM, NO_WEI, WAD, Gm, Wei, mul_div_down, mul_div_up
from flock.protocol.economy import locks
from flock.protocol.economy.locks import Slash

FULL = 10**36
WORN = 10**28
LEAST_FACTOR = 1
MINIMUM_DELEGATION = Gm(WAD)


@dataclass(frozen=True)
class Pool:
    """All that is delegated to one operator on one task; ``commission_bps`` of what it adds is the operator's."""

    gm: Gm = NO_GM
    flock: Wei = NO_WEI
    generation: int = 0
    commission_bps: int = 0
    is_open: bool = False
    factor: int = FULL
    delegators: int = 0


@dataclass(frozen=True)
class Delegation:
    """What one delegator has in one pool, as of ``factor``; ``leaving`` gm of it may be collected at ``leaves_at``.

    ``era`` is that of the oldest lock whose gm is in it; ``queued_behind`` the duty of the operator that is still
    waited for, 0 if none is.
    """

    gm: Gm = NO_GM
    flock: Wei = NO_WEI
    era: int = 0
    generation: int = 0
    queued_behind: int = 0
    factor: int = FULL
    leaving: Gm = NO_GM
    leaves_at: int = 0


class PoolSlash(NamedTuple):
    """The pool after a slash, and what it took; as a generation ends, all that was left goes with it."""

    pool: Pool
    taken: Slash


class Deposit(NamedTuple):
    """Pool and record after gm came in."""

    pool: Pool
    delegation: Delegation


class Withdrawal(NamedTuple):
    """Pool and record after ``gm`` left with ``flock``; ``dust`` is the remainder after the last one."""

    pool: Pool
    delegation: Delegation
    gm: Gm
    flock: Wei
    dust: Wei


class Departure(NamedTuple):
    """The pool after a delegator left; ``dust`` is the remainder after the last one."""

    pool: Pool
    dust: Wei


def current(delegation: Delegation, pool: Pool) -> Delegation:
    """The record with every slash of the pool counted."""
    if delegation.gm == 0 or delegation.generation != pool.generation:
        return Delegation(generation=pool.generation, factor=pool.factor)
    if delegation.factor == pool.factor:
        return delegation
    then = delegation.factor
    return replace(
        delegation,
        gm=Gm(mul_div_down(delegation.gm, pool.factor, then)),
        flock=Wei(mul_div_down(delegation.flock, pool.factor, then)),
        leaving=Gm(mul_div_down(delegation.leaving, pool.factor, then)),
        factor=pool.factor,
    )


def deposit(pool: Pool, delegation: Delegation, gm: Gm, flock: Wei, era: int) -> Deposit:
    """Put ``gm`` with its ``flock`` into the pool, on top of what an up-to-date record has."""
    pool = refreshed(pool).pool
    require_welcome(pool, delegation, gm)
    known = current(delegation, pool)
    is_new = known.gm == 0
    record = replace(
        known, gm=Gm(known.gm + gm), flock=Wei(known.flock + flock), era=era if is_new else known.era
    )
    fuller = replace(
        pool, gm=Gm(pool.gm + gm), flock=Wei(pool.flock + flock), delegators=pool.delegators + is_new
    )
    return Deposit(fuller, record)


def require_welcome(pool: Pool, delegation: Delegation, gm: Gm) -> None:
    """Refuse deposits into a worn pool, and a first deposit that is too small."""
    require(pool.factor >= WORN, "PoolIsWorn")
    is_new = current(delegation, pool).gm == 0
    require(not is_new or gm >= MINIMUM_DELEGATION, "DelegationBelowMinimum")


def refreshed(pool: Pool) -> Departure:
    """The pool before a deposit: an empty worn pool is renewed."""
    is_over = pool.factor < WORN and pool.gm == 0
    return Departure(renewed(pool), pool.flock) if is_over else Departure(pool, NO_WEI)


def leave(delegation: Delegation, gm: Gm, leaves_at: int) -> Delegation:
    """Ask for ``gm`` more of an up-to-date record; all that is leaving may be collected at ``leaves_at``."""
    staying = Gm(delegation.gm - delegation.leaving)
    require(gm <= staying, "NotEnoughDelegated")
    leaving = Gm(delegation.leaving + gm)
    return replace(delegation, leaving=leaving, leaves_at=leaves_at, queued_behind=0)


def withdraw(pool: Pool, delegation: Delegation, gm: Gm) -> Withdrawal:
    """Take ``gm`` of an up-to-date record out, with its FLOCK rounded down; the last gm takes all of it."""
    flock = Wei(min(locks.flock_down(delegation.flock, gm, delegation.gm), pool.flock))
    record = replace(
        delegation,
        gm=Gm(delegation.gm - gm),
        flock=Wei(delegation.flock - flock),
        leaving=Gm(max(0, delegation.leaving - gm)),
        queued_behind=0,
    )
    smaller = replace(pool, gm=Gm(pool.gm - gm), flock=Wei(pool.flock - flock))
    if record.gm:
        return Withdrawal(smaller, record, gm, flock, NO_WEI)
    after = forget(smaller)
    return Withdrawal(after.pool, Delegation(), gm, flock, after.dust)


def forget(pool: Pool) -> Departure:
    """The pool without an empty delegator; after the last one a new generation begins."""
    left = replace(pool, delegators=pool.delegators - 1)
    return Departure(left, NO_WEI) if left.delegators else Departure(renewed(left), left.flock)


def slash_of(gm: Gm, own: Gm, ratio: int, slash_bps: int) -> Gm:
    """gm that a slash takes of a pool, of which ``ratio`` times the operator's ``own`` stake is at stake at most."""
    return Gm(min(gm, mul_div_up(min(gm, ratio * own), slash_bps, BPS)))


def slash(pool: Pool, gm: Gm) -> PoolSlash:
    """Take ``gm`` of a pool that has as much, with its share of FLOCK rounded up."""
    if gm == 0:
        return PoolSlash(pool, Slash())
    factor = factor_after(pool.factor, gm, pool.gm)
    if factor == 0:
        return PoolSlash(renewed(pool), Slash(pool.gm, pool.flock))
    flock = locks.flock_up(pool.flock, gm, pool.gm)
    left = replace(pool, gm=Gm(pool.gm - gm), flock=Wei(pool.flock - flock), factor=factor)
    return PoolSlash(left, Slash(gm, flock))


def factor_after(factor: int, taken: Gm, gm: Gm) -> int:
    """The factor once ``taken`` of a pool's ``gm`` is gone, rounded down; 0 if a new generation is to begin."""
    left = mul_div_down(factor, gm - taken, gm)
    return left if left >= LEAST_FACTOR else 0


def renewed(pool: Pool) -> Pool:
    """The pool at the beginning of its next generation: empty, with its terms."""
    return Pool(generation=pool.generation + 1, commission_bps=pool.commission_bps, is_open=pool.is_open)
