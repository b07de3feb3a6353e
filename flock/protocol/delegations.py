"""Delegation in the Staking contract, pure: setting up a pool, delegating, leaving, coming back.

What the contract asks of others is given: whether a task is alive or has ended, until when it runs, and
whether an operator has a duty. The arithmetic of a pool is in ``flock.protocol.pools``.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

from flock.protocol import locks, pools
from flock.protocol.pools import Delegation
from flock.protocol.refusals import require
from flock.protocol.staking import (
    Staking,
    require_free,
    require_not_paused,
    to_treasury,
    with_pool,
    with_position,
)
from flock.protocol.units import BPS, Gm, Wei


class Place(NamedTuple):
    """A pool: whose, and on which task."""

    operator: str
    task: int


@dataclass(frozen=True)
class Circumstances:
    """What the task manager and the holder of the operator's stake say of a pool's task at this moment."""

    is_alive: bool = True
    ends_at: int = 0
    has_duty: bool = False

    @property
    def has_ended(self) -> bool:
        """Whether nothing can happen on the task any more."""
        return not self.is_alive


def set_pool(
    state: Staking, place: Place, sigma_bps: int, *, is_open: bool, of: Circumstances, now: int
) -> Staking:
    """Whether an operator takes delegation on a task, and what it keeps of what that adds to its reward."""
    require(0 <= sigma_bps <= BPS, "OutOfBounds")
    pool = state.pool_of(*place)
    freeze = state.numbers.sigma_freeze
    is_frozen = of.ends_at - freeze <= now < of.ends_at + freeze
    require(sigma_bps == pool.sigma_bps or not is_frozen, "SigmaIsFrozen")
    return with_pool(state, *place, replace(pool, sigma_bps=sigma_bps, is_open=is_open))


def delegate_to(
    state: Staking, delegator: str, place: Place, gm: Gm, *, of: Circumstances, now: int
) -> Staking:
    """Move free gm of a live lock, with the FLOCK behind it, to a pool."""
    require_not_paused(state)
    require_free(state, delegator, gm, now)
    position = state.position_of(delegator)
    flock = locks.flock_for(position, gm)
    smaller = replace(
        position,
        gm=Gm(position.gm - gm),
        flock=Wei(position.flock - flock),
        delegated=Gm(position.delegated + gm),
    )
    return _deposited(with_position(state, delegator, smaller), delegator, place, gm, flock, of)


def undelegate(state: Staking, delegator: str, place: Place, gm: Gm, now: int) -> Staking:
    """Begin to take gm back; it can be slashed until it is collected."""
    require(gm > 0, "AmountIsZero")
    state = bring_up_to_date(state, delegator, place)
    record = state.delegation_of(delegator, *place)
    left = pools.leave(record, gm, now + state.numbers.cooldown)
    return _with_delegation(state, delegator, place, left)


def collect(state: Staking, delegator: str, place: Place, *, of: Circumstances, now: int) -> Staking:
    """Bring what has left a pool back into its owner's position; all of it once the task has ended."""
    state = bring_up_to_date(state, delegator, place)
    record = state.delegation_of(delegator, *place)
    gm = record.gm if of.has_ended else record.leaving
    require(gm > 0, "NothingIsLeaving")
    require(of.has_ended or now >= record.leaves_at, "StillCoolingDown")
    require(not of.has_duty, "OperatorHasADuty")
    return _withdrawn(state, delegator, place, gm, now)


def redelegate(
    state: Staking,
    delegator: str,
    source: Place,
    target: Place,
    gm: Gm,
    *,
    of: tuple[Circumstances, Circumstances],
    now: int,
) -> Staking:
    """Move gm from a pool of a task that has ended straight to another pool."""
    require_not_paused(state)
    require(gm > 0, "AmountIsZero")
    require(of[0].has_ended, "TaskHasNotEnded")
    require(not of[0].has_duty, "OperatorHasADuty")
    state = bring_up_to_date(state, delegator, source)
    record, position = state.delegation_of(delegator, *source), state.position_of(delegator)
    require(gm <= record.gm, "NotEnoughDelegated")
    require(locks.is_live(position, now), "LockHasExpired")
    out = pools.withdraw(state.pool_of(*source), record, gm)
    kept = pools.returned(position, record, gm, out.flock, now)
    fewer = replace(position, delegated=Gm(position.delegated - gm + kept))
    left = with_pool(with_position(state, delegator, fewer), *source, out.pool)
    left = to_treasury(_with_delegation(left, delegator, source, out.delegation), out.dust)
    return _deposited(left, delegator, target, kept, out.flock, of[1])


def bring_up_to_date(state: Staking, delegator: str, place: Place) -> Staking:
    """Write the slashes of a pool into a delegator's record and votes."""
    key = (delegator, *place)
    if key not in state.delegations:
        return state
    written, record = state.delegations[key], state.delegation_of(delegator, *place)
    lost = written.gm - record.gm
    if not lost:
        return _with_delegation(state, delegator, place, record)
    position = state.position_of(delegator)
    fewer = replace(position, delegated=Gm(position.delegated - lost))
    return _with_delegation(with_position(state, delegator, fewer), delegator, place, record)


def _deposited(
    state: Staking, delegator: str, place: Place, gm: Gm, flock: Wei, of: Circumstances
) -> Staking:
    require(delegator != place.operator, "CannotDelegateToOneself")
    require(of.is_alive, "TaskIsNotAlive")
    require(state.pool_of(*place).is_open, "PoolIsClosed")
    state = bring_up_to_date(state, delegator, place)
    written, era = state.delegation_of(delegator, *place), state.position_of(delegator).era
    pool, record = pools.deposit(state.pool_of(*place), written, gm, flock, era)
    return _with_delegation(with_pool(state, *place, pool), delegator, place, record)


def _withdrawn(state: Staking, delegator: str, place: Place, gm: Gm, now: int) -> Staking:
    record, position = state.delegation_of(delegator, *place), state.position_of(delegator)
    out = pools.withdraw(state.pool_of(*place), record, gm)
    kept = pools.returned(position, record, gm, out.flock, now)
    fuller = replace(
        position,
        gm=Gm(position.gm + kept),
        flock=Wei(position.flock + out.flock),
        delegated=Gm(position.delegated - gm),
    )
    back = with_pool(with_position(state, delegator, fuller), *place, out.pool)
    return to_treasury(_with_delegation(back, delegator, place, out.delegation), out.dust)


def _with_delegation(state: Staking, delegator: str, place: Place, record: Delegation) -> Staking:
    return replace(state, delegations={**state.delegations, (delegator, *place): record})
