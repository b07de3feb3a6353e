"""The Staking contract as pure functions: positions, stake on tasks, holds and slashes.

Stake is that of an Alliance's members; the contract keeps the same for trainers and validators.
Refusals carry the names of the contract's errors (contracts/src/interfaces/IStaking.sol).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from flock.protocol import locks
from flock.protocol.locks import Position, Slash
from flock.protocol.refusals import require
from flock.protocol.units import NO_GM, NO_WEI, Gm, Wei

MAX_LOCK_DAYS = 365


@dataclass(frozen=True)
class Allocation:
    """gm an account has put on one task; ``held`` while it has a duty there."""

    amount: Gm = NO_GM
    held: bool = False


@dataclass(frozen=True)
class Staking:
    """All locks. ``balance`` is the FLOCK the contract holds, ``treasury`` what slashes have sent there.

    ``keeper_credits`` is FLOCK owed to those whose calls executed slashes, ``redeemed`` what owners and
    keepers have taken out. Allocations are keyed by (account, task).
    """

    positions: Mapping[str, Position] = field(default_factory=dict)
    allocations: Mapping[tuple[str, int], Allocation] = field(default_factory=dict)
    operators: Mapping[str, str] = field(default_factory=dict)
    keeper_credits: Mapping[str, Wei] = field(default_factory=dict)
    balance: Wei = NO_WEI
    treasury: Wei = NO_WEI
    redeemed: Wei = NO_WEI

    def position_of(self, account: str) -> Position:
        """The account's position; an empty one if it never locked."""
        return self.positions.get(account, Position())

    def allocation_of(self, account: str, task: int) -> Allocation:
        """The account's stake on a task."""
        return self.allocations.get((account, task), Allocation())

    def acts_for(self, account: str, who: str) -> bool:
        """Whether ``who`` is the account or its operator."""
        return who == account or self.operators.get(account) == who


class Slashed(NamedTuple):
    """Staking after a slash, what it took and what it left on the task."""

    staking: Staking
    taken: Slash
    left: Gm


def lock(state: Staking, account: str, flock: Wei, days: int, now: int) -> Staking:
    """Lock FLOCK for so many days."""
    require(flock > 0, "AmountIsZero")
    require(1 <= days <= MAX_LOCK_DAYS, "LockDaysOutOfRange")
    position = locks.add(state.position_of(account), flock, days, now)
    require(position.gm >= position.allocated, "LockTooShortForStake")
    return replace(_with_position(state, account, position), balance=Wei(state.balance + flock))


def redeem(state: Staking, account: str, gm: Gm, now: int) -> Staking:
    """Burn free gm of an expired lock and pay its FLOCK."""
    position = state.position_of(account)
    require(gm > 0, "AmountIsZero")
    require(now >= position.unlock_at, "StillLocked")
    require(gm <= position.available, "NotEnoughAvailable")
    flock = locks.flock_for(position, gm)
    smaller = replace(position, gm=Gm(position.gm - gm), flock=Wei(position.flock - flock))
    return _pay_out(_with_position(state, account, smaller), flock)


def set_operator(state: Staking, account: str, operator: str) -> Staking:
    """Name the one key that may act for the account."""
    return replace(state, operators={**state.operators, account: operator})


def allocate(state: Staking, account: str, task: int, gm: Gm, now: int) -> Staking:
    """Put free gm of a live lock on a task."""
    position = state.position_of(account)
    require(gm > 0, "AmountIsZero")
    require(now < position.unlock_at, "LockHasExpired")
    require(gm <= position.available, "NotEnoughAvailable")
    return _move(state, account, task, gm)


def deallocate(state: Staking, account: str, task: int, gm: Gm) -> Staking:
    """Take gm off a task that holds none of it."""
    allocation = state.allocation_of(account, task)
    require(gm > 0, "AmountIsZero")
    require(not allocation.held, "StakeIsHeld")
    require(gm <= allocation.amount, "NotEnoughAllocated")
    return _move(state, account, task, -gm)


def hold(state: Staking, account: str, task: int, minimum: Gm) -> Staking:
    """Hold an account's stake on a task, at least ``minimum``, for a duty."""
    allocation = state.allocation_of(account, task)
    require(not allocation.held, "StakeIsHeld")
    require(allocation.amount >= minimum, "StakeBelowMinimum")
    return _with_allocation(state, account, task, replace(allocation, held=True))


def release(state: Staking, account: str, task: int) -> Staking:
    """End a hold."""
    return _with_allocation(state, account, task, replace(state.allocation_of(account, task), held=False))


def slash(state: Staking, account: str, task: int, gm: Gm, keeper: str) -> Slashed:
    """Take up to ``gm`` of a stake: a tenth of its FLOCK is credited to ``keeper``, the rest leaves."""
    allocation, position = state.allocation_of(account, task), state.position_of(account)
    taken = locks.slash(position, allocation.amount, gm)
    left = Gm(allocation.amount - taken.gm)
    if taken.gm == 0:
        return Slashed(state, taken, left)
    shrunk = _with_position(state, account, locks.after_slash(position, taken))
    shrunk = _with_allocation(shrunk, account, task, replace(allocation, amount=left))
    credit = Wei(state.keeper_credits.get(keeper, 0) + taken.keeper_cut)
    slashed = replace(
        shrunk,
        keeper_credits={**state.keeper_credits, keeper: credit},
        balance=Wei(state.balance - taken.to_treasury),
        treasury=Wei(state.treasury + taken.to_treasury),
    )
    return Slashed(slashed, taken, left)


def withdraw_keeper_credit(state: Staking, keeper: str) -> Staking:
    """Pay a keeper its tenths."""
    credit = state.keeper_credits.get(keeper, NO_WEI)
    require(credit > 0, "NothingToWithdraw")
    return _pay_out(replace(state, keeper_credits={**state.keeper_credits, keeper: NO_WEI}), credit)


def _move(state: Staking, account: str, task: int, gm: int) -> Staking:
    position, allocation = state.position_of(account), state.allocation_of(account, task)
    moved = _with_position(state, account, replace(position, allocated=Gm(position.allocated + gm)))
    return _with_allocation(moved, account, task, replace(allocation, amount=Gm(allocation.amount + gm)))


def _with_position(state: Staking, account: str, position: Position) -> Staking:
    return replace(state, positions={**state.positions, account: position})


def _with_allocation(state: Staking, account: str, task: int, allocation: Allocation) -> Staking:
    return replace(state, allocations={**state.allocations, (account, task): allocation})


def _pay_out(state: Staking, flock: Wei) -> Staking:
    return replace(state, balance=Wei(state.balance - flock), redeemed=Wei(state.redeemed + flock))
