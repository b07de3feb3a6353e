"""The Staking contract as pure functions: positions, stake on tasks, holds and slashes.

The answers of other contracts are arguments: a task's minimum stake, and whether it is open or running. What is
delegated is moved in ``flock.protocol.economy.delegations``. Refusals carry the names of the contract's errors
(contracts/src/interfaces/IStaking.sol).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from flock.protocol.core.refusals import require
from flock.protocol.core.units import NO_GM, NO_WEI, Gm, Wei
from flock.protocol.economy import locks, pools
from flock.protocol.economy.locks import Position, Slash
from flock.protocol.economy.pools import Delegation, Pool
from flock.protocol.economy.staking_numbers import BOUNDS, DEFAULTS, Numbers

MAX_LOCK_DAYS = 365


@dataclass(frozen=True)
class Allocation:
    """gm an account has put on one task, with the FLOCK behind it; ``held`` while it has a duty there.

    ``era`` is that of the oldest lock whose gm is in it.
    """

    gm: Gm = NO_GM
    flock: Wei = NO_WEI
    era: int = 0
    held: bool = False


NOBODY = "0x" + "00" * 20
"""The operator of an owner without one."""


@dataclass(frozen=True)
class Operator:
    """The key an owner named last; it acts from ``since`` on, which is 0 only if none was ever named."""

    key: str = NOBODY
    since: int = 0


@dataclass(frozen=True)
class StakingState:
    """All locks. ``balance`` is the FLOCK the contract holds, ``treasury`` what it has sent there.

    ``owed_to_treasury`` is what slashes have taken and ``balance`` still has, ``redeemed`` what owners have taken
    out. Allocations are keyed by (account, task), pools by (operator, task), delegations by (delegator, operator,
    task).
    """

    positions: Mapping[str, Position] = field(default_factory=dict)
    allocations: Mapping[tuple[str, int], Allocation] = field(default_factory=dict)
    operators: Mapping[str, Operator] = field(default_factory=dict)
    pools: Mapping[tuple[str, int], Pool] = field(default_factory=dict)
    delegations: Mapping[tuple[str, str, int], Delegation] = field(default_factory=dict)
    numbers: Numbers = DEFAULTS
    paused: bool = False
    balance: Wei = NO_WEI
    owed_to_treasury: Wei = NO_WEI
    treasury: Wei = NO_WEI
    redeemed: Wei = NO_WEI

    def position_of(self, account: str) -> Position:
        """The account's position; an empty one if it never locked."""
        return self.positions.get(account, Position())

    def votes_of(self, account: str) -> Gm:
        """The account's votes."""
        return self.position_of(account).votes

    def allocation_of(self, account: str, task: int) -> Allocation:
        """The account's stake on a task."""
        return self.allocations.get((account, task), Allocation())

    def pool_of(self, operator: str, task: int) -> Pool:
        """What is delegated to an operator on a task."""
        return self.pools.get((operator, task), Pool())

    def delegation_of(self, delegator: str, operator: str, task: int) -> Delegation:
        """A delegator's stake in a pool, after all slashes."""
        written = self.delegations.get((delegator, operator, task), Delegation())
        return pools.current(written, self.pool_of(operator, task))

    def staked_on(self, task: int) -> Gm:
        """Own and delegated gm on a task."""
        own = sum(each.gm for (_, on), each in self.allocations.items() if on == task)
        return Gm(own + sum(pool.gm for (_, on), pool in self.pools.items() if on == task))

    def acts_for(self, account: str, who: str, now: int) -> bool:
        """Whether ``who`` is the account or its operator."""
        return who == account or self._is_operator_of(account, who, now)

    def operator_of(self, account: str) -> Operator:
        """The operator named last, and when it can start to act."""
        return self.operators.get(account, Operator())

    def _is_operator_of(self, account: str, who: str, now: int) -> bool:
        named = self.operator_of(account)
        return who == named.key != NOBODY and now >= named.since


class Slashed(NamedTuple):
    """Staking after a slash, what it took of the own stake and left of it, and what of the pool."""

    staking: StakingState
    taken: Slash
    left: Gm
    from_pool: Slash


# --- The owner's position ---


def lock(state: StakingState, account: str, amount: Wei, days: int, now: int) -> StakingState:
    """Lock FLOCK for a number of days, less the entry fee."""
    require_not_paused(state)
    _require_days(days)
    fee = locks.entry_fee(amount, state.numbers.entry_fee_bps)
    require(amount > fee, "AmountIsZero")
    position = locks.add(state.position_of(account), Wei(amount - fee), days, now)
    locked = with_position(state, account, position)
    return replace(locked, balance=Wei(state.balance + amount - fee), treasury=Wei(state.treasury + fee))


def extend(state: StakingState, account: str, days: int, now: int) -> StakingState:
    """Extend a live lock to a number of days from now."""
    position = state.position_of(account)
    _require_days(days)
    require(locks.is_live(position, now), "LockHasExpired")
    return with_position(state, account, locks.extend(position, days, now))


def poke(state: StakingState, account: str, now: int) -> StakingState:
    """End the era of a lock that is over: nothing of it votes, and what is free becomes its FLOCK."""
    position = state.position_of(account)
    require(position.lock_days != 0, "NothingToPoke")
    require(not locks.is_live(position, now), "StillLocked")
    return with_position(state, account, locks.poked(position, now))


def redeem(state: StakingState, account: str, gm: Gm, now: int) -> StakingState:
    """Burn free gm of a lock that was poked long enough ago, and pay its FLOCK."""
    position = state.position_of(account)
    require(gm > 0, "AmountIsZero")
    require(not locks.is_live(position, now), "StillLocked")
    require(position.lock_days == 0, "PokeFirst")
    require(now >= position.unlock_at, "NotRedeemableBefore")
    require(gm <= position.gm, "NotEnoughAvailable")
    smaller, flock = locks.take(position, gm)
    paid = with_position(state, account, smaller)
    return replace(paid, balance=Wei(state.balance - flock), redeemed=Wei(state.redeemed + flock))


def set_operator(state: StakingState, account: str, key: str, now: int) -> StakingState:
    """Authorise the one key that can act for the account: at once if it is the first, else after the delay."""
    known = state.operator_of(account)
    if key == known.key:
        return state
    since = now + state.numbers.operator_delay if known.since else now
    return replace(state, operators={**state.operators, account: Operator(key, since)})


# --- Stake on tasks ---


def allocate(
    state: StakingState, account: str, task: int, gm: Gm, now: int, *, minimum: Gm, is_alive: bool = True
) -> StakingState:
    """Put free gm of a live lock on a task; at least its ``minimum`` must stand there then."""
    require_not_paused(state)
    require(is_alive, "TaskIsNotAlive")
    require_free(state, account, gm, now)
    position, known = state.position_of(account), state.allocation_of(account, task)
    require(known.gm + gm >= minimum, "StakeBelowMinimum")
    smaller, flock = locks.take(position, gm)
    more = replace(
        known,
        gm=Gm(known.gm + gm),
        flock=Wei(known.flock + flock),
        era=known.era if known.gm else position.era,
    )
    placed = locks.stand(smaller, more.era, allocated=gm)
    return _with_allocation(with_position(state, account, placed), account, task, more)


def deallocate(
    state: StakingState, account: str, task: int, gm: Gm, now: int, *, minimum: Gm
) -> StakingState:
    """Remove gm from a task that does not hold it; at least its ``minimum`` stays, or nothing."""
    known = state.allocation_of(account, task)
    require(gm > 0, "AmountIsZero")
    require(not known.held, "StakeIsHeld")
    require(gm <= known.gm, "NotEnoughAllocated")
    require(gm == known.gm or known.gm - gm >= minimum, "StakeBelowMinimum")
    flock = locks.flock_down(known.flock, gm, known.gm)
    less = replace(known, gm=Gm(known.gm - gm), flock=Wei(known.flock - flock))
    lifted = locks.stand(state.position_of(account), known.era, allocated=-gm)
    back = locks.arrive(lifted, known.era, gm, flock, now).position
    return _with_allocation(with_position(state, account, back), account, task, less)


# --- For the task's board ---


def hold(state: StakingState, account: str, task: int, minimum: Gm) -> StakingState:
    """Hold an account's stake on a task, at least its ``minimum``, for a duty."""
    require_not_paused(state)
    known = state.allocation_of(account, task)
    require(known.gm >= minimum, "StakeBelowMinimum")
    return _with_allocation(state, account, task, replace(known, held=True))


def release(state: StakingState, account: str, task: int) -> StakingState:
    """Release held stake."""
    return _with_allocation(state, account, task, replace(state.allocation_of(account, task), held=False))


def slash(state: StakingState, account: str, task: int, stake_at_least: Gm, slash_bps: int) -> Slashed:
    """Take the same fraction of an account's own stake on a task and of what is delegated to it there.

    The own stake counts as ``stake_at_least`` at least, and of a pool no more than ``delegation_ratio`` times as much
    as the own stake is. It all goes to the treasury.
    """
    known, pool = state.allocation_of(account, task), state.pool_of(account, task)
    taken = _own_slash(known, stake_at_least, slash_bps)
    due = pools.slash_of(pool.gm, known.gm, state.numbers.delegation_ratio, slash_bps)
    shrunk = pools.slash(pool, due)
    after = state
    if taken.gm:
        less = replace(known, gm=Gm(known.gm - taken.gm), flock=Wei(known.flock - taken.flock))
        position = locks.stand(state.position_of(account), known.era, allocated=-taken.gm)
        after = _with_allocation(with_position(after, account, position), account, task, less)
    if shrunk.taken.gm:
        after = with_pool(after, account, task, shrunk.pool)
    after = owing(after, Wei(taken.flock + shrunk.taken.flock))
    return Slashed(after, taken, Gm(known.gm - taken.gm), shrunk.taken)


def pay_treasury(state: StakingState) -> StakingState:
    """Pay slashed FLOCK to the treasury."""
    owed = state.owed_to_treasury
    require(owed > 0, "NothingToWithdraw")
    return replace(
        state,
        owed_to_treasury=NO_WEI,
        balance=Wei(state.balance - owed),
        treasury=Wei(state.treasury + owed),
    )


# --- For governance ---


def set_number(state: StakingState, name: str, value: int) -> StakingState:
    """Set one of the governed numbers within its bounds."""
    least, most = BOUNDS[name]
    require(least <= value <= most, "OutOfBounds")
    return replace(state, numbers=replace(state.numbers, **{name: value}))


def pause(state: StakingState) -> StakingState:
    """Pause what begins, never withdrawals."""
    require_not_paused(state)
    return replace(state, paused=True)


def unpause(state: StakingState) -> StakingState:
    """End a pause."""
    require(state.paused, "ExpectedPause")
    return replace(state, paused=False)


# --- The doors, and small changes of the state ---


def require_not_paused(state: StakingState) -> None:
    """Refuse while paused."""
    require(not state.paused, "EnforcedPause")


def require_free(state: StakingState, account: str, gm: Gm, now: int) -> None:
    """Refuse unless the account has ``gm`` free of a live lock."""
    position = state.position_of(account)
    require(gm > 0, "AmountIsZero")
    require(locks.is_live(position, now), "LockHasExpired")
    require(gm <= position.gm, "NotEnoughAvailable")


def with_position(state: StakingState, account: str, position: Position) -> StakingState:
    """The state with one position changed."""
    return replace(state, positions={**state.positions, account: position})


def with_pool(state: StakingState, operator: str, task: int, pool: Pool) -> StakingState:
    """The state with one pool changed."""
    return replace(state, pools={**state.pools, (operator, task): pool})


def owing(state: StakingState, flock: Wei) -> StakingState:
    """Add FLOCK to what is owed to the treasury."""
    return replace(state, owed_to_treasury=Wei(state.owed_to_treasury + flock))


def _require_days(days: int) -> None:
    require(1 <= days <= MAX_LOCK_DAYS, "LockDaysOutOfRange")


def _own_slash(known: Allocation, stake_at_least: Gm, slash_bps: int) -> Slash:
    gm = locks.slash_of(known.gm, stake_at_least, slash_bps)
    return Slash(gm, locks.flock_up(known.flock, gm, known.gm))


def _with_allocation(state: StakingState, account: str, task: int, allocation: Allocation) -> StakingState:
    return replace(state, allocations={**state.allocations, (account, task): allocation})
