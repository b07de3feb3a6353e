"""Delegation, the pure twin of Staking: setting up a pool, delegating, undelegating, collecting.

The answers of other contracts are arguments: whether a task is alive or has ended, until when it runs, and which duty
an operator has. The arithmetic of a pool is in ``flock.protocol.economy.pools``.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

from flock.protocol.core.refusals import require
from flock.protocol.core.units import BPS, Gm
from flock.protocol.economy import locks, pools
from flock.protocol.economy.pools import Delegation
from flock.protocol.economy.staking import (
    StakingState,
    owing,
    require_free,
    require_not_paused,
    with_pool,
    with_position,
)


class PoolKey(NamedTuple):
    """A pool: whose, and on which task."""

    operator: str
    task: int


@dataclass(frozen=True)
class Circumstances:
    """What the task manager and the task's board say of a pool's task at this moment.

    ``duty`` is the number of the duty that the pool's operator has there now, 0 if it has none.
    """

    is_alive: bool = True
    ends_at: int = 0
    duty: int = 0

    @property
    def has_ended(self) -> bool:
        """Whether the task has ended."""
        return not self.is_alive


def set_pool(
    state: StakingState, place: PoolKey, commission_bps: int, *, is_open: bool, of: Circumstances, now: int
) -> StakingState:
    """Set whether an operator accepts delegation on a task, and its commission.

    The commission can only fall while there is anything in the pool.
    """
    require(0 <= commission_bps <= BPS, "OutOfBounds")
    require(of.is_alive, "TaskIsNotAlive")
    pool, freeze = state.pool_of(*place), state.numbers.sigma_freeze
    is_frozen = place in state.pools and of.ends_at - freeze <= now <= of.ends_at + freeze
    require(commission_bps == pool.commission_bps or not is_frozen, "SigmaIsFrozen")
    require(commission_bps <= pool.commission_bps or not pool.gm, "SigmaMayNotRise")
    return with_pool(state, *place, replace(pool, commission_bps=commission_bps, is_open=is_open))


def delegate_to(
    state: StakingState,
    delegator: str,
    place: PoolKey,
    gm: Gm,
    *,
    of: Circumstances,
    now: int,
    max_commission_bps: int = BPS,
) -> StakingState:
    """Move free gm of a live lock, with the FLOCK behind it, to a pool, if its commission is at most the maximum."""
    require_not_paused(state)
    require(of.is_alive, "TaskIsNotAlive")
    require(delegator != place.operator, "CannotDelegateToOneself")
    state = sync(state, delegator, place)
    require(state.pool_of(*place).is_open, "PoolIsClosed")
    require(state.pool_of(*place).commission_bps <= max_commission_bps, "SigmaIsAbove")
    fresh, written = pools.refreshed(state.pool_of(*place)), state.delegation_of(delegator, *place)
    pools.require_welcome(fresh.pool, written, gm)
    require_free(state, delegator, gm, now)
    position, flock = locks.take(state.position_of(delegator), gm)
    pool, record = pools.deposit(fresh.pool, written, gm, flock, position.era)
    require(pool.gm <= most_in_pool(state, place), "DelegationAboveCap")
    placed = locks.stand(position, record.era, delegated=gm)
    moved = with_pool(with_position(owing(state, fresh.dust), delegator, placed), *place, pool)
    return _with_delegation(moved, delegator, place, record)


def most_in_pool(state: StakingState, place: PoolKey) -> Gm:
    """The maximum gm in a pool after a deposit."""
    return Gm(state.numbers.delegation_ratio * state.allocation_of(*place).gm)


def undelegate(state: StakingState, delegator: str, place: PoolKey, gm: Gm, now: int) -> StakingState:
    """Start to withdraw gm; it can be slashed until it is collected."""
    require(gm > 0, "AmountIsZero")
    state = sync(state, delegator, place)
    record = state.delegation_of(delegator, *place)
    left = pools.leave(record, gm, now + state.numbers.cooldown)
    return _with_delegation(state, delegator, place, left)


def collect(
    state: StakingState, delegator: str, place: PoolKey, *, of: Circumstances, now: int
) -> StakingState:
    """Bring what has left a pool back into its owner's position; all of it once the task has ended.

    While the operator has a duty, a withdrawal is queued behind it and paid once that one is over, whatever duty has
    begun since.
    """
    state = sync(state, delegator, place)
    record = state.delegation_of(delegator, *place)
    gm = record.gm if of.has_ended else record.leaving
    require(gm > 0, "NothingIsLeaving")
    if not of.has_ended:
        require(now >= record.leaves_at, "StillCoolingDown")
        if of.duty and not record.queued_behind:
            return _with_delegation(state, delegator, place, replace(record, queued_behind=of.duty))
        require(not of.duty or record.queued_behind != of.duty, "OperatorHasADuty")
    return _withdrawn(state, delegator, place, gm, now).staking


def redelegate(
    state: StakingState,
    delegator: str,
    source: PoolKey,
    target: PoolKey,
    gm: Gm,
    *,
    of: Circumstances,
    of_target: Circumstances,
    now: int,
    max_commission_bps: int = BPS,
) -> StakingState:
    """Move gm from a pool of a task that has ended straight to another pool."""
    require_not_paused(state)
    require(of.has_ended, "TaskHasNotEnded")
    require(gm > 0, "AmountIsZero")
    state = sync(state, delegator, source)
    require(gm <= state.delegation_of(delegator, *source).gm, "NotEnoughDelegated")
    back, kept = _withdrawn(state, delegator, source, gm, now)
    return delegate_to(
        back, delegator, target, kept, of=of_target, now=now, max_commission_bps=max_commission_bps
    )


def sync(state: StakingState, delegator: str, place: PoolKey) -> StakingState:
    """Write the slashes of a pool into a delegator's record and votes; an empty record is deleted."""
    written = state.delegations.get((delegator, *place), Delegation())
    record, pool = state.delegation_of(delegator, *place), state.pool_of(*place)
    lost = written.gm - record.gm
    if not lost:
        return state
    position = locks.stand(state.position_of(delegator), written.era, delegated=-lost)
    updated = _with_delegation(with_position(state, delegator, position), delegator, place, record)
    if record.gm or written.generation != pool.generation:
        return updated
    after = pools.forget(pool)
    return owing(with_pool(updated, *place, after.pool), after.dust)


class _Withdrawn(NamedTuple):
    staking: StakingState
    kept: Gm


def _withdrawn(state: StakingState, delegator: str, place: PoolKey, gm: Gm, now: int) -> _Withdrawn:
    record = state.delegation_of(delegator, *place)
    out = pools.withdraw(state.pool_of(*place), record, gm)
    lifted = locks.stand(state.position_of(delegator), record.era, delegated=-gm)
    position, kept = locks.arrive(lifted, record.era, gm, out.flock, now)
    back = with_pool(with_position(state, delegator, position), *place, out.pool)
    return _Withdrawn(owing(_with_delegation(back, delegator, place, out.delegation), out.dust), kept)


def _with_delegation(state: StakingState, delegator: str, place: PoolKey, record: Delegation) -> StakingState:
    return replace(state, delegations={**state.delegations, (delegator, *place): record})
