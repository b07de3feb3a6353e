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
    """Whether an operator takes delegation on a task, and what it keeps of what that adds to its reward.

    That share only falls while there is anything in the pool.
    """
    require(0 <= sigma_bps <= BPS, "OutOfBounds")
    require(of.is_alive, "TaskIsNotAlive")
    pool, freeze = state.pool_of(*place), state.numbers.sigma_freeze
    is_frozen = place in state.pools and of.ends_at - freeze <= now <= of.ends_at + freeze
    require(sigma_bps == pool.sigma_bps or not is_frozen, "SigmaIsFrozen")
    require(sigma_bps <= pool.sigma_bps or not pool.gm, "SigmaMayNotRise")
    return with_pool(state, *place, replace(pool, sigma_bps=sigma_bps, is_open=is_open))


def delegate_to(
    state: Staking,
    delegator: str,
    place: Place,
    gm: Gm,
    *,
    of: Circumstances,
    now: int,
    most_sigma_bps: int = BPS,
) -> Staking:
    """Move free gm of a live lock, with the FLOCK behind it, to a pool whose operator keeps no more than that."""
    require_not_paused(state)
    require(of.is_alive, "TaskIsNotAlive")
    require(gm > 0, "AmountIsZero")
    require(delegator != place.operator, "CannotDelegateToOneself")
    require_free(state, delegator, gm, now)
    state = bring_up_to_date(state, delegator, place)
    require(state.pool_of(*place).is_open, "PoolIsClosed")
    require(state.pool_of(*place).sigma_bps <= most_sigma_bps, "SigmaIsAbove")
    position, written = state.position_of(delegator), state.delegation_of(delegator, *place)
    flock = locks.flock_for(position, gm)
    pool, record = pools.deposit(state.pool_of(*place), written, gm, flock, position.era)
    smaller = replace(
        position,
        gm=Gm(position.gm - gm),
        flock=Wei(position.flock - flock),
        delegated=Gm(position.delegated + gm),
    )
    moved = with_pool(with_position(state, delegator, smaller), *place, pool)
    return _with_delegation(moved, delegator, place, record)


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
    return _withdrawn(state, delegator, place, gm, of, now).staking


def redelegate(
    state: Staking,
    delegator: str,
    source: Place,
    target: Place,
    gm: Gm,
    *,
    of: Circumstances,
    of_target: Circumstances,
    now: int,
    most_sigma_bps: int = BPS,
) -> Staking:
    """Move gm from a pool of a task that has ended straight to another pool."""
    require_not_paused(state)
    require(of.has_ended, "TaskHasNotEnded")
    require(gm > 0, "AmountIsZero")
    require(of_target.is_alive, "TaskIsNotAlive")
    state = bring_up_to_date(state, delegator, source)
    require(gm <= state.delegation_of(delegator, *source).gm, "NotEnoughDelegated")
    back, kept = _withdrawn(state, delegator, source, gm, of, now)
    return delegate_to(back, delegator, target, kept, of=of_target, now=now, most_sigma_bps=most_sigma_bps)


def bring_up_to_date(state: Staking, delegator: str, place: Place) -> Staking:
    """Write the slashes of a pool into a delegator's record and votes; a record of nothing is forgotten."""
    written = state.delegations.get((delegator, *place), Delegation())
    record, pool = state.delegation_of(delegator, *place), state.pool_of(*place)
    lost = written.gm - record.gm
    if not lost:
        return state
    position = state.position_of(delegator)
    fewer = with_position(state, delegator, replace(position, delegated=Gm(position.delegated - lost)))
    updated = _with_delegation(fewer, delegator, place, record)
    if record.gm or written.generation != pool.generation:
        return updated
    after = pools.forget(pool)
    return to_treasury(with_pool(updated, *place, after.pool), after.dust)


class _Withdrawn(NamedTuple):
    staking: Staking
    kept: Gm


def _withdrawn(
    state: Staking, delegator: str, place: Place, gm: Gm, of: Circumstances, now: int
) -> _Withdrawn:
    require(not of.has_duty, "OperatorHasADuty")
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
    settled = to_treasury(_with_delegation(back, delegator, place, out.delegation), out.dust)
    return _Withdrawn(settled, kept)


def _with_delegation(state: Staking, delegator: str, place: Place, record: Delegation) -> Staking:
    return replace(state, delegations={**state.delegations, (delegator, *place): record})
