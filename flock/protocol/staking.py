"""The Staking contract as pure functions: positions, stake on tasks, holds and slashes.

Stake is that of an Alliance's members; the contract keeps the same for trainers and validators. What is
delegated is moved in ``flock.protocol.delegations``. Refusals carry the names of the contract's errors
(contracts/src/interfaces/IStaking.sol).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from flock.protocol import locks, pools
from flock.protocol.locks import Position, Slash
from flock.protocol.pools import Delegation, Pool
from flock.protocol.refusals import require
from flock.protocol.staking_numbers import BOUNDS, DEFAULTS, Numbers
from flock.protocol.units import NO_GM, NO_WEI, Gm, Wei

MAX_LOCK_DAYS = 365


@dataclass(frozen=True)
class Allocation:
    """gm an account has put on one task; ``held`` while it has a duty there."""

    amount: Gm = NO_GM
    held: bool = False


NOBODY = "0x" + "00" * 20
"""The operator of an owner who wants none."""


@dataclass(frozen=True)
class Operator:
    """The key an owner named last; it acts from ``since`` on, which is 0 only if none was ever named."""

    key: str = NOBODY
    since: int = 0


@dataclass(frozen=True)
class Staking:
    """All locks. ``balance`` is the FLOCK the contract holds, ``treasury`` what fees and slashes have sent there.

    ``keeper_credits`` is FLOCK owed to those whose calls executed slashes, ``redeemed`` what owners and
    keepers have taken out. Allocations are keyed by (account, task), pools by (operator, task), delegations
    by (delegator, operator, task).
    """

    positions: Mapping[str, Position] = field(default_factory=dict)
    allocations: Mapping[tuple[str, int], Allocation] = field(default_factory=dict)
    operators: Mapping[str, Operator] = field(default_factory=dict)
    pools: Mapping[tuple[str, int], Pool] = field(default_factory=dict)
    delegations: Mapping[tuple[str, str, int], Delegation] = field(default_factory=dict)
    keeper_credits: Mapping[str, Wei] = field(default_factory=dict)
    numbers: Numbers = DEFAULTS
    paused: bool = False
    balance: Wei = NO_WEI
    treasury: Wei = NO_WEI
    redeemed: Wei = NO_WEI

    def position_of(self, account: str) -> Position:
        """The account's position; an empty one if it never locked."""
        return self.positions.get(account, Position())

    def allocation_of(self, account: str, task: int) -> Allocation:
        """The account's stake on a task."""
        return self.allocations.get((account, task), Allocation())

    def pool_of(self, operator: str, task: int) -> Pool:
        """What is delegated to an operator on a task."""
        return self.pools.get((operator, task), Pool())

    def delegation_of(self, delegator: str, operator: str, task: int) -> Delegation:
        """What a delegator has in a pool now, every slash counted."""
        written = self.delegations.get((delegator, operator, task), Delegation())
        return pools.current(written, self.pool_of(operator, task))

    def staked_on(self, task: int) -> Gm:
        """Own and delegated gm on a task."""
        own = sum(each.amount for (_, on), each in self.allocations.items() if on == task)
        return Gm(own + sum(pool.gm for (_, on), pool in self.pools.items() if on == task))

    def acts_for(self, account: str, who: str, now: int) -> bool:
        """Whether ``who`` is the account or its operator."""
        return who == account or self._is_operator_of(account, who, now)

    def operator_of(self, account: str) -> Operator:
        """The key named last, and from when on it acts."""
        return self.operators.get(account, Operator())

    def _is_operator_of(self, account: str, who: str, now: int) -> bool:
        named = self.operator_of(account)
        return who == named.key != NOBODY and now >= named.since


class Slashed(NamedTuple):
    """Staking after a slash, what it took of the own stake and left of it, and what of the pool."""

    staking: Staking
    taken: Slash
    left: Gm
    from_pool: Slash


# --- The owner's position ---


def lock(state: Staking, account: str, amount: Wei, days: int, now: int) -> Staking:
    """Lock FLOCK for so many days, less the entry fee."""
    require_not_paused(state)
    fee = locks.entry_fee(amount, state.numbers.entry_fee_bps)
    require(amount > fee, "AmountIsZero")
    _require_days(days)
    position = locks.add(state.position_of(account), Wei(amount - fee), days, now)
    require(position.gm >= position.allocated, "LockTooShortForStake")
    locked = with_position(state, account, position)
    return replace(locked, balance=Wei(state.balance + amount - fee), treasury=Wei(state.treasury + fee))


def extend(state: Staking, account: str, days: int, now: int) -> Staking:
    """Make a live lock last at least so many days from now."""
    position = state.position_of(account)
    require(locks.is_live(position, now), "LockHasExpired")
    _require_days(days)
    return with_position(state, account, locks.extend(position, days, now))


def poke(state: Staking, account: str, now: int) -> Staking:
    """Rate the gm of a lock that is over down to its FLOCK."""
    position = state.position_of(account)
    require(not locks.is_live(position, now), "StillLocked")
    gm = locks.poked_gm(position)
    require(gm < position.gm, "NothingToPoke")
    return with_position(state, account, replace(position, gm=gm))


def redeem(state: Staking, account: str, gm: Gm, now: int) -> Staking:
    """Burn free gm of an expired lock and pay its FLOCK."""
    position = state.position_of(account)
    require(gm > 0, "AmountIsZero")
    require(not locks.is_live(position, now), "StillLocked")
    require(gm <= position.available, "NotEnoughAvailable")
    flock = locks.flock_for(position, gm)
    smaller = replace(position, gm=Gm(position.gm - gm), flock=Wei(position.flock - flock))
    return _paid_out(with_position(state, account, smaller), flock)


def set_operator(state: Staking, account: str, key: str, now: int) -> Staking:
    """Name the one key that may act for the account: at once if it is the first, else after the delay."""
    known = state.operator_of(account)
    if key == known.key:
        return state
    since = now + state.numbers.operator_delay if known.since else now
    return replace(state, operators={**state.operators, account: Operator(key, since)})


# --- Stake on tasks ---


def allocate(state: Staking, account: str, task: int, gm: Gm, now: int) -> Staking:
    """Put free gm of a live lock on a task."""
    require_not_paused(state)
    require_free(state, account, gm, now)
    return _moved(state, account, task, gm)


def deallocate(state: Staking, account: str, task: int, gm: Gm) -> Staking:
    """Take gm off a task that holds none of it."""
    allocation = state.allocation_of(account, task)
    require(gm > 0, "AmountIsZero")
    require(not allocation.held, "StakeIsHeld")
    require(gm <= allocation.amount, "NotEnoughAllocated")
    return _moved(state, account, task, -gm)


# --- For settlers ---


def hold(state: Staking, account: str, task: int, minimum: Gm) -> Staking:
    """Hold an account's stake on a task, at least ``minimum``, for a duty."""
    require_not_paused(state)
    allocation = state.allocation_of(account, task)
    require(not allocation.held, "StakeIsHeld")
    require(allocation.amount >= minimum, "StakeBelowMinimum")
    return _with_allocation(state, account, task, replace(allocation, held=True))


def release(state: Staking, account: str, task: int) -> Staking:
    """End a hold."""
    return _with_allocation(state, account, task, replace(state.allocation_of(account, task), held=False))


def slash(state: Staking, account: str, task: int, gm: Gm, keeper: str) -> Slashed:
    """Take what ``gm`` of an own stake without delegation would be, of own and delegated stake, own first.

    The keeper's share of its FLOCK is credited to ``keeper``, the rest leaves.
    """
    allocation, pool = state.allocation_of(account, task), state.pool_of(account, task)
    due = pools.split(gm, allocation.amount, pool.gm)
    bps = state.numbers.keeper_bps
    own = locks.slash(state.position_of(account), allocation.amount, due.own, bps)
    delegated = pools.slash(pool, due.pool, bps)
    left = Gm(allocation.amount - own.gm)
    after = state
    if own.gm:
        after = with_position(after, account, locks.after_slash(state.position_of(account), own))
        after = _with_allocation(after, account, task, replace(allocation, amount=left))
    if delegated.taken.gm:
        after = with_pool(after, account, task, delegated.pool)
    for taken in (own, delegated.taken):
        after = _shared_out(after, taken, keeper)
    return Slashed(after, own, left, delegated.taken)


def withdraw_keeper_credit(state: Staking, keeper: str) -> Staking:
    """Pay a keeper its shares."""
    credit = state.keeper_credits.get(keeper, NO_WEI)
    require(credit > 0, "NothingToWithdraw")
    return _paid_out(replace(state, keeper_credits={**state.keeper_credits, keeper: NO_WEI}), credit)


# --- For governance ---


def set_number(state: Staking, name: str, value: int) -> Staking:
    """Set one of the governed numbers within its bounds."""
    least, most = BOUNDS[name]
    require(least <= value <= most, "OutOfBounds")
    return replace(state, numbers=replace(state.numbers, **{name: value}))


def pause(state: Staking) -> Staking:
    """Stop what begins, and nothing that gives back."""
    require_not_paused(state)
    return replace(state, paused=True)


def unpause(state: Staking) -> Staking:
    """End a pause."""
    require(state.paused, "ExpectedPause")
    return replace(state, paused=False)


# --- The doors, and small changes of the state ---


def require_not_paused(state: Staking) -> None:
    """Refuse while paused."""
    require(not state.paused, "EnforcedPause")


def require_free(state: Staking, account: str, gm: Gm, now: int) -> None:
    """Refuse unless the account has ``gm`` of a live lock that is nowhere yet."""
    position = state.position_of(account)
    require(gm > 0, "AmountIsZero")
    require(locks.is_live(position, now), "LockHasExpired")
    require(gm <= position.available, "NotEnoughAvailable")


def with_position(state: Staking, account: str, position: Position) -> Staking:
    """The state with one position changed."""
    return replace(state, positions={**state.positions, account: position})


def with_pool(state: Staking, operator: str, task: int, pool: Pool) -> Staking:
    """The state with one pool changed."""
    return replace(state, pools={**state.pools, (operator, task): pool})


def to_treasury(state: Staking, flock: Wei) -> Staking:
    """FLOCK that leaves for the treasury."""
    return replace(state, balance=Wei(state.balance - flock), treasury=Wei(state.treasury + flock))


def _require_days(days: int) -> None:
    require(1 <= days <= MAX_LOCK_DAYS, "LockDaysOutOfRange")


def _moved(state: Staking, account: str, task: int, gm: int) -> Staking:
    position, allocation = state.position_of(account), state.allocation_of(account, task)
    moved = with_position(state, account, replace(position, allocated=Gm(position.allocated + gm)))
    return _with_allocation(moved, account, task, replace(allocation, amount=Gm(allocation.amount + gm)))


def _with_allocation(state: Staking, account: str, task: int, allocation: Allocation) -> Staking:
    return replace(state, allocations={**state.allocations, (account, task): allocation})


def _shared_out(state: Staking, taken: Slash, keeper: str) -> Staking:
    if not taken.flock:
        return state
    credit = Wei(state.keeper_credits.get(keeper, 0) + taken.keeper_cut)
    credited = replace(state, keeper_credits={**state.keeper_credits, keeper: credit})
    return to_treasury(credited, taken.to_treasury)


def _paid_out(state: Staking, flock: Wei) -> Staking:
    return replace(state, balance=Wei(state.balance - flock), redeemed=Wei(state.redeemed + flock))
